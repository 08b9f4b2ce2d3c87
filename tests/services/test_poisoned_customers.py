"""However many customers cannot be worked on, the others are: none that fails takes the place of one that does not.

More customers than a job does at once cannot be written any more, and all of them come before Globex. Each job is run
once: what is due of Globex's is done by it.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Select, select
from sqlalchemy.exc import DBAPIError

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import MICROS, Credits
from app.domain.notices import BALANCE_RECOVERED, CREDITS_EXPIRING, Wanted
from app.domain.rating import UsageReport
from app.models.authorizations import Authorization
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.ledger import Grant
from app.models.limits import Notice
from app.models.scope import as_service
from app.models.usage import Spending, UsageDay, UsageEvent
from app.services import jobs
from app.services.authorizations import holds
from app.services.ledger import grants
from app.services.notices import decisions
from app.services.transaction import transaction
from app.services.usage import events
from app.services.usage.events import Accepted, Rejected
from tests.services.test_poisoned import poison
from tests.support.cast import make_customer
from tests.support.databases import Database
from tests.support.meters import accept_one
from tests.support.spend import PER_DOLLAR

AT_ONCE, BAD = 3, 4
"""How many a job does at once, and how many customers fail: more, so that they alone could fill it."""
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SENT = "2026-01-01"


def due_of(customer_id: str) -> dict[str, tuple[timedelta, Select[str]]]:
    """Return, for each job, how much later it is run, and what is there of the customer's as long as it is due."""
    mine: Callable[..., Select[str]] = lambda table, *rows: select(table.customer_id).where(  # noqa: E731
        table.customer_id == customer_id, *rows
    )
    gift = mine(Grant, Grant.reason == "Later", Grant.posted_at.is_(None))
    notified = select(Notice.customer_id).where(Notice.customer_id == customer_id, Notice.rule == CREDITS_EXPIRING)
    return {
        "holds_expired": (5 * MINUTE, mine(Authorization, Authorization.state == "held")),
        "notices_sent": (5 * MINUTE, mine(Notice, Notice.occasion == SENT, Notice.state == "pending")),
        "notices_decided": (5 * MINUTE, mine(Spending, Spending.dirty)),
        "expiries_decided": (5 * MINUTE, select(Customer.customer_id).where(
            Customer.customer_id == customer_id, ~notified.exists()
        )),
        "usage_posted": (DAY + MINUTE, mine(UsageDay, UsageDay.micros > UsageDay.posted_micros)),
        "grants_posted": (DAY + 2 * MINUTE, gift),
        "grants_expired": (3 * DAY, mine(Grant, Grant.expires_at.is_not(None), Grant.remaining_micros > 0)),
        "periods_rolled": (33 * DAY, mine(BillingPeriod, BillingPeriod.number == 1, BillingPeriod.closed_at.is_(None))),
    }  # fmt: skip


def has_something_due(customer: Customer) -> None:
    """Give the customer something that each of the jobs looks for."""
    customer_id, now = customer.customer_id, clock.now()
    given = {"kind": "promotional", "credits": Credits(90 * MICROS), "granted_by": "test"}
    grants.give(customer_id, **given, reason="Soon over", expires_at=now + 2 * DAY)
    grants.give(customer_id, **given, reason="Later", effective_at=now + DAY)
    holds.authorize(AuthorizationRequest(customer_id, micros=MICROS, ttl_seconds=60))
    accept_one(customer_id, id="use", meter="requests", quantity=PER_DOLLAR)
    with as_service("keep a notice"), transaction() as session:
        decisions.keep(session, customer_id, Wanted(BALANCE_RECOVERED, SENT, {}), now)


def gifts(customer_id: str, number: int, name: str) -> None:
    """Give the customer so many gifts that are to begin, and so many notices that are to be sent."""
    now = clock.now()
    for each in range(number):
        given = {"kind": "promotional", "credits": Credits(MICROS), "granted_by": "test", "reason": name}
        grants.give(customer_id, **given, effective_at=now + DAY)
        with as_service("keep a notice"), transaction() as session:
            decisions.keep(session, customer_id, Wanted(BALANCE_RECOVERED, f"2026-01-0{each + 1}", {}), now)


def test_customers_take_turns_however_much_of_one_is_due(app: Flask, acme: Customer, globex: Customer) -> None:
    started = clock.now()
    with clock.at(started):
        gifts(acme.customer_id, 3, "Many")
    with clock.at(started + MINUTE):
        gifts(globex.customer_id, 1, "One")
    begun = select(Grant.reason).where(Grant.posted_at.is_not(None))
    sent = select(Notice.customer_id).where(Notice.state == "done")
    with clock.at(started + 2 * DAY), as_service("look"):
        assert (jobs.JOBS["grants_posted"](2), jobs.JOBS["notices_sent"](2)) == (2, 2)
        assert sorted(db.session.scalars(begun)) == ["Many", "One"]
        assert set(db.session.scalars(sent)) == {acme.customer_id, globex.customer_id}


def test_in_a_batch_of_several_customers_the_events_of_the_others_are_counted(
    app: Flask, acme: Customer, globex: Customer, database: Database
) -> None:
    poison(database, f"new.customer_id = '{acme.customer_id}'")
    batch = [
        UsageReport(id="a", customer=acme.customer_id, meter="requests"),
        UsageReport(id="g", customer=globex.customer_id, meter="requests"),
        UsageReport(id="no", customer=globex.customer_id, meter="none"),
    ]
    for _ in range(2):  # whoever sends it again counts nothing twice
        with pytest.raises(DBAPIError, match="poisoned"):
            events.accept(batch)
    counted = select(UsageEvent.customer_id, UsageEvent.id)
    with as_service("look"):
        assert [tuple(row) for row in db.session.execute(counted)] == [(globex.customer_id, "g")]
    assert events.accept(batch[1:]) == Accepted(0, 1, (Rejected(1, "unknown_meter"),))


@pytest.mark.both_databases
def test_more_bad_customers_than_are_done_at_once_keep_no_good_one_waiting(
    app: Flask, catalog: str, database: Database
) -> None:
    started = clock.now()
    with clock.at(started):
        everybody = [make_customer(f"Bad{number}") for number in range(BAD)] + [make_customer("Globex")]
        for each in everybody:
            has_something_due(each)
    globex = everybody[-1].customer_id
    poison(database, f"new.customer_id <> '{globex}'")
    waits = set()
    for name, (wait, due) in due_of(globex).items():
        with clock.at(started + wait), as_service("run a job"):
            assert db.session.scalars(due).all(), name
            try:
                jobs.JOBS[name](AT_ONCE)
            except Exception:  # noqa: BLE001  # a job may raise at its end what went wrong for one
                db.session.rollback()
            if db.session.scalars(due).all():
                waits.add(name)
    assert waits == set()
