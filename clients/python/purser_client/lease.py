"""A lease: hold a block once, spend it in this process, and capture what was used when it is used up."""

import threading
import time
from decimal import Decimal
from types import TracebackType
from typing import Self

from purser_client.client import Answer, Purser, Refused, Unavailable

MARGIN = 5.0
"""Seconds before a hold expires in which nothing more is spent from it, so that it can still be captured."""
NO_ANSWER = Answer(False, "", Decimal(0), Decimal(0), "unavailable", None)


class Lease:
    """Spends a customer's credits, or units of a meter, block by block. Threads may share it."""

    def __init__(
        self,
        purser: Purser,
        customer: str,
        *,
        credits: Decimal | None = None,  # noqa: A002  # the API's word
        meter: str | None = None,
        quantity: int | None = None,
        ttl_seconds: int = 300,
        pause: float = 1.0,
    ) -> None:
        """Spend blocks of `credits`, or of a `quantity` of a `meter`. After a no, ask nothing for `pause` seconds."""
        if (credits is None) == (meter is None) or (meter is None) != (quantity is None):
            raise ValueError("Name credits, or a meter and a quantity.")
        if ttl_seconds <= 2 * MARGIN:
            raise ValueError(f"A lease is longer than {2 * MARGIN:.0f} seconds.")
        self._purser, self._customer, self._meter = purser, customer, meter
        self._block = Decimal(credits if credits is not None else quantity or 0)
        self._ttl, self._pause = ttl_seconds, pause
        self._lock = threading.Lock()
        self._hold, self._left, self._used = "", Decimal(0), Decimal(0)
        self._ends, self._asks_again = 0.0, 0.0
        self.refusal: Answer | None = None
        """Why the last block was refused; None while there is one."""

    def spend(self, amount: Decimal | int) -> bool:
        """Spend so much, and say whether it was allowed. Asks Purser only when the block does not hold it.

        With Purser away the answer is no. What was used of the last block stays to be captured.
        """
        if amount <= 0:
            raise ValueError("Spend more than zero.")
        with self._lock:
            if amount > self._left or time.monotonic() >= self._ends:
                if time.monotonic() < self._asks_again:
                    return False
                if not self._take(Decimal(amount)):
                    return False
            self._left -= amount
            self._used += amount
            return True

    def settle(self) -> None:
        """Capture what was used and give the rest back. The next `spend` takes a new block."""
        with self._lock:
            self._settle()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.settle()

    def _settle(self) -> None:
        hold, used = self._hold, self._used
        self._left = Decimal(0)
        if not hold:
            return
        try:
            if used == 0:
                self._purser.release(hold)
            elif self._meter is None:
                self._purser.capture(hold, credits=used)
            else:
                self._purser.capture(hold, quantity=int(used))
        except Unavailable:
            raise  # what was used is still to be captured
        except Refused:
            self._hold, self._used = "", Decimal(0)  # it is over: asking again would change nothing
            raise
        self._hold, self._used = "", Decimal(0)

    def _take(self, amount: Decimal) -> bool:
        try:
            self._settle()
        except Unavailable:
            return self._no(NO_ANSWER)
        wanted = max(self._block, amount)
        began = time.monotonic()
        answer = self._ask(wanted)
        if not answer.allowed and amount < wanted:
            # Less than a block may still be there. Of credits it was said how much, of a meter's units it was not.
            wanted = amount if self._meter is not None else max(amount, answer.available_to_use)
            answer = self._ask(wanted)
        if not answer.allowed:
            return self._no(answer)
        self.refusal, self._hold, self._left = None, answer.authorization, wanted
        self._ends = began + self._ttl - MARGIN
        return True

    def _no(self, answer: Answer) -> bool:
        self.refusal, self._asks_again = answer, time.monotonic() + self._pause
        return False

    def _ask(self, amount: Decimal) -> Answer:
        try:
            if self._meter is None:
                return self._purser.authorize(self._customer, credits=amount, ttl_seconds=self._ttl)
            return self._purser.authorize(
                self._customer, meter=self._meter, quantity=int(amount), ttl_seconds=self._ttl
            )
        except Refused as refusal:
            if refusal.status != 429:
                raise
            return Answer(False, "", Decimal(0), Decimal(0), refusal.reason, None)
