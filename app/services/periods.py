"""Billing periods: stored when they begin, closed when they end, never recomputed (I18)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain import periods as rule
from app.models.customers import BillingPeriod, Customer
from app.models.scope import as_service
from app.services.transaction import transaction


def open_first(session: Session, customer: Customer, now: datetime) -> BillingPeriod:
    """Open the customer's first period, anchored on today (UTC)."""
    anchor, start, end = rule.first(now)
    period = BillingPeriod(customer_id=customer.customer_id, number=1, anchor_day=anchor, starts_at=start, ends_at=end)
    session.add(period)
    return period


def roll_due(limit: int = 100) -> int:
    """Close periods that have ended and open the next, at most `limit`; return how many."""
    now = clock.now()
    with as_service("roll billing periods"), transaction() as session:
        ended = session.scalars(
            select(BillingPeriod)
            .where(BillingPeriod.closed_at.is_(None), BillingPeriod.ends_at <= now)
            .order_by(BillingPeriod.ends_at, BillingPeriod.customer_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        for period in ended:
            period.closed_at = now
        session.flush()  # one is open at a time: close before opening
        for last in ended:
            _open_next(session, last)
        return len(ended)


def _open_next(session: Session, last: BillingPeriod) -> None:
    """Open the period after `last`. When that has ended too, the next pass rolls it."""
    session.add(
        BillingPeriod(
            customer_id=last.customer_id,
            number=last.number + 1,
            anchor_day=last.anchor_day,
            starts_at=last.ends_at,
            ends_at=rule.following(last.ends_at, last.anchor_day),
        )
    )
