"""Credit that is over as somebody writes: the customer's own goes, and nobody else's."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.money import MICROS, Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Transfer
from app.models.scope import as_customer
from app.services.ledger import grants
from app.services.usage import recording
from app.services.verification.verify import verify

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def gives(to: Customer, units: int, ends: datetime | None = None, begins: datetime | None = None) -> str:
    return grants.give(
        to.customer_id, kind="promotional", credits=Credits(units * MICROS), granted_by="test", reason="Test",
        expires_at=ends, effective_at=begins,
    ).id  # fmt: skip


def moved(of: Customer) -> list[tuple[str, int]]:
    with as_customer(of.customer_id):
        rows = db.session.scalars(select(Transfer).where(Transfer.sequence.is_not(None)).order_by(Transfer.sequence))
        return [(row.kind, (row.change_micros or 0) // MICROS) for row in rows]


def test_what_is_over_goes_with_the_next_posting_of_its_own_customer(
    app: Flask, acme: Customer, globex: Customer
) -> None:
    with clock.at(NOON):
        for customer, units in ((acme, 5), (globex, 7)):
            gives(customer, units, NOON + HOUR)
            gives(customer, 1, NOON + 3 * HOUR)
    with clock.at(NOON + HOUR):
        gives(acme, 2)
    assert moved(acme) == [("promotional", 5), ("promotional", 1), ("expired", -5), ("promotional", 2)]
    assert moved(globex) == [("promotional", 7), ("promotional", 1)]
    with clock.at(NOON + 2 * HOUR):
        gives(globex, 2)
    assert moved(globex)[2:] == [("expired", -7), ("promotional", 2)]
    assert verify() == []


@pytest.mark.both_databases
def test_of_what_is_over_at_once_the_credit_that_began_first_goes_first_and_of_the_same_time_the_older_grant(
    app: Flask, acme: Customer
) -> None:
    with clock.at(NOON - HOUR):
        for units, begins, ends in [(4, NOON, NOON + 2 * HOUR), (2, NOON, NOON + 3 * HOUR), (1, None, NOON + 3 * HOUR)]:
            gives(acme, units, ends, begins)
    with clock.at(NOON + HOUR):
        recording.record(acme.customer_id, key="k", credits=Credits(MICROS), description="Requests")
    with clock.at(NOON + 4 * HOUR):
        gives(acme, 16)
    assert [row for row in moved(acme) if row[0] == "expired"] == [("expired", -1), ("expired", -3), ("expired", -2)]
