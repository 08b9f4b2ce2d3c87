"""What a correction added to an invoice, and is still due, where what was paid of that invoice is gone or disputed.

It asks for money, but nothing is charged for it by itself and it suspends nobody: what it was for may be undone.
docs/decisions/0049-what-goes-back-is-counted-once.md says why.
"""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.models.corrections import Correction
from app.models.documents import Document
from app.models.payments import Payment


def is_only_rest(document: Document) -> bool:
    """Say whether all that was paid of an open invoice went back, and what its correction added is due on."""
    money_back = document.returned_minor - document.credited_minor
    is_open = document.state == "open" and document.source_type == "correction"
    due = document.payable_minor - document.paid_minor - document.credited_minor
    return is_open and 0 < document.paid_minor <= money_back and due > 0


def is_left_alone(session: Session, document: Document) -> bool:
    """Say whether the open invoice is the rest of one whose money is gone, or whose money a bank may take back."""
    return is_only_rest(document) or (document.taken_over_minor > 0 and _is_disputed(session, document))


def _is_disputed(session: Session, document: Document) -> bool:
    """Say whether a payment is disputed that has paid what the invoice took the place of."""
    names, at = set[str](), [document.id]
    while at:
        names |= set(at)
        at = list(
            session.scalars(
                select(Correction.corrected_id).where(
                    Correction.customer_id == document.customer_id,
                    Correction.replacement_id.in_(at),
                    Correction.corrected_id.not_in(names),
                )
            )
        )
    rows = select(Document.carried_to_id).where(Document.customer_id == document.customer_id, Document.id.in_(names))
    later = {each for each in session.scalars(rows) if each is not None}
    return (
        session.scalar(
            select(Payment.id)
            .where(
                Payment.customer_id == document.customer_id,
                Payment.disputed_minor > 0,
                or_(Payment.id == document.payment_id, Payment.document_id.in_(names | later)),
            )
            .limit(1)
        )
        is not None
    )
