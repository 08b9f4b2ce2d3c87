"""An invoice of less than the payment processor charges is collected with the next one: no charge, and never twice.

Which payments have paid an invoice follows from that, and from which took the place of which.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.domain import processor_amounts
from app.domain.errors import ensure
from app.domain.invoices.documents import Kind, State
from app.models.corrections import Correction
from app.models.documents import Document
from app.models.payments import OPEN_STATES, Payment
from app.services.customers import rests
from app.services.ledger.posting import Books


def is_chargeable(minor: int, currency: str) -> bool:
    """Say whether the processor charges so much."""
    return minor >= processor_amounts.bounds(currency)[0].amount_minor


def own_due(document: Document) -> int:
    """Return what of the invoice alone is still to be paid."""
    return document.payable_minor - document.paid_minor - document.credited_minor


def by_money(document: Document) -> int:
    """Return what payments have paid of the invoice itself: not credit, nor what it has taken over."""
    return document.paid_minor - document.taken_over_minor - document.credit_paid_minor


def carried_to(session: Session, document: Document) -> Sequence[Document]:
    """Return the earlier invoices that this one collects itself."""
    return session.scalars(
        select(Document)
        .where(Document.customer_id == document.customer_id, Document.carried_to_id == document.id)
        .order_by(Document.issued_at, Document.id)
    ).all()


def collected_with(session: Session, document: Document) -> list[Document]:
    """Return the earlier invoices that are collected with this one, and those that are collected with them."""
    rows = carried_to(session, document)
    return [each for row in rows for each in (*collected_with(session, row), row)]


def collectors(session: Session, document: Document) -> list[str]:
    """Return the ids of the invoices whose payment pays this one: itself, and each later one that it is carried to."""
    found, to = [document.id], document.carried_to_id
    while to is not None:
        found.append(to)
        to = session.scalar(
            select(Document.carried_to_id).where(Document.customer_id == document.customer_id, Document.id == to)
        )
    return found


def standing(session: Session, document: Document) -> Document:
    """Return the invoice in whose place none is: this one, or the last that took its place."""
    while document.is_corrected:
        document = session.scalars(
            select(Document)
            .join(
                Correction,
                (Correction.customer_id == Document.customer_id) & (Correction.replacement_id == Document.id),
            )
            .where(Correction.customer_id == document.customer_id, Correction.corrected_id == document.id)
            .execution_options(populate_existing=True)
        ).one()
    return document


def taken_over(session: Session, document: Document) -> list[tuple[Document, Correction]]:
    """Return the invoices whose payments it has taken over, each with the correction of it, the newest first."""
    return taken_over_by(session, [document])[document.id]


def taken_over_by(session: Session, documents: Sequence[Document]) -> dict[str, list[tuple[Document, Correction]]]:
    """Return what `taken_over` says of each of these: a step of all of them in one statement."""
    before, level = dict[str, tuple[Document, Correction]](), list(documents)
    while names := [each.id for each in level if each.taken_over_minor]:
        rows = session.execute(
            select(Document, Correction)
            .join(
                Correction, (Correction.customer_id == Document.customer_id) & (Correction.corrected_id == Document.id)
            )
            .where(Correction.customer_id == level[0].customer_id, Correction.replacement_id.in_(names))
        ).all()
        before |= {made.replacement_id: (each, made) for each, made in rows}
        level = [each for each, _made in rows if each.id not in before]
    return {each.id: _chain(each, before) for each in documents}


def _chain(document: Document, before: Mapping[str, tuple[Document, Correction]]) -> list[tuple[Document, Correction]]:
    found = list[tuple[Document, Correction]]()
    while document.taken_over_minor:
        found.append(before[document.id])
        document = found[-1][0]
    return found


def paying(session: Session, document: Document) -> list[str]:
    """Return the ids of the invoices whose payments have paid it: itself, a later one, or one that it was before."""
    chain = [document, *(each for each, _made in taken_over(session, document))]
    return [name for each in chain if by_money(each) > 0 for name in collectors(session, each)]


def from_credit(session: Session, document: Document) -> int:
    """Return what credit has paid of it, when it was written or later; also of what it has taken over."""
    later = sum(each.credit_paid_minor for each in [document, *(each for each, _made in taken_over(session, document))])
    return document.credits_applied_minor + later


def payers(session: Session, document: Document) -> Sequence[Payment]:
    """Return the payments that have paid it, the newest first: itself, with a later one, or what it was before."""
    names = paying(session, document)
    return session.scalars(
        select(Payment)
        .where(
            Payment.customer_id == document.customer_id,
            Payment.received_minor > 0,
            or_(Payment.id == document.payment_id, Payment.document_id.in_(names)),
        )
        .order_by(Payment.created_at.desc(), Payment.id.desc())
    ).all()


def paid_by(session: Session, document: Document) -> list[Document]:
    """Return what a payment of this invoice pays: those carried over to it that are open, the oldest first; then it.

    A small one that the seller has given up is not among them. What is asked for and what is paid follow this alone.
    """
    if document.state not in {State.OPEN, State.UNCOLLECTIBLE}:
        return []
    return [*(each for each in collected_with(session, document) if each.state == State.OPEN), document]


def to_collect(session: Session, document: Document) -> int:
    """Return what a payment of this invoice collects: what is due of it, and what was carried over to it."""
    return sum(own_due(each) for each in paid_by(session, document))


def waiting(books: Books) -> list[Document]:
    """Return the open invoices that are too small for a charge and that no later one collects yet."""
    rows = books.session.scalars(
        select(Document)
        .where(
            Document.customer_id == books.customer_id,
            Document.kind == Kind.INVOICE.value,
            Document.state == State.OPEN.value,
            Document.carried_to_id.is_(None),
        )
        .order_by(Document.issued_at, Document.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    paying = set(
        books.session.scalars(
            select(Payment.document_id).where(
                Payment.customer_id == books.customer_id, Payment.document_id.is_not(None), OPEN_STATES
            )
        )
    )
    rows = [each for each in rows if each.id not in paying and not rests.is_left_alone(books.session, each)]
    dues = [(each, to_collect(books.session, each)) for each in rows]
    return [each for each, due in dues if due > 0 and not is_chargeable(due, each.currency)]


def carry(books: Books, documents: Sequence[Document], to: Document) -> None:
    """Let these be collected with that one."""
    for each in documents:
        ensure(each.carried_to_id is None, f"{each.id} is carried over already")
        each.carried_to_id = to.id
    books.session.flush()
