"""Authorizations whose time is over: what they held may be spent by others."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.authorizations import Hold
from app.models.authorizations import Authorization
from app.models.database import db
from app.models.scope import as_service
from app.models.usage import Spending, UsageTotal
from app.services import due_rows
from app.services.ledger import spending
from app.services.transaction import transaction

AT_ONCE = 500
"""So many of a customer are released in one transaction."""


def expire_due(limit: int = 100) -> int:
    """Release what is held by authorizations whose time is over, of at most `limit` customers; return how many.

    A customer whose spending somebody else has locked is left to the next time.
    """
    now = clock.now()
    with as_service("expire authorizations"):
        found = db.session.scalars(
            select(Authorization.customer_id)
            .where(Authorization.state == "held", Authorization.expires_at <= now)
            .group_by(Authorization.customer_id)
            .order_by(Authorization.customer_id)
            .limit(limit)
        ).all()
        return due_rows.each(found, _expire, of="customer", failed="holds_not_expired")


def expire(session: Session, customer_id: str, now: datetime) -> int:
    """Release what the customer's expired authorizations hold; the customer's spending is locked. Return how many."""
    rows = session.scalars(
        select(Authorization)
        .where(Authorization.customer_id == customer_id, Authorization.state == "held", Authorization.expires_at <= now)
        .order_by(Authorization.expires_at)
        .limit(AT_ONCE)
        .execution_options(populate_existing=True)
    ).all()
    for row in rows:
        _release(session, row, now)
    session.flush()
    return len(rows)


def _expire(customer_id: str) -> int:
    with transaction() as session:
        if customer_id not in spending.lock(session, [customer_id], skip_locked=True):
            return 0
        return expire(session, customer_id, clock.now())


def _release(session: Session, row: Authorization, now: datetime) -> None:
    """End an open hold whose customer's spending is locked: what is left of it may be spent by others."""
    hold = Hold(row.micros, row.quantity, row.captured_micros, row.captured_quantity)
    session.execute(
        update(Spending)
        .where(Spending.customer_id == row.customer_id)
        .values(held_micros=Spending.held_micros - hold.left)
    )
    session.execute(
        update(UsageTotal)
        .where(
            UsageTotal.customer_id == row.customer_id,
            UsageTotal.period_number == row.period_number,
            UsageTotal.meter == row.meter,
        )
        .values(held_quantity=UsageTotal.held_quantity - hold.quantity_left)
    )
    row.state, row.ended_at = "expired", now
