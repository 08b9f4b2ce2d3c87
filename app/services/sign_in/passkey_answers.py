"""What a browser answers about a passkey: bytes of a stranger, read with care. Its challenge is used up at once."""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any, TypeVar

import structlog

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.services.sign_in import challenges
from app.services.sign_in.challenges import Purpose

log = structlog.get_logger()
T = TypeVar("T")
LONGEST = 20_000
"""No browser's answer is longer."""
TRANSPORTS = ("ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb")
UNREADABLE = marked("This passkey cannot be read. Try again, or sign in in another way.")
ELSEWHERE = marked("This passkey was used on another site. Open the portal itself and try again.")


def taken(answer: str, purpose: Purpose, session_token: str) -> tuple[dict[str, Any], bytes]:
    """Return what the browser answered and the challenge in it, which is used up; or refuse."""
    try:
        credential: dict[str, Any] = json.loads(answer if len(answer) <= LONGEST else "null")
        said = json.loads(bytes_of(credential["response"]["clientDataJSON"]))
        challenge = bytes_of(said["challenge"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Refused(_(UNREADABLE), "passkey_malformed", 422) from None
    challenges.take(challenge, purpose, session_token)
    # The library looks at neither: a page of another site that frames ours would be as good as ours.
    if said.get("crossOrigin") or said.get("topOrigin"):
        raise Refused(_(ELSEWHERE), "passkey_elsewhere", 422)
    return credential, challenge


def checked(verify: Callable[[], T]) -> T:
    """Return what the library makes of the browser's answer. Bytes of a stranger: whatever it raises is a refusal."""
    try:
        return verify()
    except Exception as problem:  # noqa: BLE001  # its parsers raise what their bytes make them raise
        log.warning("passkey_refused", problem=type(problem).__name__)
        raise Refused(_(UNREADABLE), "passkey_malformed", 422) from None


def transports(credential: dict[str, Any]) -> str:
    """Return how the browser says that the passkey is reached, as far as that has a name."""
    said = credential["response"].get("transports")
    return ",".join(each for each in TRANSPORTS if each in said) if isinstance(said, list) else ""


def bytes_of(text: object) -> bytes:
    """Return the bytes that base64url stands for, or raise `ValueError`."""
    if not isinstance(text, str):
        raise ValueError("no text")
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("no base64url") from None
