"""Pay an invoice that is due by bank transfer: a pro-forma asks for exactly what is due, and cash pays it whole.

An invoice that was paid, changed or is being paid otherwise meanwhile takes none: what was sent stays the customer's.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import locale
from app.domain.bank_transfers.allocation import Standing
from app.domain.catalog import Catalog
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.money import Money
from app.domain.payments import OPEN, Purpose
from app.domain.people.members import Orderer
from app.models.bank_transfers import ProForma
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.payments import Payment
from app.services.bank_transfers import allocation, placing
from app.services.bank_transfers.orders import Ordered
from app.services.bank_transfers.placing import Wanted
from app.services.invoices import carrying
from app.services.receivables import paying

_OPEN = [state.value for state in OPEN]


def order(actor: Orderer, document_id: str, *, form_key: str, amount: Money | None) -> ProForma:
    """Order that an invoice is paid by bank transfer; return the pro-forma, the one that waits if there is one.

    `amount` is what was seen: what is to be paid now, or it is refused (409, `amount_changed`); None: whatever it is.
    Refuses (404) what is not this customer's, (409) an invoice that is not to be paid, and as `placing.place` does.
    """

    def wanted(session: Session, customer: Customer, _catalog: Catalog) -> Wanted:
        document = _read(session, customer.customer_id, document_id)
        if document is None or document.number is None:
            raise NotFound("invoice")
        due = Money(carrying.to_collect(session, document), document.currency)
        refused = paying.why_not(document, due) or paying.under_way(document)
        if refused is not None:
            raise refused
        if amount is not None and due != amount:
            words = _(
                "{amount} is to be paid now. Check it, then press the button again. Nothing was charged.",
                amount=locale.exact(due),
            )
            raise Refused(words, "amount_changed", 409, "amount")
        return Wanted(Purpose.INVOICE, due, document_id=document.id)

    return placing.place(actor, form_key, wanted)


def asked_anew(ordered: Ordered) -> Money | None:
    """Return what the invoice of a cancelled pro-forma asks for now, to be ordered anew; None: nothing."""
    pro_forma = ordered.pro_forma
    if ordered.standing is not Standing.CANCELED or not pro_forma.document_id:
        return None
    document = _read(db.session(), pro_forma.customer_id, pro_forma.document_id)
    if document is None:
        return None
    due = Money(carrying.to_collect(db.session(), document), document.currency)
    is_another = due.amount_minor != pro_forma.amount_minor  # the same amount: a member has cancelled it
    return due if is_another and paying.why_not(document, due) is None else None


@allocation.checks(Purpose.INVOICE.value)
def is_to_be_paid(session: Session, pro_forma: ProForma) -> bool:
    """Say whether the invoice is still due by exactly this amount, and nothing else pays it just now."""
    document = _read(session, pro_forma.customer_id, pro_forma.document_id or "")
    if document is None:
        return False
    due = Money(carrying.to_collect(session, document), document.currency)
    if paying.why_not(document, due) is not None or due.amount_minor != pro_forma.amount_minor:
        return False
    under_way = select(Payment.id).where(
        Payment.customer_id == document.customer_id, Payment.document_id == document.id, Payment.state.in_(_OPEN)
    )
    return not session.scalar(select(under_way.exists()))


def _read(session: Session, customer_id: str, document_id: str) -> Document | None:
    return session.scalars(
        select(Document)
        .where(Document.customer_id == customer_id, Document.id == document_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
