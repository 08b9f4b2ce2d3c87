"""What of the payment of a corrected invoice goes back: how much, where to, and how that stands."""

from dataclasses import dataclass

from sqlalchemy import or_, select

from app.domain.bank_transfers.cash import NOT_USED_YET
from app.domain.methods import Rail
from app.domain.money import Money
from app.domain.payments import method_name
from app.domain.reversals import BOOKED_REFUNDS, OPEN_REFUNDS, RefundState
from app.models.corrections import Correction
from app.models.database import db
from app.models.documents import Document
from app.models.payments import Payment, PaymentMethod
from app.models.reversals import Refund


@dataclass(frozen=True)
class Difference:
    """The refund of a correction's difference. A new one takes the place of one that did not arrive."""

    refund_id: str
    amount: Money
    to: str
    state: RefundState
    purchase: str
    """The payment whose page shows it; empty where the payment has bought nothing."""

    @property
    def is_on_its_way(self) -> bool:
        """Whether the processor has not said yet that it arrived."""
        return self.state in OPEN_REFUNDS

    @property
    def has_failed(self) -> bool:
        """Whether it did not arrive: the seller sends it again."""
        return self.state not in OPEN_REFUNDS | BOOKED_REFUNDS


def of(document: Document) -> Difference | None:
    """Return what goes back by the correction that made this document of the customer in scope, if anything does."""
    if document.source_type != "correction":
        return None
    row = db.session.execute(
        select(Correction.difference_minor, Refund, Payment, PaymentMethod)
        .join(Refund, (Refund.customer_id == Correction.customer_id) & (Refund.id == Correction.refund_id))
        .join(Payment, (Payment.customer_id == Refund.customer_id) & (Payment.id == Refund.payment_id))
        .outerjoin(
            PaymentMethod,
            (PaymentMethod.customer_id == Payment.customer_id) & (PaymentMethod.id == Payment.method_id),
        )
        .where(or_(Correction.credit_note_id == document.id, Correction.replacement_id == document.id))
    ).one_or_none()
    if row is None:
        return None
    minor, refund, payment, method = row
    return Difference(
        refund.id,
        Money(minor, refund.currency),
        _where(payment, method),
        RefundState(refund.state),
        payment.id if payment.document_id is None else "",
    )


def _where(payment: Payment, method: PaymentMethod | None) -> str:
    if payment.rail == Rail.BANK_TRANSFER:
        return NOT_USED_YET
    return method_name(method.brand, method.last4) if method else method_name(payment.rail)
