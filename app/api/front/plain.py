"""Which calls are plain: a POST with a JSON body of known length, one key of ours, and nothing that asks for more.

Whatever is not plain is not refused here: Flask looks at it, and says what is wrong with it.
"""

import re
from typing import TYPE_CHECKING, NamedTuple

from app.api.contract.cloud_events import ATTRIBUTES
from app.api.contract.idempotency import FORM
from app.services.access import api_keys
from app.services.access.api_keys import Presented
from app.web.errors.cut_short import is_unknown

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

LONGEST = 64 * 1024
"""How many bytes a plain body may have."""
_KINDS = frozenset({"application/json", "application/json; charset=utf-8", "application/json;charset=utf-8"})
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,199}(?::[0-9]{1,5})?", re.ASCII)
_KEYED = "Bearer "
_UNUSUAL = frozenset({"HTTP_TRANSFER_ENCODING", "HTTP_UPGRADE"})
_IN_HEADERS = frozenset(f"HTTP_CE_{name.upper()}" for name in ATTRIBUTES)
"""A CloudEvent in binary mode: its body is a part of what is sent."""


class Head(NamedTuple):
    """What a plain call says before its body."""

    length: int
    proof: Presented
    key: str | None
    request_id: str


def head(environ: "WSGIEnvironment") -> Head | None:
    """Return what the call says before its body, or None where it is not plain. Nothing is read of the body."""
    get = environ.get
    if get("REQUEST_METHOD") != "POST" or get("QUERY_STRING") or get("SCRIPT_NAME"):
        return None
    if is_unknown(environ) or _UNUSUAL & environ.keys() or not _HOST.fullmatch(get("HTTP_HOST", "")):
        return None
    if not _IN_HEADERS.isdisjoint(environ):
        return None
    if get("HTTP_X_FORWARDED_PROTO", "https") not in {"http", "https"}:
        return None
    if not _HOST.fullmatch(get("HTTP_X_FORWARDED_HOST", "localhost")):
        return None
    length, kind = get("CONTENT_LENGTH") or "0", get("CONTENT_TYPE") or ""
    if not (length.isascii() and length.isdigit()) or len(length) > len(str(LONGEST)) or int(length) > LONGEST:
        return None
    if kind not in _KINDS and (kind or length != "0"):
        return None
    shown, key = get("HTTP_AUTHORIZATION", ""), get("HTTP_IDEMPOTENCY_KEY")
    proof = api_keys.presented(shown[len(_KEYED) :]) if shown.startswith(_KEYED) else None
    if proof is None or (key is not None and not FORM.fullmatch(key)):
        return None
    return Head(int(length), proof, key, get("HTTP_X_REQUEST_ID", ""))
