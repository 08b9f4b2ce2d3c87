"""Books: whoever has them has the customer's lock, for one transaction, and nobody locks twice."""

from datetime import UTC, datetime
from threading import Event, Thread

import pytest
from flask import Flask

from app import ids
from app.domain.errors import Broken, NotFound
from app.domain.ledger import CREDITS, Posting
from app.models.customers import Customer
from app.models.scope import as_service
from app.services.ledger import posting, spending
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.cli.test_payments import by_hand
from tests.support.client import outside_contexts
from tests.support.databases import Database

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def _promotion(books: posting.Books, micros: int, name: str) -> Posting:
    return Posting(books.unit, "promotions", CREDITS, micros, "promotional", "test", name, "Test")


def test_nobody_locks_twice_in_one_transaction(app: Flask, acme: Customer, globex: Customer) -> None:
    with as_service("a test"), transaction() as session:
        posting.lock(session, acme.customer_id)
        posting.lock(session, globex.customer_id)
        for again in (posting.lock, posting.lock_if_free):
            with pytest.raises(Broken, match="locked already"):
                again(session, acme.customer_id)
    with as_service("a test"), transaction() as session:  # what a transaction has locked ends with it
        assert posting.lock(session, acme.customer_id).customer_id == acme.customer_id


def test_books_are_good_for_their_transaction_alone(app: Flask, acme: Customer) -> None:
    with as_service("a test"), transaction() as session:
        books = posting.lock(session, acme.customer_id)
    with as_service("a test"), transaction(), pytest.raises(Broken, match="a transaction that is over"):
        books.post([_promotion(books, 5, "1")], NOW)
    assert verify() == []


def test_one_lock_serves_several_postings_and_knows_what_they_moved(app: Flask, acme: Customer) -> None:
    with as_service("a test"), transaction() as session:
        books = posting.lock(session, acme.customer_id)
        first = books.post([_promotion(books, 5, "1")], NOW)
        second = books.post([_promotion(books, 7, "2")], NOW)
        assert books.post([_promotion(books, 5, "1")], NOW) == first
        assert (books.credits.balance, books.credits.version) == (12, 2)
        assert [each.balance_after_micros for each in (*first, *second)] == [5, 12]
        spending.touch(session, acme.customer_id)
        assert books.spending.dirty
        back = [Posting(books.unit, CREDITS, "promotions", 12, "voided", "test", "3", "Test")]
        assert books.post(back, NOW)[0].balance_after_micros == 0
    with as_service("a test"), transaction() as session:  # what the books knew is what the rows say
        assert (posting.lock(session, acme.customer_id).credits.balance, books.credits.balance) == (0, 0)


def test_there_are_no_books_of_nobody(app: Flask, acme: Customer) -> None:
    with as_service("a test"), transaction() as session:
        nobody = ids.new("cus")
        with pytest.raises(NotFound, match=r"There is no such customer\."):
            posting.lock(session, nobody)
        assert posting.lock_if_free(session, nobody) is None


def test_a_customer_without_an_account_has_no_books(app: Flask, database: Database, acme: Customer) -> None:
    by_hand(database, "delete from accounts where name = 'disputes'")
    with as_service("a test"), transaction() as session, pytest.raises(Broken, match="lacks accounts"):
        posting.lock(session, acme.customer_id)


@pytest.mark.parametrize("what", ["spending", "accounts"])
def test_books_that_somebody_else_has_are_left_alone(app: Flask, database: Database, acme: Customer, what: str) -> None:
    """SQLite has one writer at a time, so that nobody else ever has them there: then they are free."""
    held, done = Event(), Event()

    def holds() -> None:
        with app.app_context(), as_service("a test"), transaction() as session:
            if what == "spending":
                spending.lock_one(session, acme.customer_id)
            else:
                posting.lock(session, acme.customer_id)
            held.set()
            done.wait(60)

    if database.kind == "sqlite":
        with as_service("a test"), transaction() as session:
            assert posting.lock_if_free(session, acme.customer_id) is not None
        return
    with outside_contexts():
        other = Thread(target=holds)
        other.start()
    assert held.wait(60)
    with as_service("a test"), transaction() as session:
        assert posting.lock_if_free(session, acme.customer_id) is None
    done.set()
    other.join(60)
    with as_service("a test"), transaction() as session:
        assert posting.lock_if_free(session, acme.customer_id) is not None
