"""What accepting usage costs: batches of events with everything that follows from them, beside the bare insert.

The floor is what no way of accepting events can do without: their ids and their rows, inserted by the driver in one
transaction of two statements that let stand what is there. On top of it Purser counts meters, days and subjects, takes
the allowance before credits, keeps the balance and its day, and finds what has to begin, expire or roll first.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from app.domain.rating import UsageReport
from app.models.database import db
from app.services.access import api_keys
from app.services.usage import events as usage_events
from app.services.verification.verify import verify
from benchmarks.places import Place
from benchmarks.timing import ROUNDS, Count, Ratio, interleaved, milliseconds
from tests.support import meters
from tests.support.statements import counted

BATCH = 1000
MOST_STATEMENTS = 16
CALLS = ROUNDS + 5
MANY, GROWN = 100, 200_000
KINDS = ("requests", "users", "peak", "hours")
PROPERTIES = '{"path":"/v1/things"}'
_KEYS = "insert into usage_event_keys (customer_id, id, digest, received_at) {} on conflict do nothing"
_EVENTS = (
    "insert into usage_events (customer_id, id, received_at, day, occurred_at, period_number, meter, subject, "
    "quantity, micros, properties) {} on conflict do nothing"
)
_KEY_TYPES = ("text", "text", "text", "timestamptz")
_EVENT_TYPES = (
    *("text", "text", "timestamptz", "date", "timestamptz", "bigint", "text", "text", "bigint", "bigint", "text"),
)


def measure(place: Place) -> list[Ratio | Count]:
    """Measure single events, batches, their repetition, and growth with events, meters and customers."""
    meters.apply()
    mine, other = meters.customer("Ingest").customer_id, meters.customer("Floor").customer_id
    many = [meters.customer(f"Ingest{number}").customer_id for number in range(MANY)]
    salts = itertools.count()
    accept, floor = _accepted(place, salts, [mine]), _inserted(place, salts, other)
    spread, wide = (
        _accepted(place, salts, many),
        _accepted(place, salts, [mine], ("requests", "users", "peak", "hours")),
    )
    again = _again(place, salts, mine)
    small = interleaved({"accept": accept, "again": again, "floor": floor, "spread": spread, "wide": wide}, times=1)
    http = interleaved({"http": _posted(place, salts, mine), "floor": floor}, times=1)
    with counted() as statements:
        accept()
    _grow(floor)
    grown = interleaved({"accept": accept, "floor": floor}, times=1)

    in_process, over_http = (1.35, 1.6) if place.kind == "postgresql" else (4.0, None)
    broken = [each for each in verify(mine) if each.customer_id == mine]
    assert broken == [], broken[:3]
    return [
        _ratio(place, "accepting 1,000 events to inserting them", small["accept"], small["floor"], in_process),
        _ratio(place, "the same over HTTP", http["http"], http["floor"], over_http),
        _ratio(place, "the same batch again to the first time", small["again"], small["accept"], 1.0),
        _ratio(place, f"1,000 events of {MANY} customers to 1,000 of one", small["spread"], small["accept"], None),
        _ratio(place, "1,000 events of 4 meters to 1,000 of one", small["wide"], small["accept"], None),
        _ratio(
            place, f"1,000 events after {GROWN:,} to 1,000 in an empty table, each to its floor",
            grown["accept"] / grown["floor"], small["accept"] / small["floor"], 1.3, unit="x",
        ),
        Count("accepting 1,000 events: statements", place.kind, len(statements), MOST_STATEMENTS),
    ]  # fmt: skip


def _ratio(place: Place, what: str, took: float, beside: float, goal: float | None, unit: str = "") -> Ratio:
    if unit:
        detail = f"{took:.2f} times its floor to {beside:.2f} times"
    else:
        detail = (
            f"{BATCH / took:,.0f} events a second ({milliseconds(took)}) to "
            f"{BATCH / beside:,.0f} ({milliseconds(beside)})"
        )
    return Ratio(what, place.kind, took / beside, goal and round(goal, 2), detail)


def _batch(salt: int, customers: list[str], kinds: tuple[str, ...] = ("requests",)) -> list[UsageReport]:
    return [
        UsageReport(
            f"evt-{salt}-{number}",
            customers[number % len(customers)],
            kinds[number % len(kinds)],
            1,
            f"subject-{number % 50}",
            None,
            {"path": "/v1/things"},
        )
        for number in range(BATCH)
    ]


def _accepted(
    place: Place, salts: Iterator[int], customers: list[str], kinds: tuple[str, ...] = ("requests",)
) -> Callable[[], None]:
    def accept() -> None:
        with place.app.app_context():
            answer = usage_events.accept(_batch(next(salts), customers, kinds))
            assert answer.accepted == BATCH, answer

    return accept


def _again(place: Place, salts: Iterator[int], customer_id: str) -> Callable[[], None]:
    batch = _batch(next(salts), [customer_id])
    with place.app.app_context():
        usage_events.accept(batch)

    def accept() -> None:
        with place.app.app_context():
            answer = usage_events.accept(list(batch))
            assert (answer.accepted, answer.duplicates) == (0, BATCH), answer

    return accept


def _posted(place: Place, salts: Iterator[int], customer_id: str) -> Callable[[], None]:
    with place.app.app_context():
        _key, secret = api_keys.create("benchmark", ["usage:write"])
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    client = place.app.test_client()

    def body() -> str:
        events = [
            {
                "id": each.id,
                "customer": each.customer,
                "meter": each.meter,
                "quantity": each.quantity,
                "subject": each.subject,
                "properties": each.properties,
            }
            for each in _batch(next(salts), [customer_id])
        ]
        return json.dumps({"events": events})

    bodies = [body() for _ in range(CALLS)]

    def post() -> None:
        answer = client.post("/v1/usage_events", data=bodies.pop(), headers=headers)
        assert answer.status_code == 200, answer.text

    return post


def _inserted(place: Place, salts: Iterator[int], customer_id: str) -> Callable[[], None]:
    """Return what writes a batch's ids and rows and nothing else, by the driver, on the same engine and as the role."""
    engine = db.engine

    def rows() -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        salt, now = next(salts), datetime.now(UTC)
        on_sqlite = place.kind == "sqlite"
        moment = now.strftime("%Y-%m-%d %H:%M:%S.%f") if on_sqlite else now
        day = now.date().isoformat() if on_sqlite else now.date()
        ids = [f"floor-{salt}-{number}" for number in range(BATCH)]
        return (
            [(customer_id, each, "0" * 32, moment) for each in ids],
            [
                (customer_id, each, moment, day, moment, 1, "requests", f"subject-{number % 50}", 1, 0, PROPERTIES)
                for number, each in enumerate(ids)
            ],
        )

    def insert() -> None:
        keys, events = rows()
        connection = engine.raw_connection()
        cursor = connection.cursor()
        if place.kind == "sqlite":
            cursor.execute("begin immediate")
            cursor.executemany(_KEYS.format(f"values ({', '.join('?' * len(_KEY_TYPES))})"), keys)
            cursor.executemany(_EVENTS.format(f"values ({', '.join('?' * len(_EVENT_TYPES))})"), events)
            cursor.execute("commit")
        else:
            cursor.execute("select set_config('role', 'purser_service', true)")
            for statement, types, batch in ((_KEYS, _KEY_TYPES, keys), (_EVENTS, _EVENT_TYPES, events)):
                arrays = ", ".join(f"%s::{each}[]" for each in types)
                cursor.execute(
                    statement.format(f"select * from unnest({arrays})"),
                    [list(column) for column in zip(*batch, strict=True)],
                )
            connection.commit()
        connection.close()

    return insert


def _grow(floor: Callable[[], None]) -> None:
    for _ in range(GROWN // BATCH):
        floor()
