"""A paid top-up: the plain case is two round trips, or past the ORM, and comes to what the usual way comes to."""

import random
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select, update

from app import clock
from app.domain.errors import Refused
from app.domain.money import Credits
from app.domain.people.members import Actor
from app.extensions import settings
from app.models.catalogs import CatalogVersion
from app.models.customers import Customer
from app.models.database import db
from app.models.invoicing import InvoiceAddress, InvoiceRecipient
from app.models.ledger import Account
from app.models.payments import Payment
from app.models.scope import as_service
from app.models.unit_of_work.functions import Function, Value
from app.services.catalog import versions
from app.services.ledger import grants
from app.services.payments import at_once, on_sqlite, settlement
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support import cast, meters, recharge, shop, tiers, whole_customers
from tests.support.outcome import outcome
from tests.support.reversals import buys
from tests.support.statements import round_trips
from tests.support.unheard import PAID, charged_unheard, stands, visa

__all__ = ["visa"]

ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
NOON = datetime(2026, 12, 30, 12, tzinfo=UTC)
Step = tuple[str, int]
AT_USE = '\n[tax]\ncredits = "at_use"\n'
CHANGES = ("address", "recipient", "must name an order", "renamed", "uses", "new terms")
WRITTEN_OUT: dict[str, list[Step]] = {
    "lists": [("address", 1), ("recipient", 1), ("recipient", 2), ("recipient", 5), ("buys", 900), ("buys", 1_000)],
    "back": [("buys", 900), ("goes back", 0), ("buys", 1_000)],
    "due": [("buys", 700), ("gives", 900), ("waits", 9_000), ("buys", 800), ("goes back", 0), ("buys", 900)],
    "debt": [("buys", 600), ("uses", 9_000), ("gives", 1), ("buys", 500)],
    "late": [step for number, each in enumerate(CHANGES, 1) for step in ((f"late {each}", number), ("buys", 500))],
}
"""`late` is what happens while the processor is asked: after all was read, before anything is locked."""


class Late:
    """A gateway that lets something happen before it says how an intent stands."""

    def __init__(self, gateway: Any, happens: Callable[[], None]) -> None:
        self._gateway, self._happens = gateway, happens

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    def fetch_intent(self, intent_id: str) -> Any:
        """Let it happen, then answer."""
        answer = self._gateway.fetch_intent(intent_id)
        self._happens()
        return answer


@contextmanager
def ends(patch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Count what the function that writes answers, or that it is not asked."""
    seen, settle, call = Counter[str](), at_once.settle, Function.call

    def saw(*asked: Any) -> Payment | None:
        done = settle(*asked)
        seen["at once" if done is not None else "the usual way"] += 1
        return done

    with patch.context() as patched:
        patched.setattr(at_once, "settle", saw)
        yield seen
    assert Function.call is call


def _drawn(chance: random.Random) -> list[Step]:
    kinds = ["buys", "buys", "buys", "gives", "waits", "goes back", *CHANGES, *(f"late {each}" for each in CHANGES)]
    return [
        ("buys", chance.randint(500, 9_000)),
        *((chance.choice(kinds), chance.randint(500, 9_000)) for _ in range(9)),
    ]


def _played(app: Flask, actor: Actor, story: list[Step]) -> None:
    name, now, late = actor.customer_id, NOON, list[Step]()
    gateway = app.extensions["purser.gateway"]
    for what, many in story:
        with clock.at(now):
            match what:
                case "buys":
                    happens = partial(_happen, name, [late.pop() for _each in list(late)], now)
                    app.extensions["purser.gateway"] = Late(gateway, happens)
                    with suppress(Refused):  # it must name an order
                        assert buys(app, actor, many).state == "succeeded"
                    app.extensions["purser.gateway"] = gateway
                case "gives":
                    given: dict[str, Any] = {"credits": Credits(many * 1_000), "granted_by": "test", "reason": "Test"}
                    grants.give(name, kind="trial", expires_at=now + timedelta(days=1), **given)
                case "waits":
                    now += timedelta(hours=many // 200)
                case "goes back":
                    now -= timedelta(hours=30)
                case _ if what.startswith("late "):
                    late.append((what.removeprefix("late "), many))
                case _:
                    _changes(name, what, many, now)


def _happen(name: str, late: list[Step], now: datetime) -> None:
    while late:
        _changes(name, *late.pop(), now)


def _changes(name: str, what: str, many: int, now: datetime) -> None:
    """Change what a settlement is decided from: what its document says, who is mailed, what is used, what is sold."""
    if what == "uses":
        meters.accept_one(name, id=f"u{many}", meter="requests", quantity=many * 3_000)
        return
    if what == "new terms":
        with as_service("look"):
            own = db.session.get_one(Customer, name).catalog
            newest = select(CatalogVersion.text).where(CatalogVersion.catalog == own)
            words = db.session.scalars(newest.order_by(CatalogVersion.version.desc()).limit(1)).one()
        versions.apply(re.sub(r'"Metered .*Ltd"|"Metered Ltd"', f'"Metered {many} Ltd"', words))
        return
    with as_service("change the customer"), transaction() as session:
        customer = session.get_one(Customer, name)
        match what:
            case "address":
                row = session.get(InvoiceAddress, name) or InvoiceAddress(customer_id=name, line2="", region="")
                row.line1, row.city, row.postal_code = f"{many} High Street", "Leeds", "LS1"
                row.po_number, row.company, row.country = "PO 1" * (many % 2), "Ltd", "GB"
                row.changed_at, row.changed_by = now, "test"
                session.add(row)
            case "recipient":
                to, at = f"to{many}@more.example", now if many % 5 else None
                wants = {"receipts": many % 2 == 0, "invoices": many % 3 > 0, "payment_problems": True}
                asked = {"token_hash": f"{many}{name}", "asked_at": now, "confirmed_at": at}
                session.merge(InvoiceRecipient(customer_id=name, email=to, **asked, **wants))
            case "must name an order":
                customer.po_required = not customer.po_required
            case _:
                customer.language = "de" if customer.language == "en" else "en"


def _both(app: Flask, patch: pytest.MonkeyPatch, story: list[Step], name: str, more: str) -> Counter[str]:
    """Play the story both ways, compare all rows, and return how its payments were settled."""
    with clock.at(NOON):
        sides = [whole_customers.make(f"{name}-{side}", more) for side in ("ours", "their")]
        one, other = (
            cast.make_actor(cast.Part("Mo", f"mo@{each.name}.example", cast.ALICE.role), each) for each in sides
        )
    with ends(patch) as seen:
        _played(app, one, story)
    with patch.context() as patched:
        patched.setattr(at_once, "read", lambda _payment_id: None)
        _played(app, other, story)
    ours, theirs = (whole_customers.rows(each) for each in sides)
    assert [each.replace("-ours", "") for each in ours] == [each.replace("-their", "") for each in theirs], story
    return seen


@pytest.mark.both_databases
def test_what_is_decided_ahead_is_what_the_usual_way_decides(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(65)  # noqa: S311  # the same stories on every run
    stories = {**WRITTEN_OUT, **{f"drawn{number}": _drawn(chance) for number in range(tiers.sample_of(0, proof=8))}}
    seen = Counter[str]()
    for number, (name, story) in enumerate(stories.items()):
        seen += _both(app, monkeypatch, story, name, AT_USE if number % 2 else "")
    assert verify() == []
    usual = 5 if settings().on_postgresql else 3  # SQLite reads under its lock, so that less is too late
    assert seen["at once"] > 4 and seen["the usual way"] > usual, seen


@ON_POSTGRESQL
def test_the_plain_case_is_two_round_trips(app: Flask, alice_actor: Actor, visa: str) -> None:
    payment = charged_unheard(app, alice_actor, visa)
    with round_trips() as seen:
        settled = settlement.settle(payment.id)
    assert [each for each in seen if "sandbox_" not in each] == ["a function", "a function"]
    kept, columns = stands(payment), [each.key for each in Payment.__table__.columns]
    assert settled.state == "succeeded"
    assert [getattr(settled, each) for each in columns] == [getattr(kept, each) for each in columns]
    assert verify() == []


@ON_POSTGRESQL
@pytest.mark.parametrize("lost", ["before it is sent", "after its commit"])
def test_a_connection_that_is_lost_settles_once(
    app: Flask, alice_actor: Actor, visa: str, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    payment, call = charged_unheard(app, alice_actor, visa), Function.call

    def is_lost(function: Function, engine: Engine, values: list[Value]) -> list[Value] | None:
        answer = call(function, engine, values) if len(values) == 1 or lost == "after its commit" else None
        return answer if len(values) == 1 else None

    with monkeypatch.context() as patch:
        patch.setattr(Function, "call", is_lost)
        assert settlement.settle(payment.id).state == "succeeded"
    assert outcome(app, alice_actor.customer_id) == PAID


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("fails", ["BEGIN", "insert into transfers", "UPDATE documents", "COMMIT"])
def test_what_sqlite_does_not_write_is_undone_and_settled_the_usual_way(
    app: Flask, alice_actor: Actor, visa: str, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    payment, opened = charged_unheard(app, alice_actor, visa), on_sqlite.cursor_of

    class Failing:
        def __init__(self, cursor: sqlite3.Cursor) -> None:
            self._cursor = cursor

        def __getattr__(self, name: str) -> Any:
            return getattr(self._cursor, name)

        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            if statement.lower().startswith(fails.lower()):
                raise sqlite3.OperationalError("disk I/O error")
            return self._cursor.execute(statement, *values)

    @contextmanager
    def failing() -> Iterator[Failing]:
        with opened() as cursor:
            yield Failing(cursor)

    with ends(monkeypatch) as seen, monkeypatch.context() as patch:
        patch.setattr(on_sqlite, "cursor_of", failing)
        assert settlement.settle(payment.id).state == "succeeded"
    assert seen == {"the usual way": 1}
    assert outcome(app, alice_actor.customer_id) == PAID


@pytest.mark.both_databases
def test_a_payment_that_is_settled_meanwhile_is_left_as_it_is(
    app: Flask, alice_actor: Actor, visa: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = charged_unheard(app, alice_actor, visa)
    gateway = app.extensions["purser.gateway"]

    def meanwhile() -> None:
        app.extensions["purser.gateway"] = gateway
        settlement.settle(payment.id)

    app.extensions["purser.gateway"] = Late(gateway, meanwhile)
    with ends(monkeypatch) as seen:
        assert settlement.settle(payment.id).state == "succeeded"
    assert seen == {"at once": 1, "the usual way": 1}
    assert outcome(app, alice_actor.customer_id) == PAID


@ON_POSTGRESQL
def test_an_automatic_charge_is_counted_in_its_budget(
    app: Flask, acme: Customer, alice_actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.add_method(alice_actor)
    recharge.on(alice_actor)
    with ends(monkeypatch) as seen:
        recharge.runs(app)  # nothing is left
    assert seen == {"at once": 1}
    assert (recharge.states(acme), recharge.budget(acme)) == ([(2500, "succeeded")], (0, 2500))
    assert recharge.events(acme) == ["succeeded"]
    assert outcome(app, acme.customer_id) == PAID


@pytest.mark.both_databases
def test_an_account_that_would_go_too_far_is_not_moved(app: Flask, alice_actor: Actor, visa: str) -> None:
    payment, most = charged_unheard(app, alice_actor, visa), 2**61 - 1
    with as_service("fill an account"), transaction() as session:
        full = update(Account).where(Account.customer_id == alice_actor.customer_id, Account.name == "prepaid")
        session.execute(full.values(balance=most))
    with pytest.raises(Refused, match="too large"):
        settlement.settle(payment.id)
    assert stands(payment).state == "confirming"
