"""The unit of work: what waits is written together, and comes to what row by row did; whoever reads finds it."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import bindparam, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app import clock
from app.domain.errors import Broken
from app.domain.ledger import CREDITS, Posting
from app.domain.money import Credits
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry, OutboxEvent
from app.models.ledger import Account
from app.models.mails import Mail
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.models.unit_of_work import waiting
from app.models.unit_of_work.changes import CHANGES
from app.services import audit
from app.services.ledger import grants, posting
from app.services.outbox import events, mails
from app.services.payments import at_once
from app.services.transaction import part, transaction, trial
from app.services.verification.verify import verify
from tests.reference import row_by_row
from tests.support import cast, meters, tiers, whole_customers
from tests.support.databases import Database
from tests.support.reversals import buys, sends_back
from tests.support.statements import counted

NOON = datetime(2026, 12, 30, 12, tzinfo=UTC)
Step = tuple[str, int]


def _drawn(chance: random.Random) -> list[Step]:
    """Draw what happens to a customer: credit is bought, given, used and refunded, over days, and a clock goes back."""
    steps = [("buys", chance.randint(500, 9_000))]
    for _ in range(chance.randint(2, 6)):
        what = chance.choice(["buys", "buys", "refunds", "uses", "gives", "waits", "goes back"])
        steps.append((what, chance.randint(500, 9_000)))
    return steps


def _played(app: Flask, actor: Actor, story: list[Step]) -> None:
    name, now, bought = actor.customer_id, NOON, list[Payment]()
    for number, (what, many) in enumerate(story):
        with clock.at(now):
            match what:
                case "buys":
                    bought.append(buys(app, actor, many))
                case "refunds" if bought:
                    sends_back(bought.pop(), 500)
                case "uses":
                    meters.accept_one(name, id=f"u{number}", meter="requests", quantity=many * 300)
                case "gives":
                    given = {"credits": Credits(many * 1_000), "granted_by": "test", "reason": "Test"}
                    grants.give(name, kind="trial", expires_at=now + timedelta(days=1), **given)  # type: ignore[arg-type]
                case "waits":
                    now += timedelta(hours=many // 200)
                case "goes back":
                    now -= timedelta(hours=30)
                case _:
                    pass


@pytest.mark.both_databases
def test_what_is_written_together_is_what_was_written_row_by_row(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(73)  # noqa: S311  # the same stories on every run
    monkeypatch.setattr(at_once, "read", lambda _payment_id: None)  # which is held against this way by its own test
    for number in range(tiers.sample_of(3, proof=80)):
        story = _drawn(chance)
        with clock.at(NOON):
            ours, theirs = whole_customers.make(f"side-a{number}"), whole_customers.make(f"side-b{number}")
            one, other = (
                cast.make_actor(cast.Part("Mo", f"mo@{each.name}.example", cast.ALICE.role), each)
                for each in (ours, theirs)
            )
            _played(app, one, story)
            with row_by_row.written(monkeypatch):
                _played(app, other, story)
        assert whole_customers.rows(ours) == whole_customers.rows(theirs), story
    assert verify() == []


def test_the_reference_knows_every_change() -> None:
    assert {*row_by_row.ORDER, "numbers", "later_days"} == set(CHANGES)


def _event(source: str) -> dict[str, str]:
    return {"event_type": "credits.granted", "source_id": source}


def _sources(customer: Customer) -> list[tuple[int, str]]:
    """Return the places and sources of the events of this test."""
    asked = select(OutboxEvent.sequence, OutboxEvent.source_id).where(
        OutboxEvent.customer_id == customer.customer_id, OutboxEvent.source_id.startswith("s")
    )
    return [(place, source) for place, source in db.session.execute(asked.order_by(OutboxEvent.sequence))]


@pytest.mark.both_databases
def test_what_waits_is_one_statement_and_whoever_reads_finds_it(acme: Customer, database: Database) -> None:
    name = acme.customer_id
    with as_service("write"), transaction() as session:
        outbox = events.lock(session, name)
        with counted() as seen:
            outbox.write("credits.granted", "s1", {})
            audit.record(session, name, "test", "grant.given", "s1")
            mails.write(session, name, "receipt", key="s", to="a@acme.example", payment="pay_x")
            mails.write(session, name, "receipt", key="s", to="b@acme.example", payment="pay_x")
            outbox.write("credits.granted", "s2", {})
            assert seen == [] and waiting.has_any(session)
            first = _sources(acme)
        assert [source for _place, source in first] == ["s1", "s2"] and first[1][0] == first[0][0] + 1
        assert len(seen) == 1 + (1 if database.kind == "postgresql" else 3)
        to = session.scalars(select(Mail.recipient).where(Mail.customer_id == name, Mail.key == "s")).all()
        assert to == ["a@acme.example"]
        outbox.write("credits.granted", "s3", {})
    with as_service("look"):
        assert [source for _place, source in _sources(acme)] == ["s1", "s2", "s3"]


@pytest.mark.both_databases
def test_a_part_that_is_undone_takes_only_its_own(acme: Customer) -> None:
    with as_service("write"), transaction() as session:
        outbox = events.lock(session, acme.customer_id)
        outbox.write("credits.granted", "s1", {})
        with pytest.raises(ZeroDivisionError), part(session):
            outbox.write("credits.granted", "s2", {})
            raise ZeroDivisionError
        with pytest.raises(IntegrityError), part(session):
            outbox.write("credits.granted", "s1", {})  # one fact has one event: refused where its part ends
        with trial(session):
            outbox.write("credits.granted", "s3", {})
        with part(session):
            outbox.write("credits.granted", "s4", {})
        outbox.write("credits.granted", "s5", {})
    with as_service("look"):
        rows = _sources(acme)
    assert [source for _place, source in rows] == ["s1", "s4", "s5"]
    assert [place - rows[0][0] for place, _source in rows] == [0, 1, 2]


def test_what_was_undone_is_not_written_with_the_next(acme: Customer) -> None:
    with pytest.raises(ZeroDivisionError), as_service("write"), transaction() as session:
        events.lock(session, acme.customer_id).write("credits.granted", "s1", {})
        raise ZeroDivisionError
    with as_service("write"), transaction() as session:
        events.lock(session, acme.customer_id).write("credits.granted", "s2", {})
    with as_service("look"):
        assert [source for _place, source in _sources(acme)] == ["s2"]


def test_nothing_waits_outside_a_transaction(acme: Customer) -> None:
    with as_service("write"):
        audit.record(db.session(), acme.customer_id, "test", "grant.given", "s")
        with pytest.raises(Broken, match="outside a transaction"), transaction():
            pass
        db.session.rollback()


@pytest.mark.both_databases
def test_an_account_that_moves_twice_is_written_twice(acme: Customer) -> None:
    with as_service("post"), transaction() as session:
        books = posting.lock(session, acme.customer_id)
        was = books.credits.balance
        for number in (1, 2):
            given = Posting(books.unit, "promotions", CREDITS, number, "promotional", "test", f"s{number}", "Test")
            books.post_new([given], NOON)
        assert waiting.has_any(session)
    with as_service("look"):
        rows = db.session.scalars(
            select(Account).where(Account.customer_id == acme.customer_id, Account.name == CREDITS)
        )
        assert rows.one().balance == was + 3


@pytest.mark.both_databases
def test_a_payment_moves_only_from_where_it_was(acme: Customer, alice_actor: Actor, app: Flask) -> None:
    payment = buys(app, alice_actor, 2500)
    key = {"customer_id": acme.customer_id, "id": payment.id, "received_minor": 1, "action_url": "", "problem": ""}
    moved = {"state": "succeeded", "updated_at": NOON, "moved_from": "confirming"}
    with pytest.raises(Broken, match="moved_payments"), as_service("move"), transaction() as session:
        waiting.add(session, {"moved_payments": [key | moved]})
    with as_service("look"):
        assert db.session.get_one(Payment, payment.id, populate_existing=True).received_minor == 2500


@pytest.mark.both_databases
def test_nobody_s_row_is_written_by_another(acme: Customer, globex: Customer, database: Database) -> None:
    row = {"id": "aud_x", "customer_id": globex.customer_id, "at": NOON, "actor": "x", "action": "x", "subject": "x"}
    rows = {"new_audit_entries": [{**row, "before": "", "after": "", "address": ""}]}
    with as_customer(acme.customer_id):
        with pytest.raises(Broken, match="written in"), transaction() as session:
            waiting.add(session, rows)
        if database.kind == "postgresql":  # past that check, row-level security refuses it too
            with pytest.raises(DBAPIError, match="row-level security"), transaction() as session:
                waiting._write(session, rows)
    with as_service("count"):
        assert db.session.scalar(select(func.count()).where(AuditEntry.id == "aud_x")) == 0


def test_a_kept_statement_lets_wait_what_it_does_not_read(acme: Customer) -> None:
    elsewhere = waiting.reads(select(Customer.name).where(Customer.customer_id == bindparam("customer")))
    there = waiting.reads(select(func.count(OutboxEvent.id)).where(OutboxEvent.customer_id == bindparam("customer")))
    asked = {"customer": acme.customer_id}
    with as_service("write"), transaction() as session:
        outbox, before = events.lock(session, acme.customer_id), session.scalar(there, asked)
        outbox.write("credits.granted", "s1", {})
        assert session.scalar(elsewhere, asked) == acme.name and waiting.has_any(session)
        assert session.scalar(there, asked) == (before or 0) + 1 and not waiting.has_any(session)
        outbox.write("credits.granted", "s2", {})
        session.execute(text("select 1"))
        assert not waiting.has_any(session), "of any other statement nobody knows what it reads"
