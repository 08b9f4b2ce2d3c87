"""Who has paid an invoice: each payment, how much of it and when, also of what it has taken over from another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.domain.invoices.documents import Kind
from app.domain.money import Money
from app.domain.payments import method_name
from app.models.database import db
from app.models.documents import Document
from app.models.ledger import Transfer
from app.models.payments import Payment, PaymentMethod
from app.services.invoices import carrying


@dataclass(frozen=True)
class Arrived:
    """A payment that has brought money, when that came, and how it was paid, as the customer knows it."""

    payment: Payment
    at: datetime
    paid_with: str


@dataclass(frozen=True)
class PaidBy:
    """A payment, and what of it has paid the invoice that was asked about."""

    payment_id: str
    amount: Money
    paid_at: datetime
    paid_with: str
    invoice: Document
    """The invoice that it has paid when it came: that one, or one in whose place it is."""


def of(document: Document) -> list[PaidBy]:
    """Return what has paid an invoice of the customer in scope, the oldest first."""
    if document.kind != Kind.INVOICE or not document.paid_minor:
        return []
    if _is_bought(document):
        return _bought(document)
    session, amounts, came = db.session(), dict[str, int](), dict[str, tuple[Arrived, Document]]()
    steps = [(each, made) for each, made in reversed(carrying.taken_over(session, document))]
    for each, made in [*steps, (document, None)]:
        for row, minor in _own(session, each):
            came[row.payment.id] = (row, each)
            amounts[row.payment.id] = amounts.get(row.payment.id, 0) + minor
        if made is not None and made.payment_id in amounts:
            amounts[made.payment_id] -= made.difference_minor
    return [
        PaidBy(name, Money(amounts[name], document.currency), row.at, row.paid_with, each)
        for name, (row, each) in came.items()
        if amounts[name]
    ]


def taken_over(document: Document) -> list[PaidBy]:
    """Return what had paid the invoices in whose place it is, of what pays it: this never changes again."""
    if not document.taken_over_minor:
        return []
    return [each for each in of(document) if each.invoice.id != document.id]


def arrived(session: Session, *which: ColumnElement[bool]) -> list[Arrived]:
    """Return these payments, the oldest first."""
    rows = session.execute(
        select(Payment, PaymentMethod, Transfer.booked_at)
        .join(
            Transfer,
            (Transfer.customer_id == Payment.customer_id)
            & (Transfer.source_type == "payment")
            & (Transfer.source_id == Payment.id)
            & (Transfer.kind == "payment"),
        )
        .outerjoin(
            PaymentMethod,
            (PaymentMethod.customer_id == Payment.customer_id) & (PaymentMethod.id == Payment.method_id),
        )
        .where(Payment.received_minor > 0, *which)
        .order_by(Payment.created_at, Payment.id)
    )
    return [
        Arrived(payment, at, method_name(method.brand, method.last4) if method else method_name(payment.rail))
        for payment, method, at in rows
    ]


def shares(payments: Sequence[Payment], invoices: Sequence[Document]) -> dict[str, list[tuple[Document, Money]]]:
    """Return what each payment has paid of which invoice, by going through all that have paid them, in their order."""
    unpaid = {each.id: each.paid_minor - each.taken_over_minor for each in invoices}
    found = dict[str, list[tuple[Document, Money]]]()
    for payment in payments:
        left, parts = payment.received_minor, found.setdefault(payment.id, [])
        at = next(place for place, each in enumerate(invoices) if each.id == payment.document_id)
        for each in invoices[: at + 1]:
            if each.id != payment.document_id and payment.document_id not in _collectors(each, invoices):
                continue
            part = min(left, unpaid[each.id])
            unpaid[each.id] -= part
            left -= part
            if part:
                parts.append((each, Money(part, payment.currency)))
    return found


def _is_bought(document: Document) -> bool:
    return document.payment_id is not None and not document.taken_over_minor


def _bought(document: Document) -> list[PaidBy]:
    """Return the payment that has bought it, as the invoice says it."""
    if document.paid_at is None:
        return []
    amount = Money(document.paid_minor, document.currency)
    return [PaidBy(document.payment_id or "", amount, document.paid_at, document.paid_with, document)]


def _own(session: Session, document: Document) -> list[tuple[Arrived, int]]:
    """Return what has paid the invoice itself, and how much of it."""
    own = document.paid_minor - document.taken_over_minor
    if not own:
        return []
    if _is_bought(document):
        return [(row, own) for row in arrived(session, Payment.id == (document.payment_id or ""))]
    names = carrying.collectors(session, document)
    rows = arrived(session, Payment.document_id.in_(names))
    if len(rows) == 1:
        return [(rows[0], own)]
    last = session.scalars(select(Document).where(Document.id == names[-1])).one()
    invoices = [*carrying.collected_with(session, last), last]
    every = arrived(session, Payment.document_id.in_([each.id for each in invoices]))
    parts = shares([row.payment for row in every], invoices)
    paid = {name: sum(each.amount_minor for to, each in found if to.id == document.id) for name, found in parts.items()}
    return [(row, paid[row.payment.id]) for row in every if paid[row.payment.id]]


def _collectors(document: Document, invoices: Sequence[Document]) -> set[str]:
    """Return the invoices among these with which this one is collected."""
    found, to = set[str](), document.carried_to_id
    known = {each.id: each.carried_to_id for each in invoices}
    while to is not None and to in known:
        found.add(to)
        to = known[to]
    return found
