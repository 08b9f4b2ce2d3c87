"""What a connection keeps from one request to the next: what is prepared, never whose rows it may see."""

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.transaction import transaction
from tests.support.browser import Browser

PREPARED = "select count(*) from pg_prepared_statements where statement like '%balance_days%'"
postgresql_only = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def prepared() -> int:
    with db.engine.connect() as connection:
        return int(connection.scalar(text(PREPARED)) or 0)


@postgresql_only
def test_what_pages_ask_stays_prepared_although_each_page_ends_with_a_rollback(app: Flask, alice: Browser) -> None:
    for _ in range(8):
        alice.opens("/billing/")
    with app.app_context():
        assert prepared() > 0


@postgresql_only
def test_a_rollback_takes_the_writes_back(app: Flask, acme: Customer) -> None:
    with pytest.raises(ZeroDivisionError), as_service("test"), transaction() as session:
        session.execute(update(Customer).where(Customer.customer_id == acme.customer_id).values(name="Another"))
        raise ZeroDivisionError
    with as_service("test"):
        assert db.session.scalar(select(Customer.name)) == acme.name
