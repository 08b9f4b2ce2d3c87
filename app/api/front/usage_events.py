"""A single usage event as the front answers it."""

import json
from collections.abc import Callable
from functools import partial

from pydantic import ValidationError

from app.api.front.once import once
from app.api.front.ways import Asked, Way
from app.api.v1.usage_events import EventIn, reported
from app.services.authorizations import claims

_DIGITS = 18
"""A number of no more fits in 64 bits, whatever its digits."""


def _read(asked: Asked) -> Callable[[], str] | None:
    event = _event(asked.raw)
    if event is None:
        return None

    def work() -> str:
        return reported(event, asked.proof).model_dump_json(by_alias=True)

    about = partial(claims.called, event.customer)
    return once(asked, json.loads(asked.raw), about, work)


def _event(raw: bytes) -> EventIn | None:
    """Return the event, if there is nothing to be said about it; else None.

    In plain text without escapes no text has a NUL or half a character in it. What is looked for in the properties is
    what every body is looked through for: fields that come twice, and numbers that no table can hold.
    """
    if not raw.isascii() or b"\\" in raw:
        return None
    try:
        _decode(raw.decode())
        return EventIn.model_validate_json(raw)
    except (ValueError, ValidationError, RecursionError):
        return None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field twice")
    return found


def _whole_number(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError("a long number")
    return 0


def _no_number(text: str) -> object:
    raise ValueError(text)


_decode = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_whole_number, parse_float=_no_number, parse_constant=_no_number
).decode
WAYS = (Way("v1_usage_events.report", _read),)
