"""PostgreSQL's functions and SQLite's statements answer alike and leave the same rows, whatever happens."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, pool, select, text

from app import clock, create_app
from app.domain.authorizations import AuthorizationRequest, Authorized, Taken
from app.domain.errors import Refused
from app.domain.money import MICROS, Credits
from app.models.authorizations import Authorization
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import BalanceDay
from app.models.limits import SpendSettings
from app.models.scope import as_customer, as_service
from app.models.usage import Spending, UsageDay, UsageEvent, UsageTotal
from app.services.authorizations import expiry, holds
from app.services.catalog import versions
from app.services.ledger import grants, reservations
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support import meters, tiers
from tests.support.databases import Database, fresh_sqlite, settings_for
from tests.support.meters import accept_one

BEGIN = datetime(2026, 11, 21, 9, 30, 0, 250_000, tzinfo=UTC)
ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
METERS = ("requests", "runs", "hours")
_names = count(1)

_units = st.integers(1, 6_000)
_keys = st.sampled_from(["", "", "one", "other"])
STEPS = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from(METERS), _units, st.booleans(), st.sampled_from([60, 86_400])),
    st.tuples(st.just("ask"), st.just(""), st.integers(1, 6 * MICROS), st.booleans(), st.just(3_600)),
    st.tuples(st.just("again"), st.integers(0, 5), st.integers(1, 2)),
    st.tuples(st.just("capture"), st.integers(0, 5), st.one_of(st.none(), _units), st.booleans(), _keys),
    st.tuples(st.just("release"), st.integers(0, 5)),
    st.tuples(st.just("report"), st.sampled_from(METERS), _units),
    st.tuples(st.just("expire")),
    st.tuples(st.just("grant"), st.integers(1, 5), st.one_of(st.none(), st.integers(1, 50))),
    st.tuples(st.just("limit"), st.one_of(st.none(), st.integers(0, 6))),
    st.tuples(st.just("standing"), st.sampled_from(["good", "past_due", "suspended", "closed"])),
    st.tuples(st.just("plan"), st.sampled_from(["", "free", "paid"])),
    st.tuples(st.just("catalog"), st.sampled_from(["0.25", "0.31"])),
    st.tuples(st.just("move")),
    st.tuples(st.just("wait"), st.sampled_from([1, 59, 3_601, 86_400, 32 * 86_400])),
)


class Side:
    """A customer in a database of one of the two kinds."""

    def __init__(self, app: Flask, name: str, make: Callable[[str], Customer]) -> None:
        self.app = app
        self.holds: list[Authorized] = []
        self.asked: list[AuthorizationRequest] = []
        with app.app_context():
            self.id = make(name).customer_id

    def captures(self, hold: Authorized, units: int | None, *, keep: bool, key: str = "") -> Taken:
        quantity = units if hold.meter else None
        credit = None if hold.meter or units is None else Credits(units * 1_000)
        return holds.capture(hold.id, quantity=quantity, credits=credit, keep=keep, key=key)

    def does(self, step: tuple[Any, ...], number: int) -> object:
        """Do the step, and return what it said, without the ids that differ."""
        with self.app.app_context():
            try:
                return self.said(step, number)
            except Refused as refusal:
                return refusal.reason, refusal.status, vars(refusal).get("available"), vars(refusal).get("retry_after")

    def said(self, step: tuple[Any, ...], number: int) -> object:
        match step:
            case ("ask", meter, amount, at_once, seconds):
                units, micros = (1 if meter == "runs" else amount, 0) if meter else (0, amount)
                request = AuthorizationRequest(self.id, meter, units, micros, f"ask-{number}", seconds, at_once)
                made = holds.authorize(request)
                self.holds.append(made)
                self.asked.append(request)
                return described(made)
            case ("again", place, factor):
                request = self.asked[place]
                other = replace(request, quantity=request.quantity * factor, micros=request.micros * factor)
                return described(holds.authorize(other))
            case ("capture", place, units, keep, *key):
                taken = self.captures(self.holds[place], units, keep=keep, key="".join(key))
                return taken.micros, taken.available, described(taken.hold)
            case ("release", place):
                return described(holds.release(self.holds[place].id))
            case _:
                return self.lives(step, number)

    def lives(self, step: tuple[Any, ...], number: int) -> object:
        """Do what else happens to a customer."""
        match step:
            case ("report", meter, units):
                quantity = 1 if meter == "runs" else units
                return accept_one(self.id, id=f"event-{number}", meter=meter, quantity=quantity)
            case ("grant", units, lasts, *priority):
                expires = clock.now() + timedelta(hours=lasts) if lasts else None
                grants.give(
                    self.id, kind="promotional", credits=Credits(units * MICROS), granted_by="test", reason="Test",
                    expires_at=expires, priority=[50, *priority][-1],
                )  # fmt: skip
            case ("limit", units):
                self.changes(lambda session: session.merge(limit(self.id, units)))
            case ("standing", standing):
                self.changes(lambda session: setattr(session.get_one(Customer, self.id), "standing", standing))
            case ("plan", plan):
                meters.move_to_plan(self.id, plan)
            case ("catalog", price):
                text = meters.METERED.format(burn="realtime").replace('"0.25"', f'"{price}"')
                versions.apply(f"{text}\n# {number}")
            case ("move",):
                meters.move_to_newest(self.id)
            case ("expire",):
                expiry.expire_due()
            case ("expire_credit",):
                grants.expire_due()
        return None

    def changes(self, change: Callable[[Any], object]) -> None:
        with as_service("test"), transaction() as session:
            change(session)

    def rows(self) -> dict[str, list[Any]]:
        """Return all that is counted for the customer."""
        found = {}
        with self.app.app_context(), as_customer(self.id):
            for model in (Spending, UsageTotal, UsageDay, BalanceDay):
                columns = [each for each in model.__table__.columns if each.name != "customer_id"]
                found[model.__tablename__] = sorted(
                    map(str, db.session.execute(select(*columns).where(model.customer_id == self.id)).all())
                )
            events = select(
                UsageEvent.received_at, UsageEvent.day, UsageEvent.meter, UsageEvent.quantity, UsageEvent.micros
            ).where(UsageEvent.customer_id == self.id)
            found["events"] = sorted(map(str, db.session.execute(events).all()))
            kept = [each for each in Authorization.__table__.columns if each.name.startswith("judged_")]
            refused = select(Authorization.created_at, Authorization.reason, *kept).where(
                Authorization.customer_id == self.id
            )
            found["refused"] = sorted(map(str, db.session.execute(refused).all()))
        return found


def described(made: Authorized) -> dict[str, object]:
    """Return an answer without what differs between two customers."""
    return {name: value for name, value in asdict(made).items() if name not in {"id", "customer_id"}}


def limit(customer_id: str, units: int | None) -> SpendSettings:
    """Return settings with this daily limit."""
    return SpendSettings(
        customer_id=customer_id,
        enabled=True,
        daily_limit_micros=None if units is None else units * MICROS,
        notify_threshold_micros=None,
        version=1,
        changed_at=clock.now(),
        changed_by="test",
    )


def metered(name: str) -> Customer:
    """Create a customer of the metered catalog."""
    meters.apply()
    return meters.customer(name)


def play(
    steps: list[tuple[Any, ...]],
    *apps: Flask,
    make: Callable[[str], Customer] = metered,
    look: Callable[[str, datetime], None] = lambda _customer_id, _now: None,
) -> None:
    """Play the steps for a customer on each database, and hold what they say and leave against each other.

    After each step `look` is called with the customer and the time, in the app of each side.
    """
    moment, name = BEGIN, f"Side{next(_names)}"
    with clock.at(BEGIN):
        sides = [Side(app, name, make) for app in apps]
        for each in sides:
            each.does(("grant", 3, None), 0)
    for number, step in enumerate(steps, 1):
        if step[0] == "wait":
            moment += timedelta(seconds=step[1])
            continue
        if step[0] == "until":
            moment = max(moment, step[1])
            continue
        if step[0] in {"again", "capture", "release"} and step[1] >= len(sides[0].holds):
            continue
        with clock.at(moment):
            hot, plain = (each.does(step, number) for each in sides)
            assert hot == plain, (number, step)
            for each in sides:
                with each.app.app_context():
                    look(each.id, moment)
    with clock.at(moment):
        assert sides[0].rows() == sides[1].rows()
        for each in sides:
            with each.app.app_context():
                assert verify(each.id) == []
                with as_customer(each.id):
                    held = db.session.get_one(Spending, each.id).held_micros
                    assert held == reservations.held(db.session(), each.id).micros


def wait_unseen(database: Database) -> None:
    """Let PostgreSQL's calls add to their moment no time that they waited for a lock: a busy machine is a long wait."""
    engine = create_engine(database.superuser_url, poolclass=pool.NullPool)
    with engine.begin() as connection:
        found = connection.scalars(
            text("select pg_get_functiondef(oid) from pg_proc where prosrc like '%100 milliseconds%'")
        ).all()
        for each in found:
            connection.exec_driver_sql(each.replace("100 milliseconds", "1 hour").replace("%", "%%"))
    engine.dispose()
    assert found, "the functions say it otherwise now"


@pytest.fixture
def on_sqlite(session_dir: Path, tmp_path: Path, database: Database) -> Iterator[Flask]:
    """The app on SQLite, beside the one on PostgreSQL, whose calls all count from when they were asked."""
    wait_unseen(database)
    made = create_app(settings_for(fresh_sqlite(session_dir, tmp_path)))
    yield made
    with made.app_context():
        holds.close()
        db.engine.dispose()


@ON_POSTGRESQL
def test_both_ways_answer_alike_whatever_happens(app: Flask, on_sqlite: Flask) -> None:
    @settings(
        max_examples=tiers.sample_of(6, proof=40), deadline=None, database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(st.lists(STEPS, min_size=3, max_size=22))
    def alike(steps: list[tuple[Any, ...]]) -> None:
        play(steps, app, on_sqlite)

    alike()


CHANGES: list[list[tuple[Any, ...]]] = [
    # The allowance: what was held beyond it is free when what was held within it is never used.
    [("plan", "paid"), ("ask", "requests", 1_000, False, 3_600), ("ask", "requests", 500, False, 3_600),
     ("release", 0), ("capture", 1, None, False)],
    # The plan's limit stands against what is used and what is held, and against a capture of more.
    [("plan", "paid"), ("ask", "requests", 4_000, False, 3_600), ("ask", "requests", 1_001, False, 60),
     ("ask", "requests", 1_000, False, 60), ("capture", 0, 4_001, False), ("capture", 0, 4_000, False)],
    # A period that ends under an open hold: it counts for the next one.
    [("ask", "hours", 90, False, 86_400), ("wait", 29 * 86_400 + 51_000), ("ask", "hours", 30, False, 86_400),
     ("wait", 3_601), ("capture", 1, None, False), ("ask", "hours", 1, False, 60)],
    # Tiers: captured in the other order, the two cost what the steps of the price say.
    [("ask", "hours", 100, False, 3_600), ("ask", "hours", 50, False, 3_600), ("capture", 1, None, False),
     ("capture", 0, None, False)],
    # A grant that is over before the ask no longer counts.
    [("grant", 5, 1), ("wait", 3_601), ("ask", "", 3 * MICROS + 1, False, 3_600), ("ask", "", 3 * MICROS, True, 60)],
    # A grant that is over while it is held: it is there for its hold, in parts, and for nobody else.
    [("grant", 5, 1), ("ask", "", 7 * MICROS, False, 86_400), ("wait", 3_601), ("ask", "", MICROS + 1, False, 3_600),
     ("capture", 0, 3_000, True), ("ask", "", MICROS, False, 3_600), ("release", 0), ("ask", "", 1, False, 3_600)],
    # A new price, a new plan.
    [("ask", "runs", 1, False, 3_600), ("catalog", "0.31"), ("ask", "runs", 1, False, 3_600), ("plan", "paid"),
     ("ask", "runs", 1, False, 3_600), ("capture", 0, None, False), ("capture", 1, 3, False)],
    # With a key a part is taken once, also when the hold is over; what it says must not change.
    [("ask", "hours", 90, False, 3_600), ("capture", 0, 20, True, "one"), ("capture", 0, 20, True, "one"),
     ("capture", 0, 21, True, "one"), ("capture", 0, 70, False, "other"), ("capture", 0, 70, False, "other"),
     ("capture", 0, 20, True, "one"), ("capture", 0, 1, True, "third")],
]  # fmt: skip


@ON_POSTGRESQL
def test_both_ways_answer_alike_where_something_changes(app: Flask, on_sqlite: Flask) -> None:
    for steps in CHANGES:
        play(steps, app, on_sqlite)
