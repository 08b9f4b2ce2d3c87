"""*A grant or a period is due* is one rule: what SQL says before it judges is what the models say."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import clock, ids
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import Credits
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.ledger import Grant
from app.models.scope import as_service
from app.services.authorizations import holds
from app.services.ledger import grants
from app.services.transaction import transaction
from app.services.usage import posting_schedule
from app.services.verification.verify import verify
from tests.support import cast
from tests.support.meters import post_all

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
TICK, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Case:
    """A grant as it was given, and whether something of it is due so long afterwards."""

    after: timedelta
    is_due: bool
    begins: timedelta = timedelta(0)
    lasts: timedelta | None = None
    is_voided: bool = False
    is_spent: bool = False


CASES = {
    "is there and never expires": Case(DAY, is_due=False),
    "begins in a moment": Case(HOUR - TICK, is_due=False, begins=HOUR),
    "begins right now": Case(HOUR, is_due=True, begins=HOUR),
    "began long ago, unseen": Case(DAY, is_due=True, begins=HOUR),
    "was voided before it began": Case(DAY, is_due=False, begins=HOUR, is_voided=True),
    "expires in a moment": Case(HOUR - TICK, is_due=False, lasts=HOUR),
    "expires right now": Case(HOUR, is_due=True, lasts=HOUR),
    "is over, with something left": Case(DAY, is_due=True, lasts=HOUR),
    "is over, and all spent": Case(DAY, is_due=False, lasts=HOUR, is_spent=True),
    "is over, and was voided": Case(DAY, is_due=False, lasts=HOUR, is_voided=True),
    "began and is over, both unseen": Case(DAY, is_due=True, begins=HOUR, lasts=2 * HOUR),
}


def _due(customer: Customer) -> bool:
    with as_service("a test"):
        return customer.customer_id in posting_schedule.due(db.session(), [customer.customer_id], clock.now())


def _asks(customer: Customer) -> str:
    """Ask for one micro, and return the state: SQL judges, and has done before whatever it finds due."""
    return holds.authorize(
        AuthorizationRequest(customer=customer.customer_id, micros=1, key=ids.new("key"), ttl_seconds=60)
    ).state


def test_sql_finds_a_grant_due_exactly_when_the_model_does(app: Flask, catalog: str) -> None:
    for number, (name, case) in enumerate(CASES.items()):
        customer = cast.make_customer(f"Customer{number}")
        given = _given(customer, case)
        with clock.at(START + case.after):
            before = _posted_and_left(given)
            assert _due(customer) is case.is_due, name
            _asks(customer)
            assert _due(customer) is False, f"{name}: SQL did not find what the model says is due"
            assert (_posted_and_left(given) != before) is case.is_due, name
    assert verify() == []


def _given(customer: Customer, case: Case) -> Grant:
    """Give the customer the grant, and void or spend it."""
    with clock.at(START):
        given = grants.give(
            customer.customer_id,
            kind="promotional",
            credits=Credits(5_000_000),
            granted_by="support",
            reason="Welcome",
            effective_at=START + case.begins,
            expires_at=START + case.lasts if case.lasts else None,
        )
        if case.is_voided:
            grants.void(given.id, by="support", reason="By mistake")
        if case.is_spent:
            made = holds.authorize(
                AuthorizationRequest(
                    customer=customer.customer_id, micros=5_000_000, key="all", ttl_seconds=60, at_once=True
                )
            )
            assert made.state == "captured"
            post_all(customer.customer_id)
    return given


@pytest.mark.parametrize(("after", "is_due"), [(-TICK, False), (timedelta(0), True), (40 * DAY, True)])
def test_sql_finds_a_period_due_exactly_when_the_model_does(
    app: Flask, catalog: str, after: timedelta, is_due: bool
) -> None:
    with clock.at(START):
        customer = cast.make_customer("Fresh")
        grants.give(
            customer.customer_id, kind="promotional", credits=Credits(5), granted_by="support", reason="Welcome"
        )
    ends_at, number = _open_period(customer)
    with clock.at(ends_at + after):
        assert _due(customer) is is_due
        assert _asks(customer) == "held"
        assert _due(customer) is False
        assert (_open_period(customer)[1] > number) is is_due


def test_a_period_that_is_closed_is_not_due_again(app: Flask, acme: Customer) -> None:
    with as_service("a test"), transaction() as session:
        session.execute(update(BillingPeriod).values(closed_at=START).execution_options(synchronize_session=False))
    with clock.at(clock.now() + 90 * DAY):
        assert _due(acme) is False


def _posted_and_left(grant: Grant) -> tuple[bool, int]:
    with as_service("a test"):
        row = db.session.get_one(Grant, grant.id, populate_existing=True)
        return row.posted_at is not None, row.remaining_micros


def _open_period(customer: Customer) -> tuple[datetime, int]:
    with as_service("a test"):
        row = db.session.scalars(
            select(BillingPeriod)
            .where(BillingPeriod.customer_id == customer.customer_id, BillingPeriod.closed_at.is_(None))
            .execution_options(populate_existing=True)
        ).one()
        return row.ends_at, row.number
