"""What the cash that a customer has sent pays: whole orders, never a part of one, and each sum once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

LONGEST_LIST = 20
"""So many pro-formas may wait for a customer's transfer at once."""
LOOK_WHILE_WAITING, LOOK_AT_REST = timedelta(hours=1), timedelta(days=1)
"""How often the processor is asked what has moved a customer's cash, beside its webhooks."""
LOOK_SOON = timedelta(minutes=5)
"""When it is asked again after a payment was begun: should that come to nothing, the cash is there again."""


class Standing(StrEnum):
    """Where a pro-forma is."""

    WAITING = "waiting"
    PAYING = "paying"
    """The cash is there and is being taken."""
    PAID = "paid"
    CANCELED = "canceled"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Order:
    """A pro-forma that waits: how much it asks for, in minor units."""

    id: str
    minor: int


def paid_by(available: int, waiting: Sequence[Order]) -> list[Order]:
    """Return which orders the available cash pays, from these, the oldest first.

    One that asks for exactly what is there is paid first: the customer has sent it for that. Else the oldest is paid
    while it is covered whole; none is passed over for a later one that costs less.
    """
    left, paid = list(waiting), list[Order]()
    while left:
        exact = next((each for each in left if each.minor == available), None)
        chosen = exact or (left[0] if left[0].minor <= available else None)
        if chosen is None:
            break
        paid.append(chosen)
        left.remove(chosen)
        available -= chosen.minor
    return paid


def missing(minor: int, available: int) -> int:
    """Return how much is still to be sent for an order beside the cash that is there."""
    return max(0, minor - max(0, available))


def shares(available: int, waiting: Sequence[Order]) -> dict[str, int]:
    """Return how much of the cash that is there counts for each order, from these, the oldest first."""
    left, counted = max(0, available), dict[str, int]()
    for each in waiting:
        counted[each.id] = min(left, each.minor)
        left -= counted[each.id]
    return counted
