"""Public ids: a prefix that says what the thing is, and a UUIDv7 in 26 base32 characters (the TypeID form).

Ids are unguessable enough not to be counted through, and sort by the time they were made; the order of money never
comes from them.
"""

import hashlib
import re
import secrets
from datetime import timedelta

import uuid_utils

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32: no i, l, o, u
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
"""Two characters by the ten bits that they stand for: half the steps, of which each row that is posted takes some."""
_SHIFTS = range(120, -1, -10)
_RANDOM = 80
"""How many bits of a UUIDv7 follow its milliseconds."""
_FORM_KEY = re.compile(r"[0-9a-z]{26}")
_ID = re.compile(r"[a-z]{2,5}_[0-7][0-9a-hjkmnp-tv-z]{25}")


def new(prefix: str) -> str:
    """Return a new id such as `pay_01kam…` for prefix `pay`."""
    return _written(prefix, uuid_utils.uuid7().int)


def first_of(prefix: str, ago: timedelta) -> str:
    """Return an id that is not above those made from so long ago on, and above those made before."""
    moment = (uuid_utils.uuid7().int >> _RANDOM) - ago // timedelta(milliseconds=1)
    return _written(prefix, moment << _RANDOM)


def is_id(text: str, prefix: str) -> bool:
    """Say whether `text` has the form of an id with this prefix."""
    return text.startswith(f"{prefix}_") and _ID.fullmatch(text) is not None


def _written(prefix: str, number: int) -> str:
    return f"{prefix}_" + "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])


def new_form_key() -> str:
    """Return a one-use key for a form: 26 characters, 130 random bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(26))


def form_key_of(text: str) -> str:
    """Return the form key that stands for a request's own key: the same text is always the same order."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest())
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in range(26))


def is_form_key(text: str) -> bool:
    """Say whether `text` has the form of a form key."""
    return _FORM_KEY.fullmatch(text) is not None


def new_token() -> str:
    """Return a secret of 256 random bits for a cookie or a link. Only its hash is stored."""
    return secrets.token_urlsafe(32)
