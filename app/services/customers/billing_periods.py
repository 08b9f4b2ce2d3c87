"""Billing periods: stored when they begin, closed when they end, never recomputed (I18)."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ScalarSelect, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app import clock
from app.domain import periods as rule
from app.models.customers import BillingPeriod, Customer
from app.models.database import Moment, db
from app.models.scope import as_service
from app.services import due_rows
from app.services.ledger import reservations, spending
from app.services.transaction import transaction

Value = TypeVar("Value")


def open_first(session: Session, customer: Customer, now: datetime, *, by_calendar: bool) -> BillingPeriod:
    """Open the customer's first period, anchored on today (UTC), or on the first day of each month."""
    anchor, start, end = rule.first(now, by_calendar=by_calendar)
    period = BillingPeriod(customer_id=customer.customer_id, number=1, anchor_day=anchor, starts_at=start, ends_at=end)
    session.add(period)
    return period


def roll_due(limit: int = 100) -> int:
    """Close periods that have ended and open the next, at most `limit`; return how many.

    A customer whose spending somebody else holds is left to them, or to the next time. All turn together; where one
    cannot, each by itself.
    """
    now, done, bad = clock.now(), 0, list[str]()
    with as_service("roll billing periods"):
        while done < limit:
            found = db.session.scalars(
                due(now)
                .where(BillingPeriod.customer_id.not_in(bad))
                .order_by(BillingPeriod.ends_at, BillingPeriod.customer_id)
                .limit(limit - done)
            ).all()
            turned = due_rows.together(found, _turn, of="customer", failed="period_not_rolled")
            done, bad = done + turned.count, [*bad, *turned.failed]
            if not turned.failed:
                break
    return done


def due(now: Moment) -> Select[str]:
    """Ask for customers whose billing period is over."""
    return select(BillingPeriod.customer_id).where(BillingPeriod.is_due(now))


def _turn(customer_ids: Sequence[str]) -> int:
    with transaction() as session:
        return _roll(session, list(spending.lock(session, customer_ids, skip_locked=True)), clock.now())


def roll(session: Session, customer_id: str, now: datetime) -> None:
    """Bring a customer, whose spending is locked, to the period that is open now."""
    while _roll(session, [customer_id], now):
        pass


def roll_together(session: Session, customer_ids: Sequence[str], now: datetime) -> None:
    """Bring customers, whose spending is locked, to the next period, where theirs is over."""
    _roll(session, list(customer_ids), now)


def _roll(session: Session, customer_ids: list[str], now: datetime) -> int:
    """Close the ended periods of these customers and open the next ones; return how many."""
    ended = session.scalars(
        select(BillingPeriod)
        .where(BillingPeriod.customer_id.in_(customer_ids), BillingPeriod.is_due(now))
        .order_by(BillingPeriod.customer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for period in ended:
        period.closed_at = now
        period.catalog_version = _of_customer(Customer.catalog_version, period)
        period.plan = _of_customer(Customer.plan, period)
    session.flush()  # one is open at a time: close before opening
    for last in ended:
        _open_next(session, last)
    session.flush()
    reservations.turn(session, [last.customer_id for last in ended], now)
    return len(ended)


def _of_customer(column: InstrumentedAttribute[Value], period: BillingPeriod) -> ScalarSelect[Value]:
    """Return what the customer's row says when the period is closed, read by the statement that closes it."""
    return select(column).where(Customer.customer_id == period.customer_id).scalar_subquery()


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
