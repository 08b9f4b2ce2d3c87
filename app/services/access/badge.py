"""What a session's question brings along: the badge's balance and the sidebar's count."""

from sqlalchemy import ScalarSelect, bindparam, func, literal, or_, select

from app.domain.invoices.documents import Kind, State
from app.domain.ledger import CREDITS
from app.domain.payments import PaymentState
from app.models.customers import Customer
from app.models.database import UtcDateTime
from app.models.documents import Document
from app.models.ledger import Account, Grant
from app.models.payments import Payment
from app.models.usage import Spending

NOW = "badge_now"


def _remaining() -> ScalarSelect[int]:
    """Return the remaining credits of the customer asked about; null where a grant has begun or is over by itself.

    `balance.numbers()` says the same, and says it then too.
    """
    now = bindparam(NOW, type_=UtcDateTime())
    moves = or_(Grant.is_to_begin(now), Grant.is_over(now))
    return (
        select(Account.balance - Spending.unposted_micros)
        .where(
            Account.customer_id == Customer.customer_id,
            Account.name == CREDITS,
            Account.unit == literal("credits:") + Customer.credit_unit,
            Spending.customer_id == Customer.customer_id,
            ~select(Grant.id).where(Grant.customer_id == Customer.customer_id, moves).exists(),
        )
        .correlate(Customer)
        .scalar_subquery()
    )


def _invoices_due() -> ScalarSelect[int]:
    """Return how many invoices the customer asked about has to pay: none that a bank is working on, or too small."""
    processing = (
        select(Payment.id)
        .where(
            Payment.customer_id == Document.customer_id,
            Payment.document_id == Document.id,
            Payment.state == PaymentState.PROCESSING.value,
        )
        .exists()
    )
    return (
        select(func.count(Document.id))
        .where(
            Document.customer_id == Customer.customer_id,
            Document.kind == Kind.INVOICE.value,
            Document.state == State.OPEN.value,
            Document.due_on.is_not(None),
            Document.carried_to_id.is_(None),
            ~processing,
        )
        .correlate(Customer)
        .scalar_subquery()
    )


INVOICES_DUE = _invoices_due()
REMAINING = _remaining()
"""Built once: it takes longer to build than to ask."""
