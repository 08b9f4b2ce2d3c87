"""Spending in tests: usage that costs so much, limits that are chosen, and the events about them."""

import json
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import select, update

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import MICROS, Credits
from app.domain.spend_management import Limits
from app.models.customers import Customer
from app.models.database import db
from app.models.events import OutboxEvent
from app.models.limits import AlertRecipient, Notice, SpendSettings
from app.models.scope import as_customer, as_service
from app.services.alerts import thresholds
from app.services.authorizations import holds as authorization_holds
from app.services.catalog import versions
from app.services.customers import registration
from app.services.ledger import grants
from app.services.notices import decisions
from app.services.spend_management import limits
from app.services.transaction import transaction
from tests.support import cast, post
from tests.support.meters import accept_one

PER_DOLLAR = 2500
"""So many requests of the gateway catalog cost a dollar."""
_numbers = count(1)


def dollars(amount: str) -> Credits:
    """Return the amount as credits."""
    whole, _, cents = amount.partition(".")
    return Credits(int(whole) * MICROS + int(cents.ljust(6, "0") or "0"))


def since_august(name: str = "Acme") -> Customer:
    """Create a customer since August, with $1,000.00 of credit."""
    made = registration.create(
        name=name,
        email="billing@acme.example",
        catalog=cast.CATALOG,
        external_id=name.lower(),
        created_at=datetime(2026, 8, 1, tzinfo=UTC),
    )
    with clock.at(datetime(2026, 8, 2, tzinfo=UTC)):
        gives(made, "1000")
    return made


def held(customer: Customer) -> tuple[bool, str, str]:
    """Return what holds: whether it is on, the limit and the threshold."""
    with as_customer(customer.customer_id):
        now = limits.current(customer, versions.of(customer))
    values = [f"{each.units.normalize():f}" if each else "" for each in (now.daily_limit, now.notify_threshold)]
    return now.enabled, values[0], values[1]


def gives(customer: Customer, amount: str) -> None:
    """Give the customer credit."""
    grants.give(
        customer.customer_id, kind="promotional", credits=dollars(amount), granted_by="support", reason="Welcome"
    )


def uses(customer: Customer, amount: str, at: datetime | None = None) -> None:
    """Let the customer use so many dollars, at a moment where one is given."""
    quantity = dollars(amount).micros * PER_DOLLAR // MICROS
    with clock.at(at or clock.now()):
        answer = accept_one(customer.customer_id, id=f"use-{next(_numbers)}", meter="requests", quantity=quantity)
    assert answer.accepted == 1


def asks(customer: Customer, amount: str) -> tuple[bool, str]:
    """Ask whether so many dollars may be used, and use them at once; return the answer and its reason."""
    request = AuthorizationRequest(
        customer.customer_id, micros=dollars(amount).micros, key=f"ask-{next(_numbers)}", at_once=True
    )
    answer = authorization_holds.authorize(request)
    return answer.allowed, answer.reason


def holds(customer: Customer, amount: str) -> str:
    """Hold so many dollars; return the hold's id."""
    request = AuthorizationRequest(customer.customer_id, micros=dollars(amount).micros, key=f"ask-{next(_numbers)}")
    return authorization_holds.authorize(request).id


def chooses(
    customer: Customer, limit: str = "", threshold: str = "", *, on: bool = True, url: str | None = None
) -> Limits:
    """Let the customer save these limits, whatever stood there before."""
    with as_service("look at the version"):
        row = db.session.get(SpendSettings, customer.customer_id, populate_existing=True)
        version = row.version if row else 0
    wanted = Limits(on, dollars(limit) if limit else None, dollars(threshold) if threshold else None, version)
    return limits.change(customer.customer_id, wanted, webhook_url=url, by="test")


def decided() -> None:
    """Let the jobs decide and send, until nothing is left."""
    while decisions.decide_due():
        pass
    while decisions.send_due():
        pass


def given(customer: Customer) -> list[tuple[str, str]]:
    """Return the rule and occasion of each notice of the customer, the oldest first."""
    with as_service("look at the notices"):
        rows = db.session.scalars(
            select(Notice)
            .where(Notice.customer_id == customer.customer_id)
            .order_by(Notice.created_at, Notice.rule, Notice.occasion)
            .execution_options(populate_existing=True)
        )
        return [(row.rule, row.occasion) for row in rows]


def events(customer: Customer) -> list[tuple[str, dict[str, Any]]]:
    """Return the type and data of the events about spending, in the customer's order."""
    with as_service("look at the events"):
        rows = db.session.scalars(
            select(OutboxEvent)
            .where(OutboxEvent.customer_id == customer.customer_id)
            .order_by(OutboxEvent.sequence)
            .execution_options(populate_existing=True)
        )
        return [
            (row.type, json.loads(row.data))
            for row in rows
            if row.type.partition(".")[0] in {"spend", "balance", "usage"}
        ]


def mailed(customer: Customer) -> list[tuple[str, str]]:
    """Return the template and recipient of each mail about a notice."""
    own = ("spend_", "balance_", "usage_alert")
    return [(each.template, each.recipient) for each in post.mails(customer) if each.template.startswith(own)]


def confirmed(customer: Customer, *emails: str) -> None:
    """Let usage alerts go to these addresses, which have confirmed it."""
    for email in emails:
        thresholds.add_email(customer.customer_id, email, actor="test")
    with as_service("test"), transaction() as session:
        session.execute(
            update(AlertRecipient)
            .where(AlertRecipient.customer_id == customer.customer_id)
            .values(confirmed_at=clock.now())
        )
