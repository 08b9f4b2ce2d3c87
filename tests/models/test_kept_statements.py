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
from app.models import written
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
}
FOUND = {"customer", "books", "bought", "payment"}


@pytest.mark.both_databases
def test_what_is_kept_finds_nobody_else_s_rows(
    app: Flask, acme: Customer, globex: Customer, mallory_actor: Actor, database: Database
) -> None:
    payment = buys(app, mallory_actor, 2500)
    asked = {"customer": globex.customer_id, "payment": payment.id, "now": LATER}
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
