"""What a call must be for the front to take it: a way of the front is one operation in its plain case."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from app.services.access.api_keys import Presented

Body = TypeVar("Body", bound=BaseModel)


class HandOn(Exception):
    """Flask does the call, from its beginning: nothing of it was done, or it has its effect once whoever does it."""


class Asked(NamedTuple):
    """A call of the plain form: its address and the name in it, its body, whose key it shows, its Idempotency-Key."""

    path: str
    named: str
    raw: bytes
    proof: Presented
    key: str | None


@dataclass(frozen=True)
class Way:
    """An operation that the front can answer: a POST to an address with at most one name in it.

    `read` returns what does it and returns its answer (200, JSON), or None where the call is not the plain case: then
    Flask answers, as if the front were not there. It must have no effect. Whatever is raised by what it returns is
    answered by Flask as if its own view had raised it, and nothing is done twice; but `HandOn`.
    """

    endpoint: str
    """The operation as Flask calls it: `v1_authorizations.authorize`."""
    read: Callable[[Asked], Callable[[], str] | None]


def body_of(model: type[Body], raw: bytes) -> Body | None:
    """Return the body as the operation's model, if there is nothing to be said about it; else None.

    In plain text without escapes no text has a NUL or half a character in it. Fields are texts, whole numbers, yes, no
    and null, each at most once.
    """
    if not raw.isascii() or b"\\" in raw:
        return None
    try:
        pairs = json.loads(raw, object_pairs_hook=_Fields)
        if type(pairs) is not _Fields or len(dict(pairs)) != len(pairs):
            return None
        return model.model_validate_json(raw)
    except (ValueError, ValidationError, RecursionError):
        return None


class _Fields(list[tuple[str, object]]):
    """The fields of an object as they were sent."""
