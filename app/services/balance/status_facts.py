"""What the status line is made of, for the customer in scope: one statement around the numbers.

A second one where credit is about to expire, or where nothing is left while unpaid invoices use what was; two more in
the moments when a hold or a period is over and no job has seen it, and up to four where the last automatic charges were
declined.
"""

from dataclasses import replace

from sqlalchemy import select

from app.domain import rating
from app.domain.forecast.courses import Courses, courses_of
from app.domain.forecast.paces import Batch
from app.domain.forecast.recharge import Recharged
from app.domain.forecast.recharged import LOOKED_DAYS, recharged
from app.domain.forecast.run_out import Forecast, along, expiry_along
from app.domain.invoices.documents import Kind, State
from app.domain.money import Money
from app.domain.numbers import Debt, Numbers
from app.domain.payments import PaymentState
from app.domain.reservations import Reservation
from app.domain.sold_terms import Terms
from app.domain.status_line import Facts, InvoiceFact, PaymentFact
from app.models.database import db
from app.models.documents import Document
from app.models.payments import Payment
from app.services.balance import remaining_grants, standing_order
from app.services.balance.status_rows import Around, around
from app.services.balance.summary import whose


def facts(numbers: Numbers, terms: Terms, found: Around | None = None, left: list[Batch] | None = None) -> Facts:
    """Return the facts around the numbers; `found` and `left`: what was read around them and of them already."""
    found = found or around(numbers, terms)
    limit, today = numbers.daily_limit.micros if numbers.daily_limit else None, found.now.date()
    batches = remaining(numbers, found) if left is None else left
    courses = courses_of(found.pace, today, limit)
    plain = along(courses, batches, found.pace, today)
    return replace(
        _facts(numbers, terms, found),
        forecast=plain,
        recharged=_recharged(numbers, terms, found, batches, courses, plain),
        expiry=expiry_along(courses, batches, found.pace, today),
    )


def _facts(numbers: Numbers, terms: Terms, found: Around) -> Facts:
    """Return the facts but for what the pace makes of them."""
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
        recharge=standing_order.stopped(numbers, found.order, found.payments, found.now),
        card=found.card,
        unpaid=_unpaid(numbers, found.debt),
    )


def _unpaid(numbers: Numbers, debt: Debt) -> InvoiceFact | None:
    """Return the oldest invoice by which nothing may be used; None where something is left, or other things are why."""
    is_left = max(0, numbers.remaining_credits.micros) + numbers.overage_left.micros > 0
    if not numbers.invoiced_overage.micros or is_left or debt.clawed_back.micros:
        return None
    due = Document.payable_minor - Document.paid_minor - Document.credited_minor
    row = db.session.execute(
        select(Document.id, Document.number, due, Document.currency)
        .where(
            Document.customer_id == whose(),
            Document.kind == Kind.INVOICE.value,
            Document.state == State.OPEN.value,
            Document.overage_micros > 0,
            due > 0,
        )
        .order_by(Document.issued_at, Document.id)
        .limit(1)
    ).one_or_none()
    return InvoiceFact(row[0], row[1] or "", Money(row[2], row[3])) if row is not None else None


def _recharged(
    numbers: Numbers, terms: Terms, found: Around, left: list[Batch], courses: Courses | None, plain: Forecast | None
) -> Recharged | None:
    """Return when the credit runs out with auto-recharge; None while it is off, or where no charge would come soon."""
    today = found.now.date()
    if courses is None or plain is None or (plain.earliest - today).days >= LOOKED_DAYS:
        return None
    ends = found.period.ends_at if found.period else None
    how = standing_order.recharge(numbers, found.order, found.payments, terms.catalog, ends, found.used_days, found.now)
    return recharged(courses, left, found.pace, today, how) if how is not None else None


def remaining(numbers: Numbers, found: Around) -> list[Batch]:
    """Return what is left to be used, in the order in which it is: below zero that is the overage protection."""
    if numbers.remaining_credits.micros <= 0:
        return [Batch(numbers.overage_left.micros)]
    return remaining_grants.batches(numbers) if found.is_expiring else [Batch(numbers.remaining_credits.micros)]


def _payment(row: Payment | None) -> PaymentFact | None:
    if row is None:
        return None
    amount = Money(row.amount_minor, row.currency)
    is_automatic, at_checkout = row.budget_period is not None, bool(row.checkout_id)
    return PaymentFact(row.id, amount, row.rail, row.problem, row.action_url, row.updated_at, is_automatic, at_checkout)


def _meters(found: Around, terms: Terms) -> tuple[Reservation, ...]:
    return tuple(
        Reservation(
            rating.tariff(terms.catalog, terms.plan, meter.key),
            *found.used.get(meter.key, (0, 0))[:2],
            found.outlasting.get(meter.key, 0),
        )
        for meter in terms.catalog.meters
    )
