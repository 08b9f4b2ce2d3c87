"""What is asked ahead is one round trip, and is used only where asking then would say the same."""

from datetime import UTC, datetime
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import bindparam, func, select, text
from sqlalchemy.exc import OperationalError

from app.domain.ledger import CREDITS, Posting
from app.models.customers import Customer
from app.models.database import db
from app.models.events import OutboxEvent
from app.models.mails import Mail
from app.models.scope import as_service
from app.models.unit_of_work import ahead, waiting
from app.models.usage import Spending
from app.services.ledger import posting
from app.services.outbox import events
from app.services.transaction import transaction
from tests.support.statements import round_trips

ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
NOON = datetime(2026, 12, 30, 12, tzinfo=UTC)
EVENTS: Any = waiting.reads(select(func.count(OutboxEvent.id)).where(OutboxEvent.customer_id == bindparam("customer")))
MAILS: Any = waiting.reads(select(func.count(Mail.id)).where(Mail.customer_id == bindparam("customer")))


@ON_POSTGRESQL
def test_an_answer_is_used_once_for_its_values_and_in_its_transaction(acme: Customer, globex: Customer) -> None:
    asked, other = {"customer": acme.customer_id}, {"customer": globex.customer_id}
    with as_service("ask"), transaction() as session:
        session.connection()
        with round_trips() as seen:
            ahead.ask(session, [EVENTS, MAILS], asked)
            own = session.scalar(EVENTS, asked)
            assert len(seen) == 1
            assert session.scalar(EVENTS, asked) == own and len(seen) == 2  # it was used
            session.scalar(MAILS, other)
            assert len(seen) == 3
        ahead.ask(session, [EVENTS], asked)
    with as_service("ask"), transaction() as session, round_trips() as seen:
        assert session.scalar(EVENTS, asked) == own
        assert len(seen) == 1


@ON_POSTGRESQL
@pytest.mark.parametrize("written", ["as a row that waits", "by the session", "by a statement"])
def test_an_answer_is_not_used_once_what_it_reads_is_written(acme: Customer, written: str) -> None:
    asked = {"customer": acme.customer_id}
    with as_service("ask"), transaction() as session:
        before = session.scalar(EVENTS, asked) or 0
        outbox = events.lock(session, acme.customer_id)
        ahead.ask(session, [EVENTS, MAILS], asked)
        with round_trips() as seen:
            match written:
                case "as a row that waits":
                    outbox.write("credits.granted", "s1", {})
                    assert session.scalar(MAILS, asked) is not None and seen == []  # of mails nothing waits
                case "by the session":
                    row = dict.fromkeys(("type", "source_id", "data", "problem", "state"), "x") | {"state": "pending"}
                    session.add(
                        OutboxEvent(
                            id="evt_x",
                            sequence=10**6,
                            tries=0,
                            next_try_at=NOON,
                            created_at=NOON,
                            **row,
                            customer_id=acme.customer_id,
                        )
                    )
                    session.flush()
                case _:
                    words = "update outbox_events set customer_id = customer_id where customer_id = :customer"
                    session.execute(text(words), asked)
            many = len(seen)
            after = session.scalar(EVENTS, asked)
            assert len(seen) > many, "it was asked anew"
        assert after == before + (0 if written == "by a statement" else 1)


@ON_POSTGRESQL
def test_what_is_read_behind_a_lock_is_what_the_lock_protects(app: Flask, acme: Customer) -> None:
    asked, found = {"customer": acme.customer_id}, list[int]()
    balance: Any = waiting.reads(select(Spending.held_micros).where(Spending.customer_id == bindparam("customer")))

    def ask() -> None:
        with app.app_context(), as_service("ask"), transaction() as session:
            ahead.ask(session, [posting.LOCKED, balance], asked)
            books = posting.lock(session, acme.customer_id)
            found.extend((books.credits.balance, books.spending.held_micros, session.scalar(balance, asked)))

    with as_service("hold the lock"), transaction() as session:
        books = posting.lock(session, acme.customer_id)
        was = books.credits.balance
        given = Posting(books.unit, "promotions", CREDITS, 7, "promotional", "test", "s1", "Test")
        books.post_new([given], NOON)
        session.execute(text("update spending set held_micros = 5 where customer_id = :customer"), asked)
        other = Thread(target=ask)
        other.start()
        _waits_for_us(session)
    other.join()
    assert found == [was + 7, 5, 5]


def _waits_for_us(session: Any) -> None:
    """Wait until another transaction waits for a lock."""
    while not session.scalar(text("select count(*) from pg_locks where not granted")):
        session.execute(text("select pg_sleep(0.02)"))


@ON_POSTGRESQL
def test_what_fails_ahead_fails_as_any_statement_does(app: Flask, acme: Customer) -> None:
    asked = {"customer": acme.customer_id}
    with as_service("hold the lock"), transaction() as session:
        posting.lock(session, acme.customer_id)
        refused = list[BaseException]()

        def ask() -> None:
            with app.app_context(), as_service("ask"), pytest.raises(OperationalError) as problem, transaction() as own:
                own.execute(text("set local lock_timeout = '50ms'"))
                ahead.ask(own, [MAILS, posting.LOCKED, EVENTS], asked)
            refused.append(problem.value)

        other = Thread(target=ask)
        other.start()
        other.join()
    assert len(refused) == 1
    with as_service("go on"):
        assert db.session.scalar(MAILS, asked) is not None
