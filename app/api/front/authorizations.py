"""Authorizations as the front answers them."""

import json
from collections.abc import Callable
from functools import partial

from app.api.front.once import once
from app.api.front.ways import Asked, Way, body_of
from app.api.v1.authorizations import AuthorizationIn, CaptureIn, authorized, captured, released
from app.ids import is_id
from app.services.authorizations import claims


def _authorize(asked: Asked) -> Callable[[], str] | None:
    body = body_of(AuthorizationIn, asked.raw)
    if body is None:
        return None
    return lambda: authorized(body, asked.key, asked.proof).model_dump_json(by_alias=True)


def _capture(asked: Asked) -> Callable[[], str] | None:
    body = body_of(CaptureIn, asked.raw or b"{}") if is_id(asked.named, "hold") else None
    if body is None:
        return None
    key = "" if asked.key is None else f"{asked.proof.key_id}:{asked.key}"

    def work() -> str:
        return captured(asked.named, body, key, asked.proof).model_dump_json(by_alias=True)

    return once(asked, json.loads(asked.raw or b"{}"), partial(claims.holder, asked.named), work)


def _release(asked: Asked) -> Callable[[], str] | None:
    """Like a capture. There is nothing to say in its body."""
    if asked.raw not in {b"", b"{}"} or not is_id(asked.named, "hold"):
        return None

    def work() -> str:
        return released(asked.named, asked.proof).model_dump_json(by_alias=True)

    return once(asked, None, partial(claims.holder, asked.named), work)


WAYS = (
    Way("v1_authorizations.authorize", _authorize),
    Way("v1_authorizations.capture", _capture),
    Way("v1_authorizations.release", _release),
)
