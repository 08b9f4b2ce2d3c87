"""When an automatic charge is tried again after the bank said no, and when it is not until the customer does something.

Counted from the payments themselves, so that nothing has to be kept in step with them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from app.domain.payments import AUTHENTICATION_REQUIRED, METHOD_REMOVED

WAITS = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
"""How long to wait after the first, the second and the third decline in a row. After the fourth nothing is tried."""
NOT_CONFIRMED, GIVEN_UP = "not_confirmed", "given_up"
ASKS_CUSTOMER = frozenset({AUTHENTICATION_REQUIRED, NOT_CONFIRMED, GIVEN_UP})
"""The bank has asked the customer, who has not answered or has given up: asking again without them is no use."""
NO_DECLINE = frozenset({"unavailable", "interrupted", METHOD_REMOVED, "paid_otherwise"})
"""Nobody has declined: the processor was away, the process was, or the method is gone."""
NEVER_AGAIN = frozenset({"refused_by_processor"})
"""The processor has refused the request itself: a person of the seller must look first."""


@dataclass(frozen=True)
class Ended:
    """An automatic charge of one card that has ended without money, and why."""

    at: datetime
    code: str
    was_asked: bool = False
    """Whether the bank has asked the customer."""

    @property
    def is_decline(self) -> bool:
        """Whether anybody has said no. One that was begun and not confirmed in time was interrupted, unless asked."""
        return self.code not in NO_DECLINE and (self.code != NOT_CONFIRMED or self.was_asked)


@dataclass(frozen=True)
class Retry:
    """Whether and when the same card may be charged again."""

    declines: int = 0
    at: datetime | None = None
    """Not before then; None: at once."""
    suspended_by: str = ""
    """Why nothing is tried any more until another card is used or a payment with this one succeeds; empty: it is."""


FREE = Retry()
Method = TypeVar("Method")


def after(ended: Sequence[Ended], allowed_at: datetime | None = None) -> Retry:
    """Return what follows from the charges of one card that ended since its last success, the oldest first.

    `allowed_at` is when the customer last gave consent: a question of the bank's from before is answered by that.
    """
    declines = [each for each in ended if each.is_decline and not _is_answered(each, allowed_at)]
    if not declines:
        return FREE
    last = declines[-1]
    if last.code in ASKS_CUSTOMER | NEVER_AGAIN:
        return Retry(len(declines), None, last.code)
    if len(declines) > len(WAITS):
        return Retry(len(declines), None, last.code or "declined")
    return Retry(len(declines), last.at + WAITS[len(declines) - 1])


def next_to_charge(methods: Iterable[tuple[Method, Retry]], now: datetime) -> tuple[Method | None, Retry]:
    """Return the first of the methods that may be charged now, else the first of all, with what keeps it from that."""
    first: tuple[Method | None, Retry] = (None, FREE)
    for method, retry in methods:
        if not retry.suspended_by and (retry.at is None or retry.at <= now):
            return method, retry
        if first[0] is None:
            first = (method, retry)
    return first


def _is_answered(ended: Ended, allowed_at: datetime | None) -> bool:
    return ended.code in ASKS_CUSTOMER and allowed_at is not None and ended.at < allowed_at
