"""Close a customer's billing period into an invoice: once, whoever asks and however often.

Under `tax.credits = "at_use"` all that was used is on it, taxed in full, and credit pays. Under `"at_purchase"` credit
was sold and taxed before: only what was used below zero is on it. docs/decisions/0031-a-period-becomes-an-invoice.md
says why, and what holds when the process dies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock, locale
from app.domain.errors import NotFound, Refused, ensure
from app.domain.invoices.coverage import Usage
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.lines import Line
from app.domain.invoices.period_sums import PeriodSums, reckoned
from app.domain.ledger import CREDIT_APPLIED, CREDITS, OVERAGE_INVOICED, Posting
from app.domain.mails import INVOICE
from app.domain.tax.treatment import Treatment
from app.models.customers import BillingPeriod
from app.models.documents import Document
from app.models.scope import as_service
from app.services import audit
from app.services.catalog import versions
from app.services.customers import billing_periods
from app.services.invoices import carrying, drafting, finalization, numbering
from app.services.ledger import burn_down, grants, posting, unpaid_overage
from app.services.ledger.posting import Books
from app.services.outbox import billing_mails
from app.services.receivables import from_credit, metered_lines, period_usage
from app.services.receivables.metered_lines import Period
from app.services.tax import decision
from app.services.transaction import transaction

SOURCE, PLAN_PERIOD, INTERIM = "period", "plan_period", "interim"
"""The facts that an invoice is made for."""


@dataclass(frozen=True)
class Fees:
    """What a plan costs for the plan period that begins, at the catalog's price, and how it is taxed."""

    lines: tuple[Line, ...]
    treatment: Treatment
    fact: str
    """The plan period; what its own invoice is made for, where the billing period has one already."""


def close(customer_id: str, number: int | None = None, *, by: str) -> Document | None:
    """Write and return the invoice of a period that is over, by default the last; None: there is nothing to invoice.

    A period has one invoice: asked again, it is the one that is there. One whose invoice was voided gets another.
    Refuses (409) the period that is open, and (404) one that never was.
    """
    with as_service("close a billing period"), transaction() as session:
        return write(session, customer_id, number, by=by)


def write(session: Session, customer_id: str, number: int | None, *, by: str) -> Document | None:
    """Write the invoice of a period as `close` does, in the caller's transaction."""
    now = clock.now()
    books = posting.lock(session, customer_id)
    billing_periods.roll(session, customer_id, now)
    row = _ended(books, number)
    return _invoice_of(books, row.number) or _invoice(books, row, None, by, now)


def written(books: Books, row: BillingPeriod | None, fees: Fees | None, now: datetime, *, by: str) -> Document | None:
    """Write one invoice of the usage of a period that is over and of the fees; None: there is nothing to invoice.

    Without a period, or where it has its invoice already, the fees have their own.
    """
    is_there = row is None or _invoice_of(books, row.number) is not None
    if is_there and fees is None:
        return None
    return _invoice(books, None if is_there else row, fees, by, now)


def _ended(books: Books, number: int | None) -> BillingPeriod:
    wanted = select(BillingPeriod).where(BillingPeriod.customer_id == books.customer_id)
    wanted = wanted.where(BillingPeriod.number == number) if number is not None else wanted
    if number is None:
        wanted = wanted.where(BillingPeriod.closed_at.is_not(None)).order_by(BillingPeriod.number.desc()).limit(1)
    found = books.session.scalars(wanted).one_or_none()
    if found is None and number is None:
        raise Refused("The customer's first billing period is not over yet.", "period_open")
    if found is None:
        raise NotFound("billing period")
    if found.closed_at is None:
        raise Refused(
            f"Billing period {found.number} is not over before {locale.day(found.ends_at.date())}.", "period_open"
        )
    return found


def _invoice_of(books: Books, number: int) -> Document | None:
    return books.session.scalars(
        select(Document).where(
            Document.customer_id == books.customer_id,
            Document.source_type == SOURCE,
            Document.period_number == number,
            Document.state != State.VOID.value,
        )
    ).one_or_none()


def _invoice(books: Books, row: BillingPeriod | None, fees: Fees | None, by: str, now: datetime) -> Document | None:
    customer, catalog = books.customer, versions.of(books.customer)
    period = None
    grants.catch_up(books, now)
    if row is not None and customer.credit_unit == customer.currency:  # in a named unit the next purchase covers it
        last = (row.ends_at - timedelta(days=1)).astimezone(UTC).date()
        taxed = decision.treatment(books.session, books.customer_id, catalog, last)
        period = metered_lines.counted(period_usage.paid(books, row), row, catalog, taxed, last)
    if period is None and fees is None:
        return None
    return _written(books, row, period, fees, by, now)


def interim(books: Books, row: BillingPeriod, usage: Sequence[Usage], *, by: str, now: datetime) -> Document | None:
    """Write an invoice of what was used below zero in the open period, due at once; everything that counts is posted.

    What is on it is on no other one: the period's own invoice has the rest (docs/decisions/0046).
    """
    catalog, today = versions.of(books.customer), now.astimezone(UTC).date()
    taxed = decision.treatment(books.session, books.customer_id, catalog, today)
    period = metered_lines.counted(usage, row, catalog, taxed, today, interim=True)
    return _written(books, row, period, None, by, now)


def _written(
    books: Books, row: BillingPeriod | None, period: Period | None, fees: Fees | None, by: str, now: datetime
) -> Document | None:
    customer, catalog = books.customer, versions.of(books.customer)
    treatments = [each.treatment for each in (period, fees) if each is not None]
    sums = reckoned(
        list(period.meters.values()) if period else [],
        period.given if period else 0,
        period.below if period else 0,
        drafting.rate_of(treatments[0]),
        customer.currency,
        inclusive=catalog.tax.prices == "inclusive",
        bought=from_credit.spendable(books) if from_credit.pays(catalog) else 0,
        fees=fees.lines if fees else (),
    )
    if sums is None:
        return None
    micros = period.below if period and sums.overage.amount_minor else 0
    carried = carrying.waiting(books) if sums.totals.payable.amount_minor else []
    carried_minor = sum(carrying.to_collect(books.session, each) for each in carried)
    kind = INTERIM if period and period.interim else SOURCE
    source = _source(books, row, fees, carried_minor, micros, kind)
    lines = [*(metered_lines.lines(books, period, sums) if period and sums.nets else ()), *sums.fees]
    buyer = drafting.buyer_of(books)
    document = drafting.draft(books, catalog, Kind.INVOICE, source, lines, sums.totals, treatments, buyer)
    _post(books, document, sums, micros, now)
    _number(books, document, 0 if kind == INTERIM else catalog.invoices.due_days, carried, now)
    unpaid_overage.changed(books, now)
    audit.record(
        books.session, books.customer_id, by, "invoice.finalized", document.id, after={"number": document.number}
    )
    books.session.flush()
    finalization.report(books, document, "invoice.finalized", *(["invoice.paid"] if document.paid_at else []))
    to, key = customer.email, f"invoice:{document.id}"
    finalization.miss_po_number(books, document)
    billing_mails.write(books.session, books.customer_id, INVOICE, key=key, to=to, document=document.id)
    return document


def _source(
    books: Books, row: BillingPeriod | None, fees: Fees | None, carried_minor: int, overage_micros: int, kind: str
) -> drafting.Source:
    """Return the fact that the invoice is made for: the billing period that ended, or the plan period alone."""
    if row is None:
        ensure(fees is not None, "an invoice of nothing")
        return drafting.Source(PLAN_PERIOD, fees.fact, carried_minor=carried_minor)  # type: ignore[union-attr]  # said above
    return drafting.Source(
        kind,
        f"{row.number}:{_before(books, row.number, kind) + 1}",
        period_number=row.number,
        carried_minor=carried_minor,
        overage_micros=overage_micros,
    )


def _number(books: Books, document: Document, days: int, carried: Sequence[Document], now: datetime) -> None:
    """Take the number last. What is nothing is paid; what is too little for a charge has no day on which it is due."""
    due = document.payable_minor + document.carried_minor
    if document.payable_minor and carrying.is_chargeable(due, document.currency):
        document.due_on = now.astimezone(UTC).date() + timedelta(days=days)
    if not document.payable_minor:
        document.paid_with = "Credit balance"
    books.session.flush()
    numbering.finalize(books.session, document, State.OPEN if document.payable_minor else State.PAID, now)
    carrying.carry(books, carried, document)


def _before(books: Books, number: int, kind: str) -> int:
    """Return how many invoices of the kind the period has had: those of it are void, others are of parts of it."""
    found = books.session.scalar(
        select(func.count())
        .select_from(Document)
        .where(
            Document.customer_id == books.customer_id,
            Document.source_type == kind,
            Document.period_number == number,
        )
    )
    return int(found or 0)


def _post(books: Books, document: Document, sums: PeriodSums, micros: int, now: datetime) -> None:
    """Bring what was used below zero back to zero, and take the tax that bought credit pays."""
    if micros:
        words = "Usage below zero, put on an invoice"
        books.post(
            [Posting(books.unit, "purchases", CREDITS, micros, OVERAGE_INVOICED, "document", document.id, words)], now
        )
    if sums.from_credit.amount_minor:
        amount = drafting.micros_of(sums.from_credit)
        words = f"Applied credit balance to {'an invoice' if sums.fees else 'the tax of an invoice'}"
        (made,) = books.post(
            [Posting(books.unit, CREDITS, "purchases", amount, CREDIT_APPLIED, "document", document.id, words)], now
        )
        burn_down.burn_bought(books, made)
