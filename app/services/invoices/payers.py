"""Who has paid an invoice: each payment and credit, how much and when, also of what it has taken over from another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.domain.invoices.documents import Kind
from app.domain.invoices.period_sums import per_minor
from app.domain.language import in_english, marked
from app.domain.ledger import CREDIT_APPLIED, CREDIT_PAYMENT, INVOICE_ID
from app.domain.money import Money
from app.domain.payments import method_name
from app.models.database import db
from app.models.documents import Document
from app.models.ledger import Transfer
from app.models.payments import Payment, PaymentMethod
from app.services.invoices import carrying

SEVERAL, CREDIT = marked("Several payments"), marked("Credit balance")
"""How an invoice was paid that more than one way to pay has paid, and one that credit has."""


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
    """Empty: credit has paid it."""
    amount: Money
    paid_at: datetime
    paid_with: str
    invoice: Document
    """The invoice that it has paid when it came: that one, or one in whose place it is."""
    has_receipt: bool = False
    """Whether it came for an invoice that was open: what was paid as it was bought says so itself."""


def of(document: Document) -> list[PaidBy]:
    """Return what has paid an invoice of the customer in scope, the oldest first."""
    return of_each([document]).get(document.id, [])


def of_each(documents: Sequence[Document]) -> dict[str, list[PaidBy]]:
    """Return what has paid each of these that are invoices of which something is paid: asked for all at once."""
    asked = [each for each in documents if each.kind == Kind.INVOICE and each.paid_minor]
    session, found = db.session(), {each.id: _bought(each) for each in asked if _is_bought(each)}
    chains = carrying.taken_over_by(session, rest := [each for each in asked if each.id not in found])
    every = [*rest, *(each for chain in chains.values() for each, _made in chain)]
    own, credit = _own(session, every), by_credit(session, [each for each in every if each.credit_paid_minor])
    for document in rest:
        amounts, came = dict[str, int](), dict[str, tuple[Arrived, Document]]()
        for each, made in [*reversed(chains[document.id]), (document, None)]:
            for row, minor in own.get(each.id, []):
                came[row.payment.id] = (row, each)
                amounts[row.payment.id] = amounts.get(row.payment.id, 0) + minor
            if made is not None and made.payment_id in amounts:
                amounts[made.payment_id] -= made.difference_minor
        found[document.id] = [
            PaidBy(
                name,
                Money(amounts[name], document.currency),
                row.at,
                row.paid_with,
                each,
                has_receipt=row.payment.document_id is not None,
            )
            for name, (row, each) in came.items()
            if amounts[name]
        ]
        if credit:
            found[document.id] += _from_credit(credit, [document, *(each for each, _made in chains[document.id])])
            found[document.id].sort(key=lambda each: each.paid_at)
    return found


def by_credit(session: Session, documents: Sequence[Document]) -> dict[str, list[Transfer]]:
    """Return the postings by which credit has paid each of these while it was open, the oldest first."""
    found: dict[str, list[Transfer]] = {each.id: [] for each in documents}
    if not found:
        return found
    for row in session.scalars(
        select(Transfer)
        .where(
            Transfer.customer_id == documents[0].customer_id,
            Transfer.source_type == CREDIT_PAYMENT,
            Transfer.kind == CREDIT_APPLIED,
            func.substr(Transfer.source_id, 1, INVOICE_ID).in_(found),
        )
        .order_by(Transfer.booked_at, Transfer.id)
    ):
        found[row.source_id.partition(":")[0]].append(row)
    return found


def _from_credit(rows: Mapping[str, list[Transfer]], documents: Sequence[Document]) -> list[PaidBy]:
    return [
        PaidBy("", Money(row.amount // per_minor(each.currency), each.currency), row.booked_at, CREDIT, each)
        for each in documents
        for row in rows.get(each.id, ())
    ]


@in_english
def settled(document: Document) -> tuple[datetime | None, str]:
    """Return when an invoice was paid of which nothing is to be paid any more, and how; nothing, where nobody paid.

    It is the day of the last payment that pays it, and its way to pay, or that there are several.
    """
    found = of(document)
    if found:
        ways = {each.paid_with for each in found}
        return max(each.paid_at for each in found), found[0].paid_with if len(ways) == 1 else SEVERAL
    if not document.credited_minor or document.paid_minor:
        return document.paid_at, document.paid_with
    return (document.issued_at, CREDIT) if document.credits_applied_minor else (None, "")


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
    unpaid = {each.id: carrying.by_money(each) for each in invoices}
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


def _own(session: Session, documents: Sequence[Document]) -> dict[str, list[tuple[Arrived, int]]]:
    """Return what has paid each of these invoices itself, and how much of it."""
    paid = {each.id: each for each in documents if carrying.by_money(each) > 0}
    bought = {each.id: each.payment_id or "" for each in paid.values() if _is_bought(each)}
    names = {each.id: carrying.collectors(session, each) for each in paid.values() if each.id not in bought}
    if not paid:
        return {}
    wanted = {name for each in names.values() for name in each}
    rows = arrived(session, Payment.id.in_(bought.values()) | Payment.document_id.in_(wanted))
    found = dict[str, list[tuple[Arrived, int]]]()
    for each in paid.values():
        own = carrying.by_money(each)
        mine = [row for row in rows if _has_paid(row.payment, each.id, bought, names)]
        found[each.id] = [(mine[0], own)] if len(mine) == 1 else _parts(session, each, names.get(each.id, []))
    return found


def _has_paid(payment: Payment, document_id: str, bought: Mapping[str, str], names: Mapping[str, list[str]]) -> bool:
    return payment.id == bought.get(document_id) or payment.document_id in names.get(document_id, [])


def _parts(session: Session, document: Document, names: Sequence[str]) -> list[tuple[Arrived, int]]:
    """Return what each of several payments has paid of an invoice."""
    if not names:
        return []
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
