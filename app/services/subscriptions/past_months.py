"""What a customer used in its last closed billing periods: what other plans are reckoned from."""

from sqlalchemy import select

from app.domain.subscriptions.last_months import MONTHS, Counted
from app.models.customers import BillingPeriod
from app.models.database import db
from app.models.usage import UsageTotal


def counted() -> list[Counted]:
    """Return what each meter showed in each of the last closed billing periods of the customer in scope.

    One statement. A period in which nothing was used is there too, and empty.
    """
    closed = (
        select(BillingPeriod.customer_id, BillingPeriod.number)
        .where(BillingPeriod.closed_at.is_not(None))
        .order_by(BillingPeriod.number.desc())
        .limit(MONTHS)
        .subquery()
    )
    of_it = (UsageTotal.customer_id == closed.c.customer_id) & (UsageTotal.period_number == closed.c.number)
    rows = db.session.execute(
        select(closed.c.number, UsageTotal.meter, UsageTotal.quantity).outerjoin(UsageTotal, of_it)
    )
    found: dict[int, dict[str, int]] = {}
    for number, meter, quantity in rows:
        months = found.setdefault(number, {})
        if meter:
            months[meter] = quantity
    return [found[number] for number in sorted(found)]
