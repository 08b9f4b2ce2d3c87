"""The balance that a session's question brings along: the badge of an open page costs no statement of its own."""

from sqlalchemy import ScalarSelect, bindparam, literal, or_, select

from app.domain.ledger import CREDITS
from app.models.customers import Customer
from app.models.database import UtcDateTime
from app.models.ledger import Account, Grant
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


REMAINING = _remaining()
"""Built once: it takes longer to build than to ask."""
