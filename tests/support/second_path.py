"""Every figure of Usage, Spend management and Overview of a customer, as shown and as added up again."""

from collections.abc import Iterator
from datetime import timedelta

from app import clock
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer
from app.services.balance import breakdown
from app.services.spend_management import figures as of_spending
from app.services.spend_management.figures import Around
from app.services.usage import figures as of_usage
from app.services.usage import meters, stretches
from app.services.usage.figures import ADDED_UP, Figure
from app.services.usage.meters import Usage


def differing(customer_id: str) -> dict[str, tuple[int, int]]:
    """Return the figures whose rows do not come to what is shown, with both."""
    with as_customer(customer_id):
        db.session.expire_all()
        customer = db.session.get_one(Customer, customer_id)
        found = {name: (figure.shown, figure.summed) for name, figure in every(customer)}
        for count in (breakdown.total_credits, breakdown.usage_this_period, breakdown.all_usage,
                      breakdown.sent_back, breakdown.remaining_credits):  # fmt: skip
            figure = count()
            found[f"overview {count.__name__}"] = figure.shown.micros, figure.summed.micros
    return {name: both for name, both in found.items() if both[0] != both[1]}


def every(customer: Customer) -> Iterator[tuple[str, Figure]]:
    """Yield the figures of both pages, each with a name."""
    usage = meters.usage(customer)
    yield from _of_period(customer, usage)
    if usage.period.number > 1:
        yield from _of_period(customer, meters.usage(customer, 1))
    for days in (stretches.PERIOD, "30"):
        for use in (None, *(each for each in usage.meters if each.tariff.kind in ADDED_UP)):
            for before in (False, True):
                name = f"stretch of {days} of {use.meter.key if use else 'all'}{' before' if before else ''}"
                yield name, of_usage.stretch(customer, usage, days, use, before=before)
    around, today = Around(customer, usage), clock.now().date()
    for ago in (0, 1):
        day = today - timedelta(days=ago)
        if day >= customer.created_at.date():
            yield f"used {ago} days ago", of_spending.day(customer.customer_id, day)
    yield "held", of_spending.held(around)
    yield "left today", of_spending.left_today(around)
    yield "could use", of_spending.could_use(around)
    yield "available", of_spending.available(around)
    for each in usage.meters:
        yield f"held of {each.meter.key}", of_spending.units_held(around, each.meter.key)
        left = of_spending.plan_left(around, each.meter.key)
        if left is not None:
            yield f"left of the plan's {each.meter.key}", left


def _of_period(customer: Customer, usage: Usage) -> Iterator[tuple[str, Figure]]:
    number = usage.period.number
    yield f"cost in {number}", of_usage.cost(customer.customer_id, usage)
    yield f"corrections in {number}", of_usage.corrections(customer.customer_id, usage.period)
    yield f"net in {number}", of_usage.net(customer.customer_id, usage)
    for use in usage.meters:
        yield f"{use.meter.key} cost in {number}", of_usage.cost(customer.customer_id, usage, use)
        yield f"{use.meter.key} in {number}", of_usage.quantity(customer.customer_id, usage, use)
