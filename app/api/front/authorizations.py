"""Authorizations as the front answers them."""

from collections.abc import Callable

from app.api.front.ways import Asked, Way, body_of
from app.api.v1.authorizations import AuthorizationIn, CaptureIn, authorized, captured, released
from app.ids import is_id


def _authorize(asked: Asked) -> Callable[[], str] | None:
    body = body_of(AuthorizationIn, asked.raw)
    if body is None:
        return None
    return lambda: authorized(body, asked.key, asked.proof).model_dump_json(by_alias=True)


def _capture(asked: Asked) -> Callable[[], str] | None:
    """A capture with an Idempotency-Key is answered from what is kept by it: by Flask."""
    body = body_of(CaptureIn, asked.raw or b"{}") if asked.key is None and is_id(asked.named, "hold") else None
    if body is None:
        return None
    return lambda: captured(asked.named, body, "", asked.proof).model_dump_json(by_alias=True)


def _release(asked: Asked) -> Callable[[], str] | None:
    """Like a capture. There is nothing to say in its body."""
    if asked.key is not None or asked.raw not in {b"", b"{}"} or not is_id(asked.named, "hold"):
        return None
    return lambda: released(asked.named, asked.proof).model_dump_json(by_alias=True)


WAYS = (
    Way("v1_authorizations.authorize", _authorize),
    Way("v1_authorizations.capture", _capture),
    Way("v1_authorizations.release", _release),
)
