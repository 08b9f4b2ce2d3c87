"""Rows that may be there already: inserted, left out or changed by the rules, the same on both databases."""

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from app.domain.errors import Broken
from app.models.bulk import insert_missing, insert_new, upsert, upsert_row
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import BalanceDay
from app.models.scope import as_customer, as_service
from app.models.usage import UsageEventKey, UsageTotal
from app.services.transaction import transaction
from tests.support.statements import counted

NOW = datetime(2026, 11, 21, 12, 0, 0, 120_000, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
TODAY = date(2026, 11, 21)


def key(customer: Customer, name: str, digest: str = "first") -> dict[str, object]:
    return {"customer_id": customer.customer_id, "id": name, "digest": digest, "received_at": NOW}


def total(customer: Customer, meter: str, quantity: int, micros: int, last_at: datetime | None) -> dict[str, object]:
    who = {"customer_id": customer.customer_id, "period_number": 1, "meter": meter}
    return {**who, "quantity": quantity, "held_quantity": 0, "micros": micros, "last_at": last_at}


def digests() -> dict[str, str]:
    return {
        row.id: row.digest
        for row in db.session.scalars(sa.select(UsageEventKey).execution_options(populate_existing=True))
    }


def totals() -> list[tuple[str, int, int, datetime | None]]:
    shown = sa.select(UsageTotal.meter, UsageTotal.quantity, UsageTotal.micros, UsageTotal.last_at)
    return [tuple(row) for row in db.session.execute(shown.order_by(UsageTotal.meter))]


def test_a_row_is_inserted_unless_its_key_is_there(acme: Customer, globex: Customer) -> None:
    with as_service("test"), transaction() as session:
        assert insert_new(session, UsageEventKey, key(acme, "evt-1"))
        assert not insert_new(session, UsageEventKey, key(acme, "evt-1", "second"))
        assert insert_new(session, UsageEventKey, key(globex, "evt-2", "theirs"))
        assert digests() == {"evt-1": "first", "evt-2": "theirs"}


def test_of_many_rows_those_whose_key_is_there_are_left_out(acme: Customer) -> None:
    with as_service("test"), transaction() as session:
        insert_new(session, UsageEventKey, key(acme, "evt-1"))
        insert_missing(session, UsageEventKey, [key(acme, "evt-1", "second"), key(acme, "evt-2"), key(acme, "evt-2")])
        insert_missing(session, UsageEventKey, [])
        assert digests() == {"evt-1": "first", "evt-2": "first"}


def test_rows_are_inserted_by_key_for_services_only(acme: Customer) -> None:
    with as_customer(acme.customer_id), transaction() as session:
        with pytest.raises(Broken):
            insert_new(session, UsageEventKey, key(acme, "evt-1"))
        with pytest.raises(Broken):
            insert_missing(session, UsageEventKey, [key(acme, "evt-1")])


def test_each_column_of_a_row_that_is_there_follows_its_rule(app: Flask, acme: Customer) -> None:
    rules = {"quantity": "most", "micros": "add", "last_at": "set"}
    with as_service("test"), transaction() as session:
        upsert(session, UsageTotal, [total(acme, "calls", 5, 100, NOW), total(acme, "seats", 3, 10, None)], rules)
        with counted() as statements:
            again = [total(acme, "calls", 4, 20, LATER), total(acme, "seats", 9, 1, NOW), total(acme, "gb", 1, 1, NOW)]
            upsert(session, UsageTotal, again, rules)
        assert totals() == [("calls", 5, 120, LATER), ("gb", 1, 1, NOW), ("seats", 9, 11, NOW)]
    assert len(statements) == 1


def test_an_unknown_rule_is_refused(acme: Customer) -> None:
    with as_service("test"), transaction() as session, pytest.raises(Broken):
        upsert_row(session, UsageTotal, total(acme, "calls", 1, 1, NOW), {"quantity": "least"})


def test_a_row_may_be_made_and_changed_by_expressions(acme: Customer) -> None:
    with as_service("test"), transaction() as session:
        for closing, used in ((70, 30), (999, 5)):
            values = {
                "customer_id": acme.customer_id,
                "day": TODAY,
                "added_micros": 0,
                "used_micros": used,
                "closing_micros": sa.select(sa.literal(closing)).scalar_subquery(),
            }
            rules = {"used_micros": "add", "closing_micros": BalanceDay.closing_micros - used}
            upsert_row(session, BalanceDay, values, rules)
        row = session.scalars(sa.select(BalanceDay).execution_options(populate_existing=True)).one()
        assert (row.day, row.used_micros, row.closing_micros) == (TODAY, 35, 65)
