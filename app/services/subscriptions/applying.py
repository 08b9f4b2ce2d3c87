"""Give a customer what was ordered: plan and terms, interval and seats, in one transaction with its invoice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import ensure
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.totals import Taxed, of_parts
from app.domain.mails import INVOICE, PLAN_CHANGED
from app.domain.money import Money
from app.domain.notices import stamp
from app.domain.sold_terms import Terms
from app.domain.subscriptions import preview as rule
from app.domain.tax import kept
from app.models.documents import Document
from app.models.payments import Payment
from app.models.subscriptions import PlanChange
from app.services import audit
from app.services.catalog import versions
from app.services.customers import plan_moves
from app.services.invoices import drafting, finalization, numbering
from app.services.ledger import arrivals
from app.services.ledger.posting import Books
from app.services.outbox import billing_mails
from app.services.subscriptions import giving_back, reads
from app.services.subscriptions.giving_back import Part
from app.services.subscriptions.reads import Current

SOURCE = "plan_change"


@dataclass(frozen=True)
class Paid:
    """What has paid the order."""

    payment: Payment
    words: str
    """The way to pay, as the customer knows it."""


def apply(
    books: Books,
    has: Current,
    order: PlanChange,
    now: datetime,
    paid: Paid | None = None,
    back: Sequence[Part] = (),
) -> None:
    """Give what was ordered and write its invoice, or refuse it where the customer's holds or limits have no room.

    `has` is what the customer has, locked, and what the order was reckoned from. A change that is scheduled is
    replaced by this one. `back` is what of paid invoices is given back as credit.
    """
    ensure(order.from_version == has.row.version, f"{order.id} was reckoned from another subscription")
    ensure(bool(back) == (order.total_minor < 0), f"{order.id} gives back what was not paid")
    row, before = has.row, {"interval": has.row.interval, "seats": has.has.seats}
    was, became = terms(books, order.plan, order.catalog_version)
    books.session.refresh(row, ["version"])  # who gives terms lets the orders for those before pass by
    sold = versions.sold(has.customer.catalog, order.catalog_version).plans.plan(order.plan)
    row.interval, row.seats = order.interval, order.seats if sold is not None and sold.seats is not None else None
    if row.period_starts_at != order.period_starts_at:
        row.period_number += 1
    row.period_starts_at, row.period_ends_at = order.period_starts_at, order.period_ends_at
    row.billed_until = order.period_ends_at
    row.version += 1
    replace_scheduled(books, now)
    if back:
        giving_back.give(books, has.catalog, back, order, now)
    elif order.total_minor:
        order.document_id = _invoice(books, order, now, paid).id
    order.state, order.ended_at = "applied", now
    after = {"interval": order.interval, "seats": order.seats}
    changed = {name: value for name, value in after.items() if before[name] != value}
    audit.record(
        books.session,
        books.customer_id,
        order.created_by,
        "subscription.changed",
        row.id,
        before=was | {name: before[name] for name in changed},
        after=became | changed | {"change": order.id},
    )
    books.session.flush()
    books.outbox.write("subscription.changed", order.id, facts_of(order, row.id))
    mail(books, PLAN_CHANGED, order)


def mail(books: Books, template: str, order: PlanChange, **more: int) -> None:
    """Write the mail about the order to the billing e-mail."""
    key, to = f"{template}:{order.id}", books.customer.email
    facts: dict[str, object] = {"change": order.id, **more}
    billing_mails.write(books.session, books.customer_id, template, key=key, to=to, **facts)  # type: ignore[arg-type]


def replace_scheduled(books: Books, now: datetime) -> None:
    """Let a change that was scheduled be replaced by the one that is made now."""
    waits = reads.scheduled(books.session, books.customer_id)
    if waits is not None:
        waits.state, waits.ended_at, waits.problem = "replaced", now, "replaced"
        books.session.flush()


def facts_of(order: PlanChange, subscription_id: str) -> dict[str, object]:
    """Return what an event says of an order."""
    return {
        "subscription": subscription_id,
        "change": order.id,
        "state": order.state,
        "plan": order.plan,
        "interval": order.interval,
        "seats": order.seats,
        "catalog_version": order.catalog_version,
        "effective_at": stamp(order.effective_at),
        "period_ends_at": stamp(order.period_ends_at),
        "currency": order.currency,
        "total_minor": order.total_minor,
    }


def terms(books: Books, plan: str, catalog_version: int) -> tuple[dict[str, object], dict[str, object]]:
    """Give the plan in its version, or refuse it; where both are had already only interval or seats change."""
    customer = books.customer
    had = Terms.of(versions.sold(customer.catalog, customer.catalog_version), customer.plan)
    if (had.plan.key, customer.catalog_version) == (plan, catalog_version):
        return {}, {}
    return plan_moves.give(books, plan, versions.sold(customer.catalog, catalog_version))


def _invoice(books: Books, order: PlanChange, now: datetime, paid: Paid | None) -> Document:
    """Write the invoice: paid by the payment, or open and due with the next where it is too little to be charged."""
    kept_tax = kept.read(order.treatment, Money(order.net_minor, order.currency))
    ensure(kept_tax is not None, f"{order.id} does not say how it is taxed")
    treatment, price = kept_tax  # type: ignore[misc]  # said above
    rate = drafting.rate_of(treatment)
    lines = rule.read(order.lines, rate, order.currency)
    source = drafting.Source(SOURCE, order.id)
    if paid is not None:
        source = drafting.Source("payment", paid.payment.id, paid.payment.id, paid_with=paid.words)
    document = drafting.draft(
        books,
        versions.of(books.customer),
        Kind.INVOICE,
        source,
        lines,
        of_parts([Taxed(rate, price.net, price.tax)]),
        [treatment],
        drafting.buyer_of(books),
    )
    numbering.finalize(books.session, document, State.PAID if paid is not None else State.OPEN, now)
    finalization.report(books, document, "invoice.finalized", *(["invoice.paid"] if paid is not None else []))
    finalization.miss_po_number(books, document)
    if paid is None:
        to, key = books.customer.email, f"invoice:{document.id}"
        billing_mails.write(books.session, books.customer_id, INVOICE, key=key, to=to, document=document.id)
        arrivals.came(books, now)  # there may be some already: nothing has used it for an invoice
    return document
