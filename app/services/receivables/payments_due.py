"""Which invoices are to be paid now, for the customer in scope: one statement, and one more for each correction."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app import clock
from app.domain.invoices.documents import Kind, State
from app.domain.money import Money
from app.domain.payments import OPEN, PaymentState
from app.models.database import db
from app.models.documents import Document
from app.models.payments import Payment
from app.services.customers import rests
from app.services.invoices import carrying

MOST = 500
"""So many open invoices are looked at, the oldest first."""
_OPEN = [state.value for state in OPEN]


@dataclass(frozen=True)
class PaymentDue:
    """An invoice that is open: what a payment of it comes to now, and the payment that is under way."""

    document: Document
    amount: Money
    payment: Payment | None
    is_left_alone: bool
    """Whether it is the rest of a correction that is not collected: what was paid is gone, or was disputed."""

    @property
    def is_processing(self) -> bool:
        """Whether a bank takes days: it is neither due nor paid."""
        return self.payment is not None and self.payment.state == PaymentState.PROCESSING

    @property
    def is_carried_over(self) -> bool:
        """Whether it is collected with a later invoice, because it is too little for a charge."""
        small = not carrying.is_chargeable(self.amount.amount_minor, self.amount.currency)
        return self.document.carried_to_id is not None or small

    @property
    def is_due(self) -> bool:
        """Whether the customer has to pay it by itself."""
        return not self.is_processing and not self.is_carried_over

    @property
    def is_overdue(self) -> bool:
        """Whether the day by which it had to be paid is over, and it is collected."""
        if self.is_left_alone:
            return False
        return self.is_due and self.document.due_on is not None and self.document.due_on < clock.now().date()


def processing(documents: Sequence[Document]) -> set[str]:
    """Return which of the documents, of the customer in scope, a bank takes days to pay."""
    asked = [each.id for each in documents if each.state == State.OPEN.value]
    if not asked:
        return set()
    found = select(Payment.document_id).where(
        Payment.document_id.in_(asked), Payment.state == PaymentState.PROCESSING.value
    )
    return {each for each in db.session.scalars(found) if each}


def standing() -> dict[str, PaymentDue]:
    """Return the open invoices by their id, the oldest first."""
    rows = db.session.execute(
        select(Document, Payment)
        .outerjoin(
            Payment,
            (Payment.customer_id == Document.customer_id)
            & (Payment.document_id == Document.id)
            & Payment.state.in_(_OPEN),
        )
        .where(Document.kind == Kind.INVOICE.value, Document.state == State.OPEN.value)
        .order_by(Document.issued_at, Document.id)
        .limit(MOST)
    ).all()
    documents = {document.id: document for document, _payment in rows}

    def collected(document: Document) -> int:
        own = carrying.own_due(document)
        return own + sum(collected(each) for each in documents.values() if each.carried_to_id == document.id)

    return {
        document.id: PaymentDue(
            document,
            Money(collected(document), document.currency),
            payment,
            rests.is_left_alone(db.session(), document),
        )
        for document, payment in rows
    }
