"""The shapes that bodies and answers are made of: strict models, credits and times as text, and pages of a list."""

import base64
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, PlainValidator, WithJsonSchema

from app.domain.amounts_in_json import PATTERN, credits_text, parse_credits
from app.domain.errors import Refused
from app.domain.money import Credits, Money

Row = TypeVar("Row")
Shown = TypeVar("Shown")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_FIRST, _LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"[A-Za-z0-9_-]{1,400}")
MAX_LIMIT = 200


class Model(BaseModel):
    """A body, a query or an answer: nothing is guessed, and no field is taken that is not named."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True, defer_build=True)


def _credits(value: object) -> Credits:
    if isinstance(value, Credits):
        return value
    if not isinstance(value, str):
        raise ValueError('Write credits as text, such as "12.345678".')  # pydantic reads ValueError
    return parse_credits(value)


def _positive(value: object) -> Credits:
    read = _credits(value)
    if read.micros <= 0:
        raise ValueError("Must be more than 0.")
    return read


def _not_negative(value: object) -> Credits:
    read = _credits(value)
    if read.micros < 0:
        raise ValueError("Must be 0 or more.")
    return read


def _moment(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("Write a time with its zone, such as 2026-11-21T12:00:00Z.")
    try:
        read = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("There is no such time.") from None
    if not _FIRST <= read < _LAST:
        raise ValueError("This time is out of range.")
    return read


def _moment_text(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _credits_type(check: Callable[[object], Credits], pattern: str) -> Any:
    schema = {"type": "string", "pattern": pattern, "examples": ["12.345678"]}
    return PlainValidator(check), PlainSerializer(credits_text, return_type=str), WithJsonSchema(schema)


_SIGNED = _credits_type(_credits, PATTERN)
_UNSIGNED = _credits_type(_not_negative, PATTERN.replace("-?", ""))
_ABOVE_ZERO = _credits_type(_positive, r"^(?=.*[1-9])[0-9]{1,12}(\.[0-9]{1,6})?$")

CreditsText = Annotated[Credits, *_SIGNED]
"""Credits in units as decimal text, of any sign."""
CreditsFromZero = Annotated[Credits, *_UNSIGNED]
"""Credits in units as decimal text, 0 or more."""
CreditsAboveZero = Annotated[Credits, *_ABOVE_ZERO]
"""Credits in units as decimal text, more than 0."""
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    PlainSerializer(_moment_text, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-21T12:00:00Z"]}),
]
"""A time: RFC 3339 with a zone, answered in UTC."""


class NoBody(Model):
    """Nothing has to be said."""


class PageQuery(Model):
    """Which part of a list is asked for."""

    limit: int = Field(50, ge=1, le=MAX_LIMIT, description="How many at most.")
    cursor: str | None = Field(None, max_length=400, description="`next_cursor` of the page before; opaque.")


class Page(Model, Generic[Shown]):
    """A part of a list, the newest first. `next_cursor` is null on the last one."""

    data: list[Shown]
    next_cursor: str | None = None


def page_of(
    rows: Sequence[Row], limit: int, shown: Callable[[Row], Shown], cursor: Callable[[Row], list[Any]]
) -> tuple[list[Shown], str | None]:
    """Return what `Page` takes, from up to `limit` + 1 rows: the row too many says that there is another page.

    `cursor` returns what the next page begins after, from the last row that is shown.
    """
    kept = rows[:limit]
    following = encode_cursor(cursor(kept[-1])) if len(rows) > limit and kept else None
    return [shown(row) for row in kept], following


def encode_cursor(values: Sequence[str | int]) -> str:
    """Return the values as an opaque cursor."""
    return base64.urlsafe_b64encode(json.dumps(list(values)).encode()).rstrip(b"=").decode()


def decode_cursor(cursor: str | None, *kinds: type[str] | type[int]) -> list[Any] | None:
    """Return the values of a cursor that `encode_cursor` made, of these kinds; None for the first page. Else refuse."""
    if cursor is None:
        return None
    try:
        if not _CURSOR.fullmatch(cursor):
            raise ValueError
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or [type(each) for each in values] != list(kinds):
            raise ValueError
    except (ValueError, RecursionError):
        raise _not_a_cursor() from None
    if any("\0" in each if isinstance(each, str) else abs(each) >= 2**63 for each in values):
        raise _not_a_cursor()
    return values


def _not_a_cursor() -> Refused:
    return Refused("This is not a cursor of this list: use `next_cursor` unchanged.", "cursor_malformed", 422, "cursor")


class MoneyOut(Model):
    """An amount of money in whole minor units: 500 EUR are 5.00 €."""

    amount_minor: int
    currency: str


def money_out(value: Money | None) -> MoneyOut | None:
    """Return the amount as it is answered."""
    return None if value is None else MoneyOut(amount_minor=value.amount_minor, currency=value.currency)
