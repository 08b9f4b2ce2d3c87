"""A lease: hold a block once, spend it in this process, and capture what was used when it is used up."""

import threading
import time
from contextlib import suppress
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from purser_client.bodies import Invalid
from purser_client.client import Answer, Purser, Refused, Unavailable

MARGIN = 5.0
"""Seconds before a hold expires in which nothing more is spent from it, so that it can still be captured."""
OVER = {"authorization_expired", "authorization_released"}
BY_SIZE = {"insufficient_credits", "daily_limit", "plan_limit"}
"""Refusals of a block that a smaller one may not meet."""
PLACES = 6
"""Decimals of credits."""


class NotCharged(Refused):
    """What a lease spent could not be charged: its hold was over, and Purser refused to take it anew.

    The lease keeps it and tries again at the next `settle` or `spend`, until `write_off` is called. `amount` is of
    credits, or of units of the `meter`.
    """

    def __init__(self, refusal: Refused, customer: str, meter: str | None, amount: Decimal) -> None:
        super().__init__(
            refusal.status,
            refusal.reason,
            refusal.detail,
            errors=refusal.errors,
            request_id=refusal.request_id,
            retry_after=refusal.retry_after,
        )
        self.customer, self.meter, self.amount = customer, meter, amount


class Lease:
    """Spends a customer's credits, or units of a meter, block by block. Threads may share it.

    Near a limit blocks are halved until one fits, and stay so small until another one of their size fits.
    """

    nothing = Decimal(0)

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
        self._block = _exact(credits if credits is not None else quantity, meter)
        self._size = self._block
        self._ttl, self._pause = ttl_seconds, pause
        self._lock = threading.Lock()
        self._hold, self._left, self._used = "", Decimal(0), Decimal(0)
        self._ends, self._asks_again = 0.0, 0.0
        self._late_tries = 0
        self._timer: threading.Timer | None = None
        self.refusal: Answer | None = None
        """Why the last block was refused; None while there is one."""
        self.problem: Refused | None = None
        """What Purser refused otherwise than by judging the customer: a block, or to charge what was used before."""
        self._mistake: Refused | None = None

    def spend(self, amount: Decimal | int) -> bool:
        """Spend so much, and say whether it was allowed. Asks Purser only when the block does not hold it.

        With Purser away the answer is no, and so it is while what was used of the last block cannot be charged: that
        stays to be charged, and `settle` says why. A request that is wrong in itself (an unknown meter, a bad key) is
        `Refused`, and an amount that is none `Invalid`.
        """
        exact = _exact(amount, self._meter)
        with self._lock:
            if exact > self._left or time.monotonic() >= self._ends:
                if time.monotonic() < self._asks_again:
                    if self._mistake is not None:
                        raise self._mistake.with_traceback(None)
                    return False
                if not self._take(exact):
                    return False
            self._left -= exact
            self._used += exact
            return True

    def settle(self) -> None:
        """Capture what was used and give the rest back. The next `spend` takes a new block.

        Where the hold is over, what was used is charged by itself. `Unavailable`: it is not known whether it was;
        `NotCharged`: it was not, and why. What was used is kept in both cases, and charged once when asked again.
        """
        with self._lock:
            self._settle()

    def write_off(self) -> Decimal:
        """Forget what could not be charged, and return how much it was: you have billed it in another way."""
        with self._lock:
            amount = self._used
            self._done()
            return amount

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.settle()

    def _settle(self) -> None:
        self._left = Decimal(0)
        if not self._hold:
            return
        try:
            if self._used == 0:
                self._purser.release(self._hold)
            else:
                self._purser.capture(self._hold, **self._amount(self._used))
        except Refused as refusal:
            if self._used:
                self._charge(refusal)
        self._done()

    def _charge(self, refusal: Refused) -> None:
        """Charge what was used of a hold that is over, or keep it and raise."""
        if refusal.reason not in OVER:
            raise self._not_charged(refusal) from refusal
        with suppress(Refused):
            self._purser.release(self._hold)  # our own hold, still counted, would be in the way of the charge
        # A try that was not answered is repeated as it was; one that was refused took nothing, and the next is another.
        key = f"{self._hold}:late:{self._late_tries}"
        try:
            answer = self._purser.authorize(
                self._customer, meter=self._meter, **self._amount(self._used), capture=True, key=key
            )
        except Refused as problem:
            raise self._not_charged(problem) from problem
        if answer.reason == "unavailable":
            raise Unavailable("no answer to a late charge")
        if not answer.allowed:
            self._late_tries += 1
            said = Refused(200, str(answer.reason), "What was used of a hold that is over was refused.")
            raise self._not_charged(said)

    def _not_charged(self, refusal: Refused) -> NotCharged:
        return NotCharged(refusal, self._customer, self._meter, self._used)

    def _done(self) -> None:
        self._hold, self._used, self._left, self._late_tries = "", Decimal(0), Decimal(0), 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _settle_in_time(self, hold: str) -> None:
        """Capture what was used when the hold is about to expire, also where nothing is spent any more."""
        with self._lock:
            if hold == self._hold:
                with suppress(Unavailable, Refused):  # kept, and tried again at the next `spend` or `settle`
                    self._settle()

    def _amount(self, amount: Decimal) -> dict[str, Any]:
        return {"credits": amount} if self._meter is None else {"quantity": int(amount)}

    def _take(self, amount: Decimal) -> bool:
        self.problem = self._mistake = None
        try:
            self._settle()
        except Unavailable as problem:
            return self._no(_refusal("unavailable", problem.retry_after))
        except Refused as refusal:
            self.problem = refusal
            return self._no(_refusal(refusal.reason, refusal.retry_after))
        wanted, is_smaller = max(self._size, amount), False
        while True:
            began = time.monotonic()
            answer = self._ask(wanted)
            if answer.allowed:
                break
            if wanted == amount or answer.reason not in BY_SIZE:
                return self._no(answer)
            wanted, is_smaller = max(amount, self._smaller(wanted, answer)), True
        if not is_smaller:
            self._size = min(self._block, self._size * 2)
        self.refusal, self._hold, self._left = None, answer.authorization, wanted
        self._ends = began + self._ttl - MARGIN
        self._timer = threading.Timer(max(0.0, self._ends - time.monotonic()), self._settle_in_time, [self._hold])
        self._timer.daemon = True
        self._timer.start()
        return True

    def _smaller(self, wanted: Decimal, answer: Answer) -> Decimal:
        """Return the block to ask for after one that was refused: what is there as far as that is said, or half."""
        left, cost = answer.available_to_use, answer.credits
        if self._meter is None and left < wanted:
            return left
        half = wanted // 2 if self._meter is not None else round(wanted / 2, PLACES)
        if self._meter is not None and left < cost and (fits := wanted * left // cost) > half:
            return fits  # by the price of the whole; with an allowance more may fit, so that it is never less than half
        self._size = min(self._size, max(half, Decimal(1).scaleb(0 if self._meter is not None else -PLACES)))
        return half

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
            self.problem = refusal
            if refusal.status == 429:
                return _refusal(refusal.reason, refusal.retry_after)
            self._mistake, self._asks_again = refusal, time.monotonic() + self._pause
            raise


def _refusal(reason: str, retry_after: int | None) -> Answer:
    return Answer(False, "", Decimal(0), Decimal(0), reason, retry_after)


def _exact(amount: object, meter: str | None) -> Decimal:
    """Return an amount of credits, or of units of a meter, or refuse what cannot be one before anything is asked."""
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
        raise Invalid(f"Spend an int or a Decimal, and not the {type(amount).__name__} {amount!r}.")
    exact = Decimal(amount)
    if not exact.is_finite() or exact <= 0:
        raise Invalid("Spend more than zero.")
    if 10 ** (0 if meter is not None else PLACES) % exact.as_integer_ratio()[1]:
        raise Invalid(f"Credits have at most {PLACES} decimals." if meter is None else "Units of a meter are whole.")
    return exact
