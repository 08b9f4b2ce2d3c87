"""A pro-forma asks for what is due of its invoice: it ends where that becomes another amount."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.bank_transfers.allocation import Standing
from app.models.bank_transfers import ProForma
from app.models.documents import Document
from app.services.bank_transfers import orders
from app.services.invoices import carrying
from app.services.ledger.posting import Books

BY = "purser"
"""Who cancels it: nobody has asked for that."""


def end_others(books: Books) -> None:
    """Cancel the pro-formas of the customer's invoices that ask for another amount than is due; the caller commits.

    One that is being paid, or whose invoice asks for nothing any more, is left to say so by itself.
    """
    rows = books.session.execute(
        orders.every()
        .where(ProForma.customer_id == books.customer_id, ProForma.state == "open", ProForma.document_id.is_not(None))
        .execution_options(populate_existing=True)
    ).all()
    for pro_forma, payment, invoice in rows:
        waits = orders.standing_of(pro_forma, payment, invoice) is Standing.WAITING
        if waits and due_of(books.session, pro_forma) != pro_forma.amount_minor:
            orders.close(books.session, pro_forma, "canceled", BY)


def due_of(session: Session, pro_forma: ProForma) -> int:
    """Return what is to be paid now of the invoice that the pro-forma is for, in minor units; 0: nothing."""
    document = session.scalars(
        select(Document).where(Document.customer_id == pro_forma.customer_id, Document.id == pro_forma.document_id)
    ).one_or_none()
    return carrying.to_collect(session, document) if document is not None and document.carried_to_id is None else 0
