"""Which passwords are taken: long enough, of any characters, and none of those that are tried first."""

import re
from functools import cache
from itertools import pairwise

from app.domain.errors import Refused
from app.domain.language import _

PASSWORD_LENGTH = range(8, 257)
CONTEXT_WORDS = frozenset(
    {"purser", "billing", "billingportal", "invoice", "invoices", "credits", "password", "passwort"}
)
"""What this product is about: with digits and signs around it a password is as easy to guess as without (OWASP ASVS
5.0, 6.1.2). The words of the member's own address count in the same way."""
_REPEATED = re.compile(r"(.{1,6})\1+", re.DOTALL)
_FEW_SIGNS, _LONGEST_REPEATED = 3, 20
_SIGNS_FOR_LETTERS = str.maketrans("@4301$5!", "aaeolssi")


def check_password(password: str, email: str) -> None:
    """Refuse (422) a password that is too short, too long, or among the first that anybody would try."""
    if len(password) < PASSWORD_LENGTH.start:
        raise Refused(_("Choose a password of at least 8 characters."), "password_short", 422, "password")
    if len(password) >= PASSWORD_LENGTH.stop:
        raise Refused(_("Choose a password of at most 256 characters."), "password_long", 422, "password")
    if _is_easy(password.lower(), email.lower()):
        words = _("Choose another password: this one is too easy to guess.")
        raise Refused(words, "password_common", 422, "password")


def _is_easy(lower: str, email: str) -> bool:
    name, _at, host = email.partition("@")
    letters = "".join(each for each in lower if each.isalpha())
    return (
        lower in _common()
        or lower.translate(_SIGNS_FOR_LETTERS) in _common()
        or lower in {email, name}
        or letters in CONTEXT_WORDS | {name, *host.split(".")[:-1]} - {""}
        or len(set(lower)) < _FEW_SIGNS
        or (len(lower) <= _LONGEST_REPEATED and _REPEATED.fullmatch(lower) is not None)
        or _is_row(lower)
    )


def _is_row(lower: str) -> bool:
    """Say whether each sign follows the one before, upwards or downwards: `abcdefgh`, `87654321`; 9 and 0 are next."""
    steps = {(ord(after) - ord(before)) for before, after in pairwise(lower)}
    return steps in ({1}, {-1}, {1, -9}, {-1, 9})


@cache
def _common() -> frozenset[str]:
    """Return what is tried first: passwords that were stolen most often, and single words and names.

    Read at the first password that somebody chooses: a megabyte that few processes need.
    """
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]  # noqa: PLC0415

    return frozenset(word for words in FREQUENCY_LISTS.values() for word in words if len(word) >= PASSWORD_LENGTH.start)
