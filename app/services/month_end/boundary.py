"""The end of one billing period: the plan is renewed, or ends, and one invoice says what was used and what begins."""

from datetime import UTC, datetime

from sqlalchemy import select

from app.domain.language import of_documents
from app.domain.money import Money
from app.domain.subscriptions.choice import Choice, Interval, given
from app.domain.subscriptions.fees import fees
from app.domain.subscriptions.proration import Span, span
from app.models.customers import BillingPeriod
from app.models.documents import Document
from app.models.plan_periods import PlanPeriod
from app.models.subscriptions import Subscription
from app.services.catalog import versions
from app.services.invoices import drafting
from app.services.ledger.posting import Books
from app.services.month_end import renewal
from app.services.receivables import closing
from app.services.receivables.closing import Fees
from app.services.tax import decision

BY = "purser"
UNSERVED = ("suspended", "closed")
"""The standings in which no plan is billed."""


def cross(books: Books, row: Subscription, now: datetime) -> Document | None:
    """Do all that is due at the end of the period that is to be run next, and set the one after it; return the invoice.

    What changes the plan comes first, so that the plan period that begins is billed as it then is.
    """
    ended = _period(books, row.run_number) if row.run_number else None
    if ended is not None and (row.period_ends_at <= ended.ends_at or _is_over(row, ended)):
        renewal.renew(books, row, ended, now)
    following = _period(books, row.run_number + 1)
    document = _billed(books, row, ended, span(row.period_starts_at, row.period_ends_at, following.anchor_day), now)
    row.run_number, row.run_at = following.number, following.ends_at
    books.session.flush()
    return document


def _is_over(row: Subscription, ended: BillingPeriod) -> bool:
    """Say whether the plan was cancelled to the end of the billing period: one on request has no period of its own."""
    return row.cancel_at is not None and row.cancel_at <= ended.ends_at


def _period(books: Books, number: int) -> BillingPeriod:
    wanted = select(BillingPeriod).where(BillingPeriod.customer_id == books.customer_id, BillingPeriod.number == number)
    return books.session.scalars(wanted.execution_options(populate_existing=True)).one()


def _billed(
    books: Books, row: Subscription, ended: BillingPeriod | None, period: Span, now: datetime
) -> Document | None:
    """Write the invoice of what was used, and of the plan period that has begun and is not billed yet."""
    catalog, customer = versions.of(books.customer), books.customer
    choice = given(catalog, customer.plan, Interval(row.interval), row.seats)
    begins = row.billed_until <= period.starts_at and (ended is None or period.starts_at <= ended.ends_at)
    costs = begins and choice.price.amount_minor > 0
    if not costs or customer.standing in UNSERVED:
        if costs:
            _keep(books, row, choice, period, period.rest(choice.price, period.starts_at), None)
        elif begins:
            row.billed_until = period.ends_at
        return closing.written(books, ended, None, now, by=BY)
    on = period.starts_at.astimezone(UTC).date()
    treatment = decision.treatment(books.session, books.customer_id, catalog, on)
    with of_documents(customer.language):
        lines = fees(choice, period, drafting.rate_of(treatment))
    document = closing.written(books, ended, Fees(lines, treatment, f"{row.period_number}:1"), now, by=BY)
    _keep(books, row, choice, period, sum((line.net for line in lines), Money(0, choice.currency)), document)
    row.billed_until = period.ends_at
    renewal.report(books, row, choice, document)
    return document


def _keep(
    books: Books, row: Subscription, choice: Choice, period: Span, price: Money, document: Document | None
) -> None:
    """Keep the plan period as it is billed, or that it is not."""
    books.session.add(
        PlanPeriod(
            customer_id=books.customer_id,
            number=row.period_number,
            starts_at=period.starts_at,
            ends_at=period.ends_at,
            plan=choice.plan.key,
            catalog_version=books.customer.catalog_version,
            interval=row.interval,
            seats=choice.seats,
            currency=price.currency,
            price_minor=price.amount_minor,
            outcome="suspended" if document is None else "billed",
            document_id=document.id if document is not None else None,
        )
    )
    books.session.flush()
