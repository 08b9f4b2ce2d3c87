"""The statements that settling keeps find nobody else's rows: by the session's filter, and by row-level security."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from flask import Flask
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Result
from sqlalchemy.exc import ProgrammingError

from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer, as_service
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
    "customer": events._LOCKED,
    "books": posting._LOCKED_TOGETHER,
    "bought": grants._BOUGHT,
    "due": grants._DUE,
    "payment": settlement._LOCKED,
    "address": drafting._ADDRESS,
    "recipients": billing_mails._RECIPIENTS,
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


def _found(ask: Callable[[], Result[Any]]) -> list[Any]:
    """Return what is found; what the role of the customer in scope may not lock it does not find."""
    try:
        return list(ask().all())
    except ProgrammingError as problem:
        if not isinstance(problem.orig, InsufficientPrivilege):
            raise
        db.session.rollback()
        return []
