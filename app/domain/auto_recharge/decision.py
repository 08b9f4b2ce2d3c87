"""Whether credit is bought now, and how much: the one rule of the real thing, of *Simulate* and of what pages say.

Decided from levels, like notices: whoever looks at the same levels comes to the same answer, however often.
"""

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.auto_recharge.caution import Use, Why, asks, quiet_until
from app.domain.auto_recharge.retries import FREE, Retry
from app.domain.auto_recharge.terms import Terms
from app.domain.money import Credits, Money
from app.domain.numbers import SERVED
from app.domain.spend_management import day_of
from app.domain.top_ups import TopUp

INTERVAL = timedelta(minutes=1)
"""So long after an automatic charge was begun there is no other one."""


LOOK_AGAIN = timedelta(minutes=10)
"""When it is looked at again, at the latest, what nothing but the customer, the seller or a payment's end changes."""


class Outcome(StrEnum):
    """What came of looking."""

    CHARGE = "charge"
    OFF = "off"
    MONEY_WENT_BACK = "money_went_back"
    """An automatic charge was refunded or disputed: auto-recharge is switched off."""
    ENOUGH = "enough"
    NOT_SERVED = "not_served"
    PLAN_ENDS = "plan_canceled"
    """The plan is cancelled: nothing is charged by itself until it is kept."""
    NOT_SOLD = "not_sold"
    UNDER_WAY = "under_way"
    NO_METHOD = "no_method"
    SUSPENDED = "suspended"
    RETRY_LATER = "retry_later"
    TOO_SOON = "too_soon"
    LIMIT_REACHED = "limit_reached"
    ABOVE_LIMIT = "above_limit"
    """One purchase comes to more, with its tax, than the limit of a whole period: no period makes it possible."""
    QUIET = "quiet"
    ASKS = "asks"
    """It waits for the customer's yes."""
    REFUSED = "refused"
    """The customer has said no."""


NOTABLE = frozenset(Outcome) - {Outcome.OFF, Outcome.ENOUGH, Outcome.UNDER_WAY, Outcome.TOO_SOON}
"""What is kept as a decision: a charge, and why there was none though credit was below the threshold."""


_USING_A_YES = frozenset({Outcome.CHARGE, Outcome.TOO_SOON, Outcome.RETRY_LATER, Outcome.UNDER_WAY})
"""What comes of looking where a yes is used, at once or later on its day."""


@dataclass(frozen=True)
class Answer:
    """The question that was asked last, while it counts: how it was answered, and up to how many purchases."""

    is_yes: bool | None = None
    """None: nobody has answered."""
    count: int = 0
    until: datetime | None = None
    """A yes or a no counts until then, and the question stands as long."""
    amount_minor: int = 0
    """What was asked for: so many purchases at the price of then."""

    def is_for(self, one: TopUp) -> bool:
        """Say whether that is what so many purchases cost now: a yes to one amount is no yes to another."""
        return self.amount_minor == one.times(self.count).amount.amount_minor


@dataclass(frozen=True)
class Facts:
    """Everything that is looked at, at one time, under the customer's lock."""

    terms: Terms
    standing: str
    remaining: Credits
    in_flight: Credits
    """Credit of payments that are on their way, by hand or automatic. What waits for the customer is not."""
    is_under_way: bool
    """Whether an automatic payment is open, on its way or waiting for its customer."""
    one: TopUp | None
    """One purchase; None: the catalog does not sell it any more."""
    most: Money | None
    """The most that is sold at once; None: so many packs as it takes."""
    used: Money
    """What of the period's limit is charged or reserved."""
    period_ends: datetime
    has_method: bool
    retry: Retry = FREE
    last_begun: datetime | None = None
    use: Use = Use()
    answer: Answer | None = None
    """None: nothing was asked."""
    money_went_back: bool = False
    """Whether an automatic charge was refunded or disputed since auto-recharge was switched on."""
    plan_ends: bool = False
    """Whether the plan is cancelled to the end of what is paid."""

    @property
    def left(self) -> Money:
        """What the period's limit leaves."""
        return Money(max(0, self.terms.period_limit.amount_minor - self.used.amount_minor), self.used.currency)

    @property
    def gap(self) -> Credits:
        """How much is missing to the threshold once everything on its way has arrived."""
        return self.terms.threshold - self.remaining - self.in_flight


@dataclass(frozen=True)
class Decision:
    """What to do, what to buy, and when to look again if nothing moves before."""

    outcome: Outcome
    purchase: TopUp | None = None
    count: int = 0
    """So many times what is bought at once."""
    look_again: datetime | None = None
    why: Why | None = None
    """Why it waits for a yes."""


def decide(facts: Facts, now: datetime) -> Decision:
    """Return what follows from the facts: one charge at most, as far as the limits allow (AC-3)."""
    if not facts.terms.enabled:
        return Decision(Outcome.OFF)
    if facts.money_went_back:
        return Decision(Outcome.MONEY_WENT_BACK)
    if facts.one is not None and facts.one.amount > facts.terms.period_limit:  # said before the credit is low
        return Decision(Outcome.ABOVE_LIMIT, look_again=now + LOOK_AGAIN if facts.gap.micros > 0 else None)
    if facts.gap.micros <= 0:
        return Decision(Outcome.ENOUGH)
    if facts.standing not in SERVED:
        return Decision(Outcome.NOT_SERVED, look_again=now + LOOK_AGAIN)
    if facts.plan_ends:
        return Decision(Outcome.PLAN_ENDS, look_again=now + LOOK_AGAIN)
    if facts.one is None:
        return Decision(Outcome.NOT_SOLD, look_again=now + LOOK_AGAIN)
    if facts.is_under_way:
        return Decision(Outcome.UNDER_WAY, look_again=now + LOOK_AGAIN)
    if not facts.has_method:
        return Decision(Outcome.NO_METHOD, look_again=now + LOOK_AGAIN)
    return _of_method(facts, facts.one, now)


def _of_method(facts: Facts, one: TopUp, now: datetime) -> Decision:
    if facts.retry.suspended_by:
        return Decision(Outcome.SUSPENDED, look_again=now + LOOK_AGAIN)
    if facts.retry.at is not None and now < facts.retry.at:
        return Decision(Outcome.RETRY_LATER, look_again=min(facts.retry.at, now + LOOK_AGAIN))
    count = size(facts, one)
    if count == 0:
        return Decision(Outcome.LIMIT_REACHED, look_again=facts.period_ends)
    if facts.last_begun is not None and abs(now - facts.last_begun) < INTERVAL:
        return replace(_charge(one, count), outcome=Outcome.TOO_SOON, look_again=now + INTERVAL)
    answer = facts.answer
    if answer is not None and answer.is_yes is False:  # whatever it would be: nothing, they were promised
        return Decision(Outcome.REFUSED, look_again=answer.until)
    if answer is not None and answer.is_yes and answer.is_for(one):
        return _charge(one, min(count, answer.count))
    until = quiet_until(facts.terms.caution, now)
    if until is not None:
        return Decision(Outcome.QUIET, look_again=until)
    charge = _charge(one, count)
    why = asks(facts.terms.caution, facts.use, one, charge.purchase.amount) if charge.purchase else None
    if why is None:
        return charge
    midnight = day_of(now).ends
    return replace(charge, outcome=Outcome.ASKS, look_again=answer.until if answer else midnight, why=why)


def waits_for_yes(facts: Facts, now: datetime) -> bool:
    """Say whether a charge still waits for the yes to the question that stands; a yes to any other would be misread."""
    if facts.answer is None or facts.answer.is_yes is not None:
        return False
    return decide(replace(facts, answer=replace(facts.answer, is_yes=True)), now).outcome in _USING_A_YES


def _charge(one: TopUp, count: int) -> Decision:
    return Decision(Outcome.CHARGE, one.times(count), count)


def size(facts: Facts, one: TopUp) -> int:
    """Return how many times `one` is bought: enough to reach the threshold, no more than the limits leave; 0: none.

    The period's limit counts the tax, the most that is sold at once does not.
    """
    wanted = -(-facts.gap.micros // one.credits.micros)
    at_once = wanted if facts.most is None else facts.most.amount_minor // one.listed.amount_minor
    return min(fitting(facts.left, one), max(0, wanted), at_once)


def fitting(left: Money, one: TopUp) -> int:
    """Return how many times `one` can be paid with what is left, with its tax."""
    most = left.amount_minor // max(1, one.price.net.amount_minor)
    return bisect_right(range(1, most + 1), left.amount_minor, key=lambda count: one.times(count).amount.amount_minor)
