"""Idempotency-Key: a request sent again is answered as the first one was, and happens once (AC-1)."""

import hashlib
import json
import re
from collections.abc import Callable

from flask import Response, request

from app.api.contract.callers import caller
from app.api.contract.problems import MEDIA_TYPE, FieldProblem, Malformed, RetryLater, refused
from app.domain.errors import Refused
from app.services import idempotency
from app.services.idempotency import Answered, Mine, UnderWay

HEADER = "Idempotency-Key"
KEPT = {402, 409}
"""The refusals that are the answer to the request's key, and repeated to it."""
FORM = re.compile(r"[\x21-\x7e]{1,255}")


def key_of() -> str | None:
    """Return the request's Idempotency-Key, or None."""
    key = request.headers.get(HEADER)
    if key is not None and not FORM.fullmatch(key):
        words = "An Idempotency-Key has 1 to 255 visible ASCII characters."
        raise Malformed([FieldProblem(field=HEADER, reason="idempotency_key_malformed", detail=words)])
    return key


def request_key() -> str | None:
    """Return what makes this request one fact of its caller's, for a row's own unique key; None without the header."""
    key = key_of()
    return f"{caller().key_id}:{key}" if key is not None else None


def digest_of(body: object, query: str = "") -> str:
    """Return the digest of a query and a body's meaning: the order of its fields and its spaces do not count."""
    text = json.dumps([query, body], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def answered(body: object, work: Callable[[], Response]) -> Response:
    """Return what `work` answers, or what was answered to the first request with the request's key.

    A refusal that money or what is there already decided (402, 409) is kept like a success. What was refused as it was
    sent, or failed unforeseen, had no effect and is not: the same key may try again with what is right.
    """
    key = key_of() or ""
    who, path = caller().key_id, f"{request.method} {request.path}"[:300]
    match idempotency.begin(who, key, path, digest_of(body, request.query_string.decode("latin-1"))):
        case Answered(status, text):
            kind = "application/json" if status < 400 else MEDIA_TYPE
            again = Response(text, status, mimetype=kind)
            again.headers["Idempotency-Replayed"] = "true"
            return again
        case UnderWay(seconds):
            raise RetryLater("The first request with this key is still in progress.", "request_under_way", 409, seconds)
        case Mine() as mine:
            return _first(who, key, mine, work)


def is_answer(problem: Exception) -> bool:
    """Say whether it is a refusal that is the answer to the request's key, and repeated to it."""
    return isinstance(problem, Refused) and problem.status in KEPT and not isinstance(problem, RetryLater)


def _first(who: str, key: str, mine: Mine, work: Callable[[], Response]) -> Response:
    try:
        made = work()
    except Refused as refusal:
        if not is_answer(refusal):
            idempotency.release(who, key, mine)
            raise
        made = refused(refusal)
    except Exception:
        idempotency.release(who, key, mine)
        raise
    idempotency.finish(who, key, mine, made.status_code, made.get_data(as_text=True))
    return made
