"""What was decided from a row that is no longer as it was is not written: the transaction ends with nothing done."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text

from app import clock
from app.domain.errors import Broken
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Grant, Transfer
from app.models.scope import as_service
from app.services.journal import usage
from app.services.journal.writing import Writes
from app.services.ledger import grants
from app.services.transaction import transaction
from app.services.usage import posting_schedule
from app.services.verification.verify import verify
from tests.support import meters

NOON = datetime(2027, 6, 28, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)
MOVED = {
    "an account": "update accounts set version = version + 1 where customer_id = :whose and name = 'credits'",
    "a grant": "update grants set remaining_micros = 0 where customer_id = :whose",
    "a day of use": "update usage_days set micros = micros + 1 where customer_id = :whose",
}


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Make a customer who used a meter at noon, and has credit."""
    meters.apply()
    customer = meters.customer("Acme")
    given = {"credits": Credits(5_000_000), "granted_by": "test", "reason": "Test"}
    with clock.at(NOON):
        grants.give(customer.customer_id, kind="trial", **given)  # type: ignore[arg-type]
        meters.accept_one(customer.customer_id, id="a", meter="runs")
    return customer


def _usage_rows(customer: Customer) -> int:
    with as_service("count"):
        asked = select(Transfer.id).where(Transfer.customer_id == customer.customer_id, Transfer.kind == "usage")
        return len(db.session.scalars(asked).all())


@pytest.mark.both_databases
@pytest.mark.parametrize("moved", MOVED)
def test_nothing_is_written_where_a_row_has_moved(acme: Customer, moved: str) -> None:
    name = acme.customer_id
    with clock.at(LATER):
        with pytest.raises(Broken, match="it moved under its lock"), as_service("post"), transaction() as session:
            writes = Writes()
            usage.decide(writes, name, usage.read(session, [name])[name], LATER)
            session.execute(text(MOVED[moved]), {"whose": name})
            writes.write(session)
        db.session.rollback()
        assert _usage_rows(acme) == 0
        assert posting_schedule.post_due() == 1
    assert _usage_rows(acme) == 1
    assert verify() == []


@pytest.mark.both_databases
def test_a_grant_that_has_begun_does_not_begin_again(acme: Customer) -> None:
    name = acme.customer_id
    with as_service("look"):
        grant = db.session.scalars(select(Grant.id).where(Grant.customer_id == name)).one()
    with pytest.raises(Broken, match="begun_grants"), as_service("begin"), transaction() as session:
        writes = Writes()
        writes.begun(name, grant, 1, LATER)
        writes.write(session)
