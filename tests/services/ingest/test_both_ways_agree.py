"""A single event by the short way and by the usual one: the same answer and the same rows, whatever happened before."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app import clock
from app.domain.authorizations import AuthorizationRequest, Authorized
from app.domain.errors import Refused
from app.domain.money import MICROS, Credits
from app.domain.rating import UsageReport
from app.models.bulk import table_of
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.ledger import Account, BalanceDay, Grant
from app.models.scope import as_service
from app.models.usage import Spending, UsageDay, UsageEvent, UsageEventKey, UsageSubject, UsageTotal
from app.services.access import api_keys
from app.services.access.api_keys import Presented
from app.services.authorizations import expiry, holds
from app.services.catalog import versions
from app.services.ingest import single
from app.services.ledger import grants
from app.services.transaction import transaction
from app.services.usage import events
from app.services.usage.events import Accepted
from app.services.verification.verify import verify
from tests.support import meters, tiers

BEGIN = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)
TABLES = (
    Spending,
    UsageEventKey,
    UsageEvent,
    UsageTotal,
    UsageSubject,
    UsageDay,
    BalanceDay,
    BillingPeriod,
    Account,
    Grant,
)
DIFFERING = {"customer_id", "id", "authorization_id"}
LARGE = 10**12
_names = count(1)
_hours = st.sampled_from([None, None, None, -1, 1, 2, -24, -33 * 24, -34 * 24, -35 * 24])
_reports = st.tuples(
    st.just("report"),
    st.sampled_from(["requests", "requests", "runs", "hours", "hours", "users", "storage", "peak", "nothing"]),
    st.one_of(st.just(1), st.integers(0, 3_000), st.just(LARGE)),
    st.sampled_from(["", "", "one", "other", "hold_1"]),
    _hours,
    st.sampled_from(["", "ann"]),
)
STEPS = st.one_of(
    _reports,
    _reports,
    st.tuples(st.just("hold"), st.sampled_from(["requests", "hours", ""]), st.integers(1, 900), st.sampled_from([60, 86_400])),
    st.tuples(st.just("capture"), st.integers(0, 3), st.integers(1, 900)),
    st.tuples(st.just("release"), st.integers(0, 3)),
    st.tuples(st.just("grant"), st.integers(1, 5), st.one_of(st.none(), st.integers(1, 50)), st.sampled_from([0, 0, 3])),
    st.tuples(st.just("plan"), st.sampled_from(["", "free", "paid"])),
    st.tuples(st.just("catalog"), st.sampled_from(["0.25", "0.31"])),
    st.tuples(st.just("name"), st.sampled_from(["new"])),
    st.tuples(st.just("post")),
    st.tuples(st.just("expire")),
    st.tuples(st.just("wait"), st.sampled_from([1, 59, 3_600, 7_200, 9_000, 86_400, 32 * 86_400])),
)  # fmt: skip


class Side:
    """A customer, and what is done to it."""

    def __init__(self, name: str, burn: str) -> None:
        self.id = meters.customer(name).customer_id
        self.name, self.burn, self.holds = name.lower(), burn, list[Authorized]()

    def accepts(self, report: UsageReport, proof: Presented) -> Accepted:  # noqa: ARG002  # the other way asks for it
        return events.only_one(events.accept([report]))

    def does(self, step: tuple[Any, ...], number: int, proof: Presented) -> object:
        """Do the step, and return what was said."""
        try:
            match step:
                case ("report", meter, quantity, name, hours, subject):
                    time = None if hours is None else clock.now() + timedelta(hours=hours)
                    report = UsageReport(
                        name or f"event-{number}", self.name if number % 2 else self.id, meter, quantity, subject, time,
                        {"number": name or number},
                    )  # fmt: skip
                    return self.accepts(report, proof)
                case ("hold", meter, units, seconds):
                    units, micros = (units, 0) if meter else (0, units * 1_000)
                    request = AuthorizationRequest(self.id, meter, units, micros, f"{self.id}-{number}", seconds)
                    self.holds.append(holds.authorize(request))
                case ("capture", place, units) if place < len(self.holds):
                    hold = self.holds[place]
                    credit = None if hold.meter else Credits(units * 1_000)
                    holds.capture(hold.id, quantity=units if hold.meter else None, credits=credit)
                case ("release", place) if place < len(self.holds):
                    holds.release(self.holds[place].id)
                case _:
                    self.lives(step, number)
        except Refused as refusal:
            return refusal.reason, refusal.status
        return None

    def lives(self, step: tuple[Any, ...], number: int) -> None:
        """Do what else happens to a customer."""
        match step:
            case ("grant", units, lasts, begins):
                effective = clock.now() + timedelta(hours=begins) if begins else None
                expires = clock.now() + timedelta(hours=begins + lasts) if lasts else None
                grants.give(
                    self.id, kind="promotional", credits=Credits(units * MICROS), granted_by="test", reason="Test",
                    effective_at=effective, expires_at=expires,
                )  # fmt: skip
            case ("plan", plan):
                meters.move_to_plan(self.id, plan)
            case ("catalog", price):
                text = meters.METERED.format(burn=self.burn).replace('"0.25"', f'"{price}"')
                versions.apply(f"{text}\n# {number}")
                meters.move_to_newest(self.id)
            case ("name", name):
                self.name = f"{self.name}-{name}"[:200]
                with as_service("test"), transaction() as session:
                    session.get_one(Customer, self.id).external_id = self.name
            case ("post",):
                meters.post_all(self.id)
            case ("expire",):
                expiry.expire_due()

    def rows(self) -> dict[str, list[dict[str, object]]]:
        """Return all that is kept of the customer's usage and credit."""
        found = {}
        with as_service("test"):
            for table in map(table_of, TABLES):
                rows = db.session.execute(select(table).where(table.c.customer_id == self.id)).mappings()
                wanted = DIFFERING - ({"id"} if table.name.startswith("usage") else set())
                found[table.name] = sorted(
                    (
                        {name: _compared(name, value) for name, value in row.items() if name not in wanted}
                        for row in rows
                    ),
                    key=repr,
                )
                for each in found[table.name]:
                    if str(each.get("id", "")).startswith("hold_"):
                        each["id"] = "hold"
        return found


class Short(Side):
    """Its events are counted by the short way where they are plain."""

    def __init__(self, name: str, burn: str) -> None:
        super().__init__(name, burn)
        self.plain = 0

    def accepts(self, report: UsageReport, proof: Presented) -> Accepted:
        found = single.accept(report, proof)
        self.plain += found is not None
        return found if found is not None else super().accepts(report, proof)


def _compared(name: str, value: object) -> object:
    """Return the value as far as both must have it: a call that waits for the machine is some moments later."""
    moments = isinstance(value, datetime) and name in {"received_at", "occurred_at", "last_at"}
    return value.replace(second=0, microsecond=0) if moments else value  # type: ignore[attr-defined]  # a time, as was asked


def played(steps: list[tuple[Any, ...]], burn: str) -> Short:
    """Play the steps on both sides; everything must agree after each."""
    meters.apply(burn, f"\n# {next(_names)}")
    now = BEGIN
    with clock.at(now):
        _key, secret = api_keys.create("test", ["usage:write"])
        proof = api_keys.presented(secret)
        assert proof is not None
        sides = Short(f"Short{next(_names)}", burn), Side(f"Usual{next(_names)}", burn)
    for number, step in enumerate(steps):
        if step[0] == "wait":
            now += timedelta(seconds=step[1])
            continue
        with clock.at(now):
            assert api_keys.find(proof) is not None  # notes that it is used
            said = [side.does(step, number, proof) for side in sides]
            assert said[0] == said[1], (number, step)
            rows = [side.rows() for side in sides]
        for table, kept in rows[0].items():
            assert kept == rows[1][table], (number, step, table)
    with clock.at(now):
        assert [each for each in verify(sides[0].id) if each.customer_id == sides[0].id] == []
    return sides[0]


@pytest.mark.both_databases
@pytest.mark.parametrize("burn", ["realtime", "at_invoice"])
def test_plain_events_go_the_short_way(app: Flask, burn: str) -> None:
    def report(meter: str, quantity: int = 1, name: str = "", hours: int | None = None) -> tuple[Any, ...]:
        return "report", meter, quantity, name, hours, ""

    plain = [
        report("requests", 900), report("requests", 900), report("hours", 90), report("runs"), report("runs", 1, "one"),
        report("runs", 1, "one"), report("hours", 0), ("wait", 3_600), report("hours", 90, hours=-24), ("wait", 7_200),
        report("requests", 7), report("hours", 3), ("hold", "hours", 200, 60), report("hours", 30), report("requests", 1),
    ]  # fmt: skip
    held: list[tuple[Any, ...]] = [
        ("grant", 20, None, 0),
        report("hours", 90),
        ("hold", "hours", 200, 86_400),
        report("hours", 30),
        report("hours", 30),
    ]
    due = [
        ("grant", 5, 2, 0),
        ("grant", 3, None, 1),
        report("runs"),
        ("wait", 3_601),
        *[report("runs")] * 2,
        ("wait", 3_601),
    ]
    again = [report("runs")] * 2
    changed = [("plan", "paid"), *again, ("catalog", "0.31"), *again, ("name", "new"), *again]
    assert played(plain, burn).plain == _reported(plain)
    made = played(held, burn)
    assert (made.plain, [each.state for each in made.holds]) == (_reported(held), ["held"])
    assert (
        played([*due, report("runs")], burn).plain == _reported(due) - 1
    )  # once as a grant begins, once as one expires
    # What finds that the terms have changed goes the usual way, once.
    assert played(plain + changed, burn).plain >= _reported(plain) + _reported(changed) - 3


def _reported(steps: list[tuple[Any, ...]]) -> int:
    return len([each for each in steps if each[0] == "report"])


@pytest.mark.both_databases
@given(steps=st.lists(STEPS, max_size=14), burn=st.sampled_from(["realtime", "at_invoice"]))
@example(
    steps=[
        ("report", "hours", LARGE, "", None, ""),
        *[("report", "requests", LARGE, "", None, "")] * 3,
        ("grant", 5, 2, 0),
        ("wait", 9_000),
        ("report", "hours", 5, "one", -34 * 24, ""),
        ("report", "hours", 6, "one", None, ""),
        ("wait", 32 * 86_400),
        ("report", "hours", 5, "other", 1, "ann"),
    ],
    burn="at_invoice",
)
@settings(
    max_examples=tiers.sample_of(8, proof=16),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_history_comes_to_the_same(app: Flask, steps: list[tuple[Any, ...]], burn: str) -> None:
    played(steps, burn)
