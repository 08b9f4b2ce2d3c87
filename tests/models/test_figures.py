"""Figures that are read past the ORM are those of the customer in scope, and say what was decided before."""

from datetime import date

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from app import clock
from app.domain.ledger import Posting
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.ledger import Account
from app.models.scope import as_customer, as_service
from app.models.unit_of_work import figures, waiting
from app.services.balance import history, overview, summary
from app.services.ledger import posting
from app.services.transaction import transaction

ACCOUNTS = select(Account.balance).where(Account.customer_id == bindparam("whose"), Account.name == "credits")


@pytest.mark.both_databases
def test_figures_are_those_of_the_customer_in_scope(acme: Customer, globex: Customer, mallory_actor: Actor) -> None:
    del mallory_actor
    theirs = {"whose": globex.customer_id}
    with as_customer(globex.customer_id):
        assert figures.read(ACCOUNTS, theirs).all() == [(0,)]
    with as_customer(acme.customer_id):
        assert figures.read(ACCOUNTS, theirs).all() == []
        asked = {"customer_id": globex.customer_id, "first": date(2020, 1, 1), "last": date(2040, 1, 1)}
        assert figures.read(summary._keeps(), asked).all() == []
        assert figures.read(history._days(), asked).all() == []
    assert figures.read(ACCOUNTS, theirs).all() == [], "without a scope nothing is found"


@pytest.mark.both_databases
def test_figures_say_what_waits_to_be_written(acme: Customer) -> None:
    with as_service("look while it waits"), transaction() as session:
        books = posting.lock(session, acme.customer_id)
        books.post([Posting(books.unit, "promotions", "credits", 3, "promotional", "test", "1", "Test")], clock.now())
        assert waiting.has_any(session)
        assert figures.read(ACCOUNTS, {"whose": acme.customer_id}).all() == [(3,)]


def test_the_statement_of_the_overview_is_written_once() -> None:
    """A value that is put into the text when it is run would have all of it written and read anew each time."""
    for dialect in (sqlite.dialect(), postgresql.dialect()):
        assert not overview._statement().compile(dialect=dialect).literal_execute_params
