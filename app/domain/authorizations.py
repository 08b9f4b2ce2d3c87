"""Authorizations: may this be spent now, and what does a capture take out of what was held.

The rule for SQLite, and what PostgreSQL's functions (migrations/sql/0007_authorize.sql, 0056_flat_authorize.sql and
0058_flat_capture.sql) are held against.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from app.domain import numbers
from app.domain.amounts_in_json import credits_text
from app.domain.errors import Refused, ensure
from app.domain.money import MICROS, Credits
from app.domain.numbers import SERVED
from app.domain.reservations import Reservation

LONGEST = 86_400
"""The most seconds that a hold may be open."""
USUAL = 900
"""How many seconds it is open when the host does not say."""
MOST = 10**12 * MICROS - 1
"""The most micros that can be asked for: what an answer can say."""


@dataclass(frozen=True)
class AuthorizationRequest:
    """What a host asks: `quantity` of a meter, or (meter '') `micros` of credit. `at_once`: it is used already.

    `customer` is our id of the customer, or the host's own. The same `key` is answered in the same words.
    """

    customer: str
    meter: str = ""
    quantity: int = 0
    micros: int = 0
    key: str = ""
    ttl_seconds: int = USUAL
    at_once: bool = False

    @property
    def digest(self) -> str:
        """32 characters that distinguish this request from any other under the same key."""
        said = [self.meter, self.quantity, self.micros, self.ttl_seconds, self.at_once]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class CaptureRequest:
    """What a host captures of a hold: so many units, or so many micros; neither: all that is left.

    With a `key` (empty: none) it is done once, and the same request again gets the same answer.
    """

    hold_id: str
    quantity: int | None = None
    micros: int | None = None
    keep: bool = False
    key: str = ""

    @property
    def event_id(self) -> str:
        """The id of the usage event of a capture with a key: whoever has the key finds it. No host's event has it."""
        return f"{self.hold_id}:{hashlib.sha256(self.key.encode()).hexdigest()[:32]}"

    @property
    def digest(self) -> str:
        """32 characters that distinguish this request from any other under the same key."""
        return hashlib.sha256(json.dumps([self.quantity, self.micros, self.keep]).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Authorized:
    """An answer as it was given and kept: held, captured at once, or refused; and what became of it since."""

    id: str
    customer_id: str
    meter: str
    quantity: int
    micros: int
    state: str
    reason: str
    retry_after_seconds: int | None
    available_after_micros: int
    captured_micros: int
    captured_quantity: int
    captures: int
    created_at: datetime
    expires_at: datetime

    @property
    def allowed(self) -> bool:
        """Whether the answer was yes."""
        return self.state != "refused"

    def seconds_left(self, now: datetime) -> int | None:
        """Return in how many seconds the day of a refusal is over; None: waiting does not help."""
        if self.retry_after_seconds is None:
            return None
        return max(0, self.retry_after_seconds - int((now - self.created_at).total_seconds()))


@dataclass(frozen=True)
class Funds:
    """What a customer may spend from, in micros. `held` is promised to open holds, whatever day they were made on."""

    standing: str
    balance: int
    usage_to_post: int
    held: int
    overage_limit: int
    daily_limit: int | None
    used_today: int

    @property
    def available(self) -> int:
        """How much may be spent now (money.md, section 4)."""
        return self._compute(self.daily_limit)

    @property
    def credit_left(self) -> int:
        """How much may be spent now if there were no daily limit."""
        return self._compute(None)

    def _compute(self, daily_limit: int | None) -> int:
        return numbers.compute(
            granted=0,
            usage=0,
            balance=self.balance,
            overage_limit=self.overage_limit,
            standing=self.standing,
            credit_unit="",
            usage_to_post=self.usage_to_post,
            held=self.held,
            daily_limit=daily_limit,
            used_today=self.used_today,
            held_today=self.held,
        ).available_to_use.micros


@dataclass(frozen=True)
class Allowed:
    """Yes: so much, and then so much is still available."""

    micros: int
    available: int


@dataclass(frozen=True)
class Blocked:
    """No, for this reason. `retry_after` is in how many seconds it may be asked again, where time alone helps."""

    micros: int
    available: int
    reason: str
    retry_after: int | None = None


@dataclass(frozen=True)
class Hold:
    """What was promised, and how much of it was captured so far. Without a meter it counts credits alone."""

    micros: int
    quantity: int = 0
    captured_micros: int = 0
    captured_quantity: int = 0

    @property
    def left(self) -> int:
        """The micros that are still held."""
        return max(0, self.micros - self.captured_micros)

    @property
    def quantity_left(self) -> int:
        """The units that are still held."""
        return max(0, self.quantity - self.captured_quantity)


@dataclass(frozen=True)
class Captured:
    """What a capture does: so much is used, so many units are no longer held, and the hold `is_over` or stays open.

    `held` is by how much what is held of the customer's credit changes.
    """

    micros: int
    quantity: int
    held: int
    freed_quantity: int
    is_over: bool
    available: int
    after: Reservation


@dataclass(frozen=True)
class Taken:
    """A capture as it was done: so much is used, so much is available now, and how the hold stands."""

    micros: int
    available: int
    hold: Authorized


def authorize(
    funds: Funds, meter: Reservation, *, quantity: int, micros: int, at_once: bool, outlasts: bool, now: datetime
) -> tuple[Allowed | Blocked, Reservation]:
    """Say whether so many units of a meter, or (without one) so many micros, may be used; and what is reserved then.

    What it takes is what everything that is used and held can cost with it, less what it can cost without it: nothing
    while the allowance has room for all. Used `at_once` it costs its price, and the holds that are open move up behind.
    """
    metered = meter.tariff is not None
    after = meter.use(quantity) if at_once else meter.hold(quantity, outlasts=outlasts)
    price = meter.price(quantity) if metered else micros
    more = after.micros - meter.micros + (price if at_once else 0) if metered else micros
    if more > MOST:
        raise too_dear(metered)
    judged = judge(funds, more, now, over_plan=metered and after.is_over_plan)
    if isinstance(judged, Allowed) and at_once:
        judged = replace(judged, micros=price)
    return judged, after


def too_dear(of_meter: object) -> Refused:
    """Return the refusal of what costs more than an answer can say."""
    words = f"At most {credits_text(Credits(MOST))} credits can be authorized at once, and this costs more."
    return Refused(words, "credits_out_of_range", 422, "quantity" if of_meter else "credits")


def judge(funds: Funds, micros: int, now: datetime, *, over_plan: bool = False) -> Allowed | Blocked:
    """Say whether `micros` may be spent. What just reaches a limit is still allowed.

    `over_plan`: the quantity would go beyond what the plan allows. Waiting helps against the daily limit alone, so that
    it is named last.
    """
    ensure(micros >= 0, f"a request to spend {micros}")
    available = funds.available
    if funds.standing not in SERVED:
        return Blocked(micros, available, "closed" if funds.standing == "closed" else "suspended")
    if over_plan:
        return Blocked(micros, available, "plan_limit")
    if micros > funds.credit_left:
        return Blocked(micros, available, "insufficient_credits")
    if micros > available:
        # What is more than a whole day's limit is refused tomorrow too.
        helps = funds.daily_limit is not None and micros <= funds.daily_limit
        return Blocked(micros, available, "daily_limit", until_midnight(now) if helps else None)
    return Allowed(micros, max(0, replace(funds, held=funds.held + micros).available))


def capture(
    hold: Hold,
    funds: Funds,
    meter: Reservation,
    *,
    quantity: int | None,
    micros: int | None,
    now: datetime,
    keep: bool,
    outlasts: bool,
) -> Captured | Blocked:
    """Say what capturing `quantity` units does, or (without a meter) `micros`; None of either: all that is left.

    It costs what the tariff says where the meter stands now. What was promised is never refused: its place is reserved.
    Beyond what was promised, all that it adds to what is used and reserved must be available.
    """
    if meter.tariff is not None:
        units = hold.quantity_left if quantity is None else quantity
        price, promised = meter.price(units), units <= hold.quantity_left
        is_over = not keep or units >= hold.quantity_left
        freed = hold.quantity_left if is_over else units
        after = meter.free(freed, outlasts=outlasts).use(units)
        held = after.micros - meter.micros
    else:
        price = hold.left if micros is None else micros
        units, freed, after, promised = 0, 0, meter, price <= hold.left
        is_over = not keep or price >= hold.left
        held = -(hold.left if is_over else price)
    ensure(price >= 0 and units >= 0, f"a capture of {units} for {price}")
    if not promised:
        if price > MOST:
            raise too_dear(meter.tariff is not None)
        over_plan = meter.tariff is not None and after.is_over_plan
        judged = judge(funds, max(0, price + held), now, over_plan=over_plan)
        if isinstance(judged, Blocked):
            return judged
    left = replace(
        funds, usage_to_post=funds.usage_to_post + price, held=funds.held + held, used_today=funds.used_today + price
    )
    return Captured(price, units, held, freed, is_over, left.available, after)


def until_midnight(now: datetime) -> int:
    """Return the seconds until the UTC day is over, rounded up."""
    moment = now.astimezone(UTC)
    over = (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return -((moment - over) // timedelta(seconds=1))
