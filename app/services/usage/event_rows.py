"""The rows of events: their ids are looked for, and they are written with them, in one statement whatever their number.

The statements are plain SQL, and a batch goes over by columns: a name for each value of each row would cost more than
the rows. On PostgreSQL each column is one array, written as its own text for an array.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

Key = tuple[str, str]
_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_KNOWN = """
select k.customer_id, k.id, k.digest
from unnest(%s::text[], %s::text[]) g (customer_id, id)
join usage_event_keys k on k.customer_id = g.customer_id and k.id = g.id
"""
_KNOWN_ON_SQLITE = """
select k.customer_id, k.id, k.digest
from json_each(?) g
join usage_event_keys k on k.customer_id = json_extract(g.value, '$[0]') and k.id = json_extract(g.value, '$[1]')
"""
_INSERT = """
with given as materialized (
    select g.*, %s::timestamptz + (g.place - 1) * interval '1 microsecond' as received_at
    from unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::bigint[], %s::text[], %s::text[],
        %s::bigint[], %s::bigint[], %s::text[]) with ordinality
        g (customer_id, id, digest, occurred_at, period_number, meter, subject, quantity, micros, properties, place)
), keys as (
    insert into usage_event_keys (customer_id, id, digest, received_at)
    select customer_id, id, digest, received_at from given
)
insert into usage_events (customer_id, id, received_at, day, occurred_at, period_number, meter, subject, quantity,
    micros, properties)
select customer_id, id, received_at, %s::date, coalesce(occurred_at, received_at), period_number, meter, subject,
    quantity, micros, properties
from given
"""
_KEYS_ON_SQLITE = "insert into usage_event_keys (customer_id, id, digest, received_at) values (?, ?, ?, ?)"
_EVENTS_ON_SQLITE = """
insert into usage_events (customer_id, id, received_at, day, occurred_at, period_number, meter, subject, quantity,
    micros, properties)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class EventRow(NamedTuple):
    """An event as it is written. `occurred_at` None: when it was received."""

    customer_id: str
    id: str
    digest: str
    occurred_at: datetime | None
    period_number: int
    meter: str
    subject: str
    quantity: int
    micros: int
    properties: str


def known(session: Session, keys: Collection[Key]) -> dict[Key, str]:
    """Return the digests of the events that were counted before."""
    if not keys:
        return {}
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        found = connection.exec_driver_sql(_KNOWN, tuple(_array(each) for each in zip(*keys, strict=True)))
    else:
        found = connection.exec_driver_sql(_KNOWN_ON_SQLITE, (_written(list(keys)),))
    return {(customer_id, name): digest for customer_id, name, digest in found}


def write(session: Session, rows: Sequence[EventRow], now: datetime, day: date) -> None:
    """Write the events and their ids. Each is a microsecond after the one before it, so that their order is kept."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        columns = zip(*rows, strict=True)
        connection.exec_driver_sql(_INSERT, (now, *map(_array, columns), day))
        return
    first, its_day = now.astimezone(UTC).replace(tzinfo=None), day.isoformat()
    moments = [_kept(first + timedelta(microseconds=place)) for place in range(len(rows))]
    keys = [(row[0], row[1], row[2], moment) for row, moment in zip(rows, moments, strict=True)]
    events = [
        (row[0], row[1], moment, its_day, _kept_in_utc(row[3]) if row[3] else moment, *row[4:])
        for row, moment in zip(rows, moments, strict=True)
    ]
    connection.exec_driver_sql(_KEYS_ON_SQLITE, keys)
    connection.exec_driver_sql(_EVENTS_ON_SQLITE, events)


def _array(values: Iterable[str | int | datetime | None]) -> str:
    """Return a column as PostgreSQL reads an array of it.

    What stands in quotes is written as in JSON: with a backslash before a quote and a backslash. JSON writes more with
    one, control characters, and no event has any: its id, meter and subject are printable, its properties in ASCII.
    """
    return "{" + _written([each if not isinstance(each, datetime) else each.isoformat() for each in values])[1:-1] + "}"


def _kept(moment: datetime) -> str:
    return moment.isoformat(" ", "microseconds")


def _kept_in_utc(moment: datetime) -> str:
    return _kept(moment.astimezone(UTC).replace(tzinfo=None))
