"""Usage in credits: the plain case is one round trip, or past SQLAlchemy, and comes to what the usual way comes to."""

import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from app import clock
from app.config import Settings
from app.domain.authorizations import AuthorizationRequest
from app.domain.errors import NotFound, Refused
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.database import Base, db
from app.models.ledger import Account, Allocation, BalanceDay, Grant, Transfer
from app.models.scope import as_service
from app.models.unit_of_work.functions import Function, Value
from app.models.usage import Spending, UsageDay
from app.services.authorizations import holds
from app.services.ledger import grants
from app.services.transaction import transaction
from app.services.usage import on_sqlite, recording
from app.services.verification.verify import verify
from tests.support import meters, tiers
from tests.support.databases import environment
from tests.support.server import ROOT
from tests.support.statements import counted

ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
NOON, UNIT = datetime(2026, 12, 30, 12, tzinfo=UTC), 1_000_000
KINDS = ("promotional", "trial", "referral", "refund", "proration")
TABLES: tuple[type[Base], ...] = (Transfer, Account, Grant, Allocation, BalanceDay, Spending, UsageDay)
FIRST = """
import sys
from app import create_app
from app.config import Settings
from app.domain.money import Credits
from app.services.usage import recording
with create_app(Settings.from_env()).app_context():
    print(recording.record(sys.argv[1], key="first", credits=Credits(1_000_000), description="Requests").amount)
"""
AN_ID = re.compile(r"\b[a-z]{2,5}_[0-9a-z]{26}\b")
Step = tuple[str, int]
WRITTEN_OUT: list[list[Step]] = [
    [("gives", 301), ("holds", 500), ("uses", 180)],  # more than the hold leaves
    [("gives", 313), ("gives", 301), ("uses", 30)],  # what is given burns before what was paid for
    [("gives", 301), ("uses", 30), ("waits", 900), ("uses", 31), ("goes back", 900), ("uses", 32)],
    [("gives", 300), ("gives", 301), ("waits", 900), ("uses", 30)],  # the first is to expire
    [("gives", 301), ("meters", 900), ("uses", 30)],  # usage waits to be posted
]


@contextmanager
def calls(monkeypatch: pytest.MonkeyPatch, *, answered: bool = True) -> Iterator[list[str]]:
    """Collect what the function answers; not `answered`, it is not asked, and the usual way is gone."""
    seen, call = list[str](), Function.call

    def saw(function: Function, engine: Engine, values: list[Value]) -> list[Value] | None:
        row = call(function, engine, values) if answered else None
        seen.append((row[0] or b"").decode() if row is not None else "nothing")
        return row

    def saw_on_sqlite(*asked: Any) -> Transfer | None:
        made = plain(*asked) if answered else None
        seen.append("recorded" if made is not None else "unfit" if answered else "nothing")
        return made

    plain = on_sqlite.plain
    with monkeypatch.context() as patch:
        patch.setattr(Function, "call", saw)
        patch.setattr(on_sqlite, "plain", saw_on_sqlite)
        yield seen


def _drawn(chance: random.Random) -> list[Step]:
    steps = [("gives", chance.randint(1, 900)) for _ in range(chance.randint(1, 4))]
    steps += [
        (chance.choice(["gives", "holds", "meters", "waits", "goes back", *(["uses"] * 7)]), chance.randint(1, 900))
        for _ in range(14)
    ]
    return steps


def _played(customer: Customer, story: list[Step]) -> list[object]:
    """Play the story, and return what each use of credit came to."""
    name, now, said = customer.customer_id, NOON, list[object]()
    for number, (what, many) in enumerate(story):
        with clock.at(now):
            match what:
                case "gives":
                    ends = now + timedelta(hours=20 + many // 20) if many % 3 == 0 else None
                    given: dict[str, Any] = {"kind": KINDS[many // 3 % 5], "credits": Credits(many * UNIT)}
                    given |= {"priority": 50 + many % 2 * 10, "granted_by": "test", "reason": "Test"}
                    begins = now + timedelta(minutes=50) if many % 11 == 0 else None
                    grants.give(name, expires_at=ends, effective_at=begins, **given)
                case "uses":
                    said.append(_used(name, f"k{many % 60}", many * UNIT // 3 + many % 2))
                case "holds":
                    said.append(holds.authorize(AuthorizationRequest(name, micros=many * UNIT // 2)).allowed)
                case "meters":
                    meters.accept_one(name, id=f"u{number}", meter="requests", quantity=many * 10)
                case "waits":
                    now += timedelta(hours=many // 15)
                case _:  # by less than the two days that `verify` leaves to clocks
                    now = max(now - timedelta(hours=many // 25), NOON - timedelta(hours=40))
    return said


def _used(name: str, key: str, micros: int) -> object:
    try:
        made = recording.record(name, key=key, credits=Credits(micros), description="Requests")
    except Refused as no:
        return no.reason
    return made.sequence, made.amount, made.balance_after_micros, made.booked_at


def _rows(customer: Customer) -> list[str]:
    """Return all rows of the customer, with ids named by the order in which they come."""
    names, rows = dict[str, str](), list[str]()
    with as_service("look at the rows"):
        for model in TABLES:
            table = model.__table__
            asked = select(*table.columns).where(table.c.customer_id == customer.customer_id)
            for row in db.session.execute(asked.order_by(*table.primary_key.columns)).all():
                rows.append(
                    f"{model.__name__} {AN_ID.sub(lambda found: names.setdefault(found[0], f'#{len(names)}'), str(row))}"
                )
    return rows


def _customer(name: str, overage: int = 0) -> Customer:
    made = meters.customer(name)
    with as_service("allow an overage"), transaction() as session:
        words = "update customers set overage_protection_micros = :most where customer_id = :name"
        session.execute(text(words), {"most": overage, "name": made.customer_id})
        words = "update accounts set floor = -:most where customer_id = :name and name = 'credits'"
        session.execute(text(words), {"most": overage, "name": made.customer_id})
    return made


@pytest.mark.both_databases
def test_one_round_trip_comes_to_what_the_usual_way_comes_to(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    chance, ends = random.Random(60), Counter[str]()  # noqa: S311  # the same stories on every run
    meters.apply()
    drawn = [_drawn(chance) for _ in range(tiers.sample_of(4, proof=60))]
    for number, story in enumerate([*WRITTEN_OUT, *drawn]):
        overage = 200 * UNIT if number % 3 == 2 else 0
        with clock.at(NOON):
            ours, theirs = _customer(f"A{number}", overage), _customer(f"B{number}", overage)
        with calls(monkeypatch) as seen:
            said = _played(ours, story)
        with calls(monkeypatch, answered=False) as unasked:
            assert said == _played(theirs, story), story
        assert _rows(ours) == _rows(theirs), story
        assert {*unasked} <= {"nothing"} and len(unasked) == len(seen)
        ends += Counter(seen)
    broken = verify()  # the stories give the credit of changes of plan by itself, without their credit notes
    assert [each for each in broken if each.invariant != "I11"] == []
    assert ends["recorded"] > 15 and ends["unfit"] > 5, ends


@pytest.fixture
def spender(app: Flask) -> Customer:
    """Make a customer with two grants of ten credits."""
    meters.apply()
    customer = meters.customer("Acme")
    for _ in range(2):
        grants.give(customer.customer_id, kind="trial", credits=Credits(10 * UNIT), granted_by="test", reason="Test")
    return customer


@pytest.mark.both_databases
def test_the_plain_case_is_one_round_trip_and_its_key_counts_once(
    spender: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = spender.customer_id
    with calls(monkeypatch) as seen, counted() as others:
        first = recording.record(name, key="k", credits=Credits(15 * UNIT), description="Requests")
    assert (seen, others) == (["recorded"], [])
    assert recording.record(name, key="k", credits=Credits(15 * UNIT), description="Requests").id == first.id
    with pytest.raises(Refused, match="another amount"):
        recording.record(name, key="k", credits=Credits(UNIT), description="Requests")
    with as_service("look"):
        kept = db.session.get_one(Transfer, first.id)
        columns = [each.key for each in Transfer.__table__.columns]
        assert [getattr(kept, each) for each in columns] == [getattr(first, each) for each in columns]


@ON_POSTGRESQL
def test_a_connection_that_has_forgotten_the_call_or_lost_its_answer_counts_once(
    spender: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = spender.customer_id
    recording.record(name, key="k0", credits=Credits(1), description="Requests")
    with pytest.raises(DBAPIError), as_service("fail"), transaction() as session:
        session.execute(text("select 1/0"))  # psycopg then drops all that the connection has prepared
    with calls(monkeypatch) as seen:
        recording.record(name, key="k1", credits=Credits(1), description="Requests")
        recording.record(name, key="k2", credits=Credits(1), description="Requests")
    assert seen == ["recorded", "recorded"]
    call = Function.call

    def lost(function: Function, engine: Engine, values: list[Value]) -> None:
        call(function, engine, values)  # it is committed, and its answer is lost

    monkeypatch.setattr(Function, "call", lost)
    found = recording.record(name, key="k3", credits=Credits(1), description="Requests")
    assert (found.amount, found.balance_after_micros) == (1, 20 * UNIT - 4)


@pytest.mark.both_databases
def test_what_the_database_cannot_take_as_it_is_said_goes_the_usual_way(spender: Customer) -> None:
    with pytest.raises(NotFound):
        recording.record("cus_nobody", key="k", credits=Credits(1), description="Requests")
    with pytest.raises(Refused, match="not enough credit"):
        recording.record(spender.customer_id, key="k", credits=Credits(20 * UNIT + 1), description="Requests")
    made = recording.record(spender.customer_id, key="k", credits=Credits(1), description="Zürich 😀 'quoted'")
    assert made.description == "Zürich 😀 'quoted'"


@pytest.mark.both_databases
def test_it_may_be_the_first_that_a_process_does(spender: Customer, settings: Settings) -> None:
    """Nothing has joined the tables to their classes before."""
    command = [sys.executable, "-c", FIRST, spender.customer_id]
    ran = subprocess.run(command, cwd=ROOT, env=environment(settings), capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, f"{UNIT}\n"), ran.stderr[-2000:]
