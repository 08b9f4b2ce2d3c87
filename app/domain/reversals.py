"""Money that goes back: refunds by the seller and disputes by the customer's bank."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.errors import ensure
from app.domain.money import Money, divided
from app.domain.payments import PaymentState


class RefundState(StrEnum):
    """Where a refund is (Stripe's Refund.status, with our own `created` before it)."""

    CREATED = "created"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class DisputeState(StrEnum):
    """Where a dispute is: open (the credit is held), won (released) or lost (clawed back)."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True)
class ProcessorRefund:
    """A refund as the processor has it now."""

    id: str
    intent_id: str
    amount: Money
    state: RefundState
    refund_id: str
    """Our refund, from its metadata; empty when it was made elsewhere, as in the processor's dashboard."""
    created_at: datetime
    problem: str = ""
    """Why it failed, in the processor's word."""


@dataclass(frozen=True)
class ProcessorDispute:
    """A dispute as the processor has it now."""

    id: str
    intent_id: str
    amount: Money | None
    """What the bank claims; None: no amount of a currency that we know."""
    claimed: str
    """The same in words."""
    state: DisputeState
    reason: str
    created_at: datetime
    respond_by: datetime | None = None


# A refund that succeeded may still come back: the customer's bank refuses the money days later.
REFUND_ARROWS: dict[RefundState, frozenset[RefundState]] = {
    RefundState.CREATED: frozenset(
        {RefundState.PENDING, RefundState.SUCCEEDED, RefundState.FAILED, RefundState.CANCELED}
    ),
    RefundState.PENDING: frozenset({RefundState.SUCCEEDED, RefundState.FAILED, RefundState.CANCELED}),
    RefundState.SUCCEEDED: frozenset({RefundState.FAILED, RefundState.CANCELED}),
    RefundState.FAILED: frozenset(),
    RefundState.CANCELED: frozenset(),
}
OPEN_REFUNDS = frozenset({RefundState.CREATED, RefundState.PENDING})
BOOKED_REFUNDS = frozenset({RefundState.PENDING, RefundState.SUCCEEDED})
"""The processor has them: the money and the credit are gone."""
STANDING_REFUNDS = BOOKED_REFUNDS | {RefundState.CREATED}
"""They count against what was received."""
# A bank may give a lost dispute back in the end; what it has given back it does not take again.
DISPUTE_ARROWS: dict[DisputeState, frozenset[DisputeState]] = {
    DisputeState.OPEN: frozenset({DisputeState.WON, DisputeState.LOST}),
    DisputeState.LOST: frozenset({DisputeState.WON}),
    DisputeState.WON: frozenset(),
}
STANDING_DISPUTES = frozenset({DisputeState.OPEN, DisputeState.LOST})


def credits_due(*, reversed_minor: int, received_minor: int, bought: int, taken: int) -> int:
    """Return the credit (micros) still to be taken when `reversed_minor` of the money received has gone back in all.

    `taken` has gone before. The share of the whole is rounded, not each part, so that parts that add up to the
    payment take exactly what it bought (AC-42).
    """
    ensure(0 < reversed_minor <= received_minor, f"{reversed_minor} of {received_minor} goes back")
    return max(0, divided(bought * reversed_minor, received_minor) - taken)


def credits_taken(due: int, *, remaining: int, gone: int) -> int:
    """Return how much of `due` leaves the balance: what remains of the purchase first, then what was used of it.

    `gone` has expired or was taken back before: it left the balance then, and does not leave it again.
    """
    own = min(due, remaining)
    return own + max(0, due - own - gone)


def state_after(*, received_minor: int, refunded_minor: int, lost_minor: int) -> PaymentState:
    """Return where a paid payment stands by what has gone back of it: lost to a dispute, refunded whole, or paid."""
    if lost_minor:
        return PaymentState.DISPUTED
    return PaymentState.REFUNDED if refunded_minor == received_minor else PaymentState.SUCCEEDED
