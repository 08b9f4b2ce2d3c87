"""What the Overview shows, read in a fixed number of statements, however long the history is."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import and_, select

from app import clock
from app.domain.forecast import Forecast, run_out
from app.domain.numbers import Numbers
from app.domain.payments import OPEN
from app.models.customers import BillingPeriod
from app.models.database import db
from app.models.payments import Payment
from app.services import balance
from app.services.balance import Day, HistoryQuery, Movement

DAYS = 30
PACE_DAYS = 14
"""The forecast looks at this many whole days before today."""
LATEST = 5
UNDER_WAY = 5


@dataclass(frozen=True)
class Overview:
    """Where the customer stands at one moment."""

    today: date
    numbers: Numbers
    period: BillingPeriod | None
    days: list[Day]
    """The last days up to today, beginning when the customer did; empty before the first movement."""
    forecast: Forecast | None
    """When the credit is used up; below zero, when the overage protection is."""
    latest: list[Movement]
    under_way: list[Payment]


def now(since: date) -> Overview:
    """Return where the customer in scope, who is one since that day, stands."""
    today = clock.now().date()
    numbers = balance.numbers()
    latest = balance.history(HistoryQuery(limit=LATEST)).entries
    days = balance.days(max(since, today - timedelta(days=DAYS - 1)), today)
    whole = [day.used.micros for day in days[:-1]][-PACE_DAYS:]
    left = numbers.remaining_credits if numbers.remaining_credits.micros > 0 else numbers.overage_left
    period, under_way = _period_and_payments()
    return Overview(
        today=today,
        numbers=numbers,
        period=period,
        days=days if latest else [],
        forecast=run_out(left.micros, whole, today),
        latest=latest,
        under_way=under_way,
    )


def _period_and_payments() -> tuple[BillingPeriod | None, list[Payment]]:
    """Return the open period and the newest payments under way: one statement for both."""
    is_open = Payment.state.in_([state.value for state in OPEN])
    rows = db.session.execute(
        select(BillingPeriod, Payment)
        .outerjoin(Payment, and_(Payment.customer_id == BillingPeriod.customer_id, is_open))
        .where(BillingPeriod.closed_at.is_(None))
        .order_by(Payment.created_at.desc(), Payment.id.desc())
        .limit(UNDER_WAY)
    ).all()
    return (rows[0][0] if rows else None), [payment for _period, payment in rows if payment is not None]
