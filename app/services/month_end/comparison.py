"""What a customer's last months came to, and what they would have under other terms: plan and usage, before tax."""

from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import rating
from app.domain.catalog import Catalog
from app.domain.invoices.period_sums import per_minor
from app.domain.money import Money, divided
from app.domain.subscriptions.choice import Choice, Interval, given
from app.domain.subscriptions.proration import share
from app.models.customers import BillingPeriod, Customer
from app.models.subscriptions import Subscription
from app.models.usage import UsageTotal

MONTHS = 3


@dataclass(frozen=True)
class Compared:
    """So many months that are over, by the terms that the customer has and by the others."""

    months: int
    before: Money
    after: Money


def compared(session: Session, customer: Customer, row: Subscription, own: Catalog, other: Catalog) -> Compared:
    """Compare the last months that are over, three at most, as the same plan, interval and seats would price them.

    Usage counts as far as it is paid in money: where credit is a named unit, the plan alone does.
    """
    periods = session.scalars(
        select(BillingPeriod)
        .where(BillingPeriod.customer_id == customer.customer_id, BillingPeriod.closed_at.is_not(None))
        .order_by(BillingPeriod.number.desc())
        .limit(MONTHS)
    ).all()
    numbers = [each.number for each in periods]
    months = sum((share(each.starts_at, each.ends_at, each.anchor_day) for each in periods), Fraction(0))
    used = session.execute(
        select(UsageTotal.meter, UsageTotal.quantity).where(
            UsageTotal.customer_id == customer.customer_id, UsageTotal.period_number.in_(numbers)
        )
    ).all()
    counted = [(meter, quantity) for meter, quantity in used] if customer.credit_unit == customer.currency else []
    before, after = (
        _cost(given(each, customer.plan, Interval(row.interval), row.seats), each, counted, months)
        for each in (own, other)
    )
    return Compared(len(numbers), before, after)


def _cost(choice: Choice, catalog: Catalog, used: list[tuple[str, int]], months: Fraction) -> Money:
    """Return what the months cost: of a year's price the share of each month."""
    cost = choice.price.amount_minor * months / choice.interval.months
    plan = divided(cost.numerator, cost.denominator)
    tariffs = [(rating.tariff(catalog, choice.plan, meter), quantity) for meter, quantity in used]
    micros = sum(tariff.cost(quantity) for tariff, quantity in tariffs if tariff is not None)
    return Money(plan + divided(micros, per_minor(choice.currency)), choice.currency)
