"""`verify --customer` reads that customer's rows: no statement of it goes through a table of all customers."""

import pytest
from flask import Flask

from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.verification import verify
from tests.support import query_plans

pytestmark = pytest.mark.both_databases
OF_OTHERS = "every_outbox_events"
"""The only table that a proof goes through: up to the first event of its type, and only where credit has expired."""


def test_each_statement_finds_the_rows_of_the_customer_by_a_key(
    app: Flask, history_of_acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "_TOGETHER", 1)
    with as_service("look at plans"):
        connection, of_sqlite = db.session.connection(), db.engine.dialect.name == "sqlite"
        with query_plans.asked() as statements:
            assert list(verify.violations(db.session(), history_of_acme.customer_id)) == []
        if not of_sqlite:
            connection.exec_driver_sql("set local enable_seqscan = off")  # of few rows all are read: not of many
        gone_through = {}
        for sql, values in statements:
            scanned = query_plans.gone_through(connection, sql, values)
            if scanned - ({"outbox_events"} if OF_OTHERS in sql else set()):
                gone_through[sql] = scanned
        db.session.rollback()
    assert len(statements) > len(verify.OF_CUSTOMERS)
    assert gone_through == {}
