"""Customers at the edge of what they may spend, and what they have spent, added up from the rows."""

from datetime import datetime

from sqlalchemy import func, select, update

from app import clock
from app.domain.money import MICROS, Credits
from app.models.authorizations import Authorization
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Account
from app.models.limits import SpendSettings
from app.models.scope import as_service
from app.models.usage import UsageEvent
from app.services.ledger import grants
from app.services.transaction import transaction
from tests.support import cast

EDGE = 20 * MICROS


def at_an_edge(name: str, kind: str, now: datetime) -> Customer:
    """Return a new customer who may spend 20 credits, because of a daily limit (`day`) or because there is no more.

    `far` from any edge they may spend 1,000.
    """
    with clock.at(now):
        customer = cast.make_customer(name)
    with as_service("test"), transaction() as session:
        session.get_one(Customer, customer.customer_id).overage_protection_micros = 0
        session.execute(
            update(Account).where(Account.customer_id == customer.customer_id, Account.floor < 0).values(floor=0)
        )
        if kind == "day":
            session.add(
                SpendSettings(
                    customer_id=customer.customer_id, enabled=True, daily_limit_micros=EDGE,
                    notify_threshold_micros=None, version=1, changed_at=now, changed_by="test",
                )
            )  # fmt: skip
    with clock.at(now):
        credit = Credits(EDGE if kind == "balance" else 50 * EDGE)
        grants.give(customer.customer_id, kind="promotional", credits=credit, granted_by="test", reason="Test")
    return customer


def spent(customer: Customer) -> tuple[int, int]:
    """Return what was used and what is held, added up from the rows one by one."""
    with as_service("test"):
        used = db.session.scalar(
            select(func.sum(UsageEvent.micros)).where(UsageEvent.customer_id == customer.customer_id)
        )
        rows = db.session.execute(
            select(Authorization.micros, Authorization.captured_micros).where(
                Authorization.customer_id == customer.customer_id, Authorization.state == "held"
            )
        ).all()
        return int(used or 0), sum(max(0, micros - captured) for micros, captured in rows)
