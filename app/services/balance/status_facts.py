"""What the status line is made of, for the customer in scope: one statement around the numbers.

A second one where credit is about to expire, and two more in the moments when a hold or a period is over and no job has
seen it.
"""

from app.domain import rating
from app.domain.auto_recharge.stops import Standing, Stop, stop
from app.domain.forecast import Batch, next_expiry, run_out
from app.domain.money import Credits, Money
from app.domain.numbers import Numbers
from app.domain.payments import ON_ITS_WAY, PaymentState
from app.domain.reservations import Reservation
from app.domain.sold_terms import Terms
from app.domain.status_line import Block, Facts, PaymentFact
from app.models.payments import Payment
from app.services.balance import remaining_grants
from app.services.balance.status_rows import Around, around


def facts(numbers: Numbers, terms: Terms, found: Around | None = None, left: list[Batch] | None = None) -> Facts:
    """Return the facts around the numbers; `found` and `left`: what was read around them and of them already."""
    found = found or around(numbers, terms)
    limit, today = numbers.daily_limit.micros if numbers.daily_limit else None, found.now.date()
    batches = remaining(numbers, found) if left is None else left
    waiting = next((each for each in found.payments if each.state == PaymentState.REQUIRES_ACTION), None)
    return Facts(
        now=found.now,
        numbers=numbers,
        debt=found.debt,
        meters=_meters(found, terms),
        warn_at=terms.catalog.usage.warn_at_percent,
        resets_at=found.period.ends_at if found.period else None,
        waiting=_payment(waiting),
        failed=_payment(found.failed),
        recharge=_stop(numbers, found),
        forecast=run_out(batches, found.pace, today, limit),
        expiry=next_expiry(batches, found.pace, today, limit),
        card=found.card,
    )


def blocked_by(numbers: Numbers, terms: Terms) -> Block | None:
    """Return what refuses calls at these numbers: one statement more, for the meters."""
    return facts(numbers, terms, left=[]).blocked_by


def remaining(numbers: Numbers, found: Around) -> list[Batch]:
    """Return what is left to be used, in the order in which it is: below zero that is the overage protection."""
    if numbers.remaining_credits.micros <= 0:
        return [Batch(numbers.overage_left.micros)]
    return remaining_grants.batches(numbers) if found.is_expiring else [Batch(numbers.remaining_credits.micros)]


def _payment(row: Payment | None) -> PaymentFact | None:
    if row is None:
        return None
    amount = Money(row.amount_minor, row.currency)
    is_automatic = row.budget_period is not None
    return PaymentFact(row.id, amount, row.rail, row.problem, row.action_url, row.updated_at, is_automatic)


def _stop(numbers: Numbers, found: Around) -> Stop | None:
    """Return why auto-recharge charges nothing, from what the statement has read already."""
    chosen = found.recharge
    if chosen is None:
        return None
    arriving = sum(each.credits_micros for each in found.payments if each.state in ON_ITS_WAY)
    standing = Standing(
        enabled=chosen.enabled,
        version=chosen.version,
        threshold=Credits(chosen.threshold_micros),
        arriving=Credits(numbers.remaining_credits.micros + arriving),
        is_under_way=any(each.budget_period is not None for each in found.payments),
        has_method=found.card is not None and (chosen.method_id is None or chosen.other_methods),
        kept=found.kept,
        asks=found.asks,
    )
    return stop(standing, found.now)


def _meters(found: Around, terms: Terms) -> tuple[Reservation, ...]:
    return tuple(
        Reservation(
            rating.tariff(terms.catalog, terms.plan, meter.key),
            *found.used.get(meter.key, (0, 0))[:2],
            found.outlasting.get(meter.key, 0),
        )
        for meter in terms.catalog.meters
    )
