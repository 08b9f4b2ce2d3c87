"""What a customer used in its last closed billing periods: what other plans are reckoned from."""

from fractions import Fraction

from sqlalchemy import select

from app.domain.subscriptions.last_months import MONTHS, Month
from app.domain.subscriptions.proration import share
from app.models.customers import BillingPeriod
from app.models.database import db
from app.models.usage import UsageTotal


def counted() -> list[Month]:
    """Return what each meter showed in each of the last closed billing periods of the customer in scope.

    One statement. A period in which nothing was used is there too, and empty.
    """
    closed = (
        select(
            BillingPeriod.customer_id,
            BillingPeriod.number,
            BillingPeriod.starts_at,
            BillingPeriod.ends_at,
            BillingPeriod.anchor_day,
        )
        .where(BillingPeriod.closed_at.is_not(None))
        .order_by(BillingPeriod.number.desc())
        .limit(MONTHS)
        .subquery()
    )
    of_it = (UsageTotal.customer_id == closed.c.customer_id) & (UsageTotal.period_number == closed.c.number)
    rows = db.session.execute(
        select(
            closed.c.number,
            closed.c.starts_at,
            closed.c.ends_at,
            closed.c.anchor_day,
            UsageTotal.meter,
            UsageTotal.quantity,
        ).outerjoin(UsageTotal, of_it)
    )
    used, shares = dict[int, dict[str, int]](), dict[int, Fraction]()
    for number, starts_at, ends_at, anchor_day, meter, quantity in rows:
        shares[number] = share(starts_at, ends_at, anchor_day)
        months = used.setdefault(number, {})
        if meter:
            months[meter] = quantity
    return [Month(used[number], shares[number]) for number in sorted(used)]
