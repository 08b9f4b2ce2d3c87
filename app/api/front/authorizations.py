"""Authorizations as the front answers them."""

from collections.abc import Callable

from app.api.front.ways import Asked, Way, body_of
from app.api.v1.authorizations import AuthorizationIn, CaptureIn, authorized, captured
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


WAYS = (Way("v1_authorizations.authorize", _authorize), Way("v1_authorizations.capture", _capture))
