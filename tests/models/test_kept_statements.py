"""The statements that settling keeps find nobody else's rows: by the session's filter, and by row-level security."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from flask import Flask
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Result, select
from sqlalchemy.exc import ProgrammingError

from app.domain.people.members import Actor
from app.domain.rating import UsageReport
from app.models import written
from app.models.bulk import as_handed
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.scope import as_customer, as_service
from app.models.written import ExactMoment
from app.services.invoices import drafting
from app.services.ledger import grants, posting
from app.services.outbox import billing_mails, events
from app.services.payments import settlement
from app.services.receivables import from_credit
from app.services.transaction import transaction
from app.services.usage import counting, standing
from app.services.usage import events as usage_events
from tests.support import meters
from tests.support.databases import Database
from tests.support.reversals import buys

LATER = datetime(2030, 1, 1, tzinfo=UTC)
KEPT: dict[str, Any] = {
    "customer": events.LOCKED,
    "books": posting.LOCKED,
    "bought": grants.BOUGHT,
    "due": grants.DUE,
    "payment": settlement._LOCKED,
    "address": drafting._ADDRESS,
    "recipients": billing_mails.RECIPIENTS,
    "open": from_credit._OPEN,
    "named": usage_events._named(is_limited=False),
    "standing": standing._statement(),
}
FOUND = {"customer", "books", "bought", "payment", "named", "standing"}


@pytest.mark.both_databases
def test_what_is_kept_finds_nobody_else_s_rows(
    app: Flask, acme: Customer, globex: Customer, mallory_actor: Actor, database: Database
) -> None:
    payment = buys(app, mallory_actor, 2500)
    named = [globex.customer_id]
    asked = {"customer": globex.customer_id, "payment": payment.id, "now": LATER, "names": named, "customers": named}
    with as_service("look"), transaction() as session:
        found = {name for name, each in KEPT.items() if session.execute(each, asked).all()}
        assert found >= FOUND
    for name, each in KEPT.items():
        with as_customer(acme.customer_id):
            assert _found(partial(db.session.execute, each, asked)) == [], name
            if database.kind == "postgresql":  # past the session's filter
                assert _found(partial(db.session.connection().execute, each, asked)) == [], name
    own = {"name": globex.catalog, "version": globex.catalog_version, "customer": globex.customer_id}
    with as_customer(acme.customer_id):
        assert {row[2] for row in db.session.execute(drafting._TERMS, own)} == {None}


@pytest.mark.both_databases
def test_meters_that_are_asked_for_are_those_of_the_customer_in_scope(acme: Customer, database: Database) -> None:
    """SQLite has no row-level security: there the rows that are handed over name the customer, and a service asks."""
    meters.apply()
    theirs = meters.customer("Metered").customer_id
    assert usage_events.accept([UsageReport("evt-1", theirs, "users", subject="ada")]).accepted == 1
    meter = {"customer_id": theirs, "period_number": 1, "meter": "users", "subject": "ada"}
    other = meter | {"customer_id": acme.customer_id}
    asked = {"asked": as_handed(database.kind, [meter])}
    for each in (counting._totals(database.kind), counting._subjects(database.kind)):
        with as_service("look"):
            assert len(db.session.execute(each, asked).all()) == 1
            assert db.session.execute(each, {"asked": as_handed(database.kind, [other])}).all() == []
        if database.kind == "postgresql":
            with as_customer(acme.customer_id):
                assert _found(partial(db.session.execute, each, asked)) == []


@pytest.mark.both_databases
def test_rows_of_files_are_those_of_the_customer_in_scope(
    acme: Customer, globex: Customer, mallory_actor: Actor, database: Database
) -> None:
    """They are read past the session's filter, so that the statement has one of its own."""
    del mallory_actor  # who joined, as an entry of the trail says
    at, name = AuditEntry.at, AuditEntry.id
    theirs = select(ExactMoment(at), name).where(AuditEntry.customer_id == globex.customer_id)
    with as_customer(globex.customer_id):
        assert [len(rows) > 0 for rows in written.newest_first(theirs, at, name)] == [True]
    with as_customer(acme.customer_id):
        assert list(written.newest_first(theirs, at, name)) == [[]]
        if database.kind == "postgresql":
            assert written.read(written.below(theirs, at, name), written.TOP) == []


def _found(ask: Callable[[], Result[Any]]) -> list[Any]:
    """Return what is found; what the role of the customer in scope may not lock it does not find."""
    try:
        return list(ask().all())
    except ProgrammingError as problem:
        if not isinstance(problem.orig, InsufficientPrivilege):
            raise
        db.session.rollback()
        return []
