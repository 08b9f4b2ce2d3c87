"""The cash that a customer has sent to the processor and that no payment has taken yet: what moves it, and how."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.language import marked
from app.domain.money import Money

NOT_USED_YET = marked("your money under Not used yet")
"""Where a refund of a payment by bank transfer goes: no bank has it, and it pays the next order."""


class MovementKind(StrEnum):
    """What moved a customer's cash. The words are Stripe's types of cash balance transaction."""

    FUNDED = "funded"
    APPLIED = "applied_to_payment"
    UNAPPLIED = "unapplied_from_payment"
    REFUNDED = "refunded_from_payment"
    RETURN_INITIATED = "return_initiated"
    RETURN_CANCELED = "return_canceled"
    FUNDING_REVERSED = "funding_reversed"
    TRANSFERRED = "transferred_to_balance"
    OVERDRAFT = "adjusted_for_overdraft"
    OTHER = "other"
    """A kind that the processor has added since."""


@dataclass(frozen=True)
class ProcessorMovement:
    """One movement of a customer's cash, as the processor has it."""

    id: str
    kind: MovementKind
    amount_minor: int
    """Signed: below zero it has left the cash."""
    currency: str
    created_at: datetime
    intent_id: str = ""
    """The processor's payment that it was applied to or came from."""
    refund_id: str = ""
    reference: str = ""
    """What the sender wrote into the transfer."""
    sender: str = ""

    @property
    def amount(self) -> Money:
        """How much it moved, without its sign."""
        return Money(abs(self.amount_minor), self.currency)
