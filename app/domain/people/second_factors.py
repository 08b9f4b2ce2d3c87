"""Second factors: how a code of an app and a recovery code are read, how long they count, and when few are left."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

STEP = 30
"""Seconds that a code of an app counts: its own step, and not one more (ASVS 6.5.5)."""
HALF_SIGNED_IN = timedelta(minutes=5)
"""How long after the password the second step may be taken."""
RECOVERY_CODES = 10
FEW = 3
"""With so many recovery codes left, or fewer, new ones are asked for."""
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS, _IN_A_GROUP = 6, 4
_AS_WRITTEN = str.maketrans({"O": "0", "I": "1", "L": "1"})
_APP, _RECOVERY = re.compile(r"[0-9]{6}"), re.compile(rf"[{_ALPHABET}]{{{_GROUPS * _IN_A_GROUP}}}")
_BETWEEN = re.compile(r"[\s\-\u2010-\u2015\u2212.]+")


@dataclass(frozen=True)
class AppCode:
    """The six digits that an authenticator app shows."""

    digits: str


@dataclass(frozen=True)
class RecoveryCode:
    """One of the codes that were written down, without its dashes."""

    text: str


def typed_code(text: str) -> AppCode | RecoveryCode | None:
    """Return what was typed, whatever spaces, dashes, small letters or wide digits it has; None where it is no code."""
    plain = _BETWEEN.sub("", unicodedata.normalize("NFKC", text)).upper()
    if _APP.fullmatch(plain):
        return AppCode(plain)
    plain = plain.translate(_AS_WRITTEN)
    return RecoveryCode(plain) if _RECOVERY.fullmatch(plain) else None


def step_at(now: datetime) -> int:
    """Return the step of an app's codes that this moment is in."""
    return int(now.timestamp()) // STEP


def beginning_of(step: int) -> datetime:
    """Return the moment at which the step begins."""
    return datetime.fromtimestamp(step * STEP, UTC)


def recovery_code(drawn: bytes) -> str:
    """Return the recovery code that these random bytes make: 120 bits, in groups that can be copied by hand."""
    letters = "".join(_ALPHABET[each % 32] for each in drawn[: _GROUPS * _IN_A_GROUP])
    return "-".join(letters[at : at + _IN_A_GROUP] for at in range(0, len(letters), _IN_A_GROUP))


BYTES_OF_A_CODE = _GROUPS * _IN_A_GROUP


def few_left(left: int) -> bool:
    """Say whether new recovery codes should be made."""
    return left <= FEW
