"""Whose month should have been run by now, and is not: what a seller looks into."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from app import clock
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.models.subscriptions import Subscription

LATE = timedelta(hours=1)
"""So long after its billing period a customer's month is late: the worker runs it within seconds."""


@dataclass(frozen=True)
class Late:
    """A customer whose month is late."""

    customer_id: str
    name: str
    due_since: datetime


def count() -> int:
    """Return how many customers' months are late."""
    with as_service("count months that are late"):
        return db.session.scalar(select(func.count()).select_from(Subscription).where(_is_late())) or 0


def listed(limit: int = 100) -> list[Late]:
    """Return the customers whose month is late, the one that has been due the longest first."""
    wanted = select(Customer.customer_id, Customer.name, Subscription.run_at).join(
        Subscription, Subscription.customer_id == Customer.customer_id
    )
    wanted = wanted.where(_is_late()).order_by(Subscription.run_at, Subscription.customer_id).limit(limit)
    with as_service("list months that are late"):
        return [Late(*row) for row in db.session.execute(wanted)]


def _is_late() -> ColumnElement[bool]:
    return Subscription.run_at <= clock.now() - LATE
