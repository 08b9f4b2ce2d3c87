"""The status line: of all that is so with a customer, the one fact that is the most urgent; and what blocks calls.

Whether calls are refused is asked of the rule that answers authorizations, so that no page and no API says otherwise.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.domain import usage_bars
from app.domain.authorizations import Funds
from app.domain.auto_recharge.decision import Outcome
from app.domain.auto_recharge.stops import Stop
from app.domain.blocks import Block, blocked_by, is_at_plan_limit, whatever_is_bought
from app.domain.forecast.recharge import Recharged
from app.domain.forecast.run_out import Expiry, Forecast
from app.domain.methods import Expiry as CardExpiry
from app.domain.methods import expiry as card_expiry
from app.domain.money import Money
from app.domain.numbers import Debt, Numbers
from app.domain.reservations import Reservation
from app.domain.usage_bars import Bar, State

SOON = timedelta(days=7)
"""Credit that runs out or expires within so many days is said."""
FAILED_FOR = timedelta(days=7)
"""So long a payment that failed is said, unless another one was begun since."""
SHOWN_FOR = timedelta(minutes=10)
"""So long a decline is left to the page that answered with it; afterwards every member reads of it."""
NEAR_PERCENT = 80


class Kind(StrEnum):
    """What the line says. In the order of urgency."""

    NOT_SERVED = "not_served"
    FAILED = "failed"
    """A payment failed, and no other one was begun since."""
    WAITING = "waiting"
    """A payment waits for a member."""
    NO_CREDIT = "no_credit"
    HELD = "held"
    """Calls in progress hold all that is left."""
    DAY_LIMIT = "day_limit"
    PLAN_LIMIT = "plan_limit"
    RECHARGE_STOPPED = "recharge_stopped"
    """Credit is below the threshold of auto-recharge, and nothing is charged."""
    RECHARGE_ASKS = "recharge_asks"
    """An automatic charge waits for a member's yes."""
    RECHARGE_OFF = "recharge_off"
    """Money of an automatic charge went back, which has switched auto-recharge off."""
    BELOW_ZERO = "below_zero"
    DAY_NEAR = "day_near"
    PLAN_NEAR = "plan_near"
    RUNS_OUT = "runs_out"
    EXPIRING = "expiring"
    CARD = "card"


REFUSED = frozenset({Kind.NOT_SERVED, Kind.NO_CREDIT, Kind.HELD, Kind.DAY_LIMIT, Kind.PLAN_LIMIT})
"""With these, calls are refused now."""
OF_RECHARGE = {Outcome.ASKS: Kind.RECHARGE_ASKS, Outcome.MONEY_WENT_BACK: Kind.RECHARGE_OFF}
BAD = REFUSED | {Kind.FAILED, Kind.RECHARGE_STOPPED}


@dataclass(frozen=True)
class PaymentFact:
    """A payment that wants attention."""

    id: str
    amount: Money
    rail: str
    problem: str
    action_url: str
    at: datetime
    """When it came to where it is."""
    is_automatic: bool = False
    at_checkout: bool = False
    """It is paid on the processor's own page."""


@dataclass(frozen=True)
class InvoiceFact:
    """An invoice that is to be paid."""

    id: str
    number: str
    due: Money


@dataclass(frozen=True)
class CardFact:
    """The method that is charged by default."""

    brand: str
    last4: str
    month: int | None
    year: int | None


@dataclass(frozen=True)
class Facts:
    """What is so with a customer at one time."""

    now: datetime
    numbers: Numbers
    debt: Debt
    meters: tuple[Reservation, ...] = ()
    """What the meters of the open period show, in the catalog's order."""
    warn_at: tuple[int, ...] = ()
    resets_at: datetime | None = None
    """When the open period ends and what the plan allows starts over."""
    waiting: PaymentFact | None = None
    failed: PaymentFact | None = None
    recharge: Stop | None = None
    """Why auto-recharge charges nothing though credit is below its threshold, or what has switched it off."""
    forecast: Forecast | None = None
    """When the credit runs out, with nothing bought; below zero, when the overage protection does."""
    recharged: Recharged | None = None
    """The same with what auto-recharge buys; None while it is off, or nothing runs out within a year."""
    expiry: Expiry | None = None
    card: CardFact | None = None
    unpaid: InvoiceFact | None = None
    """The oldest invoice that uses what the balance may go below zero; only where nothing else is left."""

    @property
    def today(self) -> date:
        """The UTC day."""
        return self.now.date()

    @property
    def runs_out(self) -> date | None:
        """The day on which the credit runs out, with what auto-recharge is sure to buy; None: nobody can say, or never.

        A year ahead counts as never where auto-recharge keeps it going.
        """
        if self.recharged is not None and self.recharged.is_counted:
            return self.recharged.expected
        return self.forecast.expected if self.forecast is not None else None

    @property
    def blocked_by(self) -> Block | None:
        """What refuses calls now."""
        return blocked_by(self.funds, self.meters, self.now, self.resets_at)

    @property
    def blocked_whatever_is_bought(self) -> Block | None:
        """What refuses calls still once credit is bought."""
        return whatever_is_bought(self.funds, self.meters, self.now, self.resets_at)

    @property
    def funds(self) -> Funds:
        """What authorizations judge by."""
        numbers = self.numbers
        limit = numbers.daily_limit
        return Funds(
            standing=numbers.standing,
            balance=numbers.remaining_credits.micros,
            usage_to_post=0,  # what remains is without it already
            held=numbers.held.micros,
            overage_limit=numbers.overage_protection.micros,
            daily_limit=None if limit is None else limit.micros,
            used_today=numbers.daily_used.micros,
        )


@dataclass(frozen=True)
class Status:
    """The fact that the line says, and the values behind it."""

    kind: Kind
    facts: Facts
    bars: tuple[Bar, ...] = ()
    """The meters that it is about, the fullest first."""

    @property
    def is_bad(self) -> bool:
        """Whether something fails now, and not only soon."""
        return self.kind in BAD

    @property
    def is_partly(self) -> bool:
        """Whether calls that cost nothing go through, while those that cost credit are refused."""
        return any(_is_free(each) for each in self.facts.meters)


def rank(facts: Facts) -> Status | None:
    """Return the most urgent of the facts; None where nothing is urgent."""
    found = dict.fromkeys(_whole(facts), ()) | _of_meters(facts)
    kind = next((each for each in Kind if each in found), None)
    return Status(kind, facts, found[kind]) if kind else None


def _whole(facts: Facts) -> set[Kind]:
    """Return what is so of the customer as a whole."""
    found = {kind for kind, fact in ((Kind.FAILED, facts.failed), (Kind.WAITING, facts.waiting)) if fact is not None}
    if facts.recharge is not None:
        found.add(OF_RECHARGE.get(facts.recharge.outcome, Kind.RECHARGE_STOPPED))
        if facts.recharge.outcome is Outcome.SUSPENDED and facts.failed is not None and facts.failed.is_automatic:
            found.discard(Kind.FAILED)  # the last of the declines that stopped it
    found |= _of_credit(facts)
    if facts.card is not None and card_expiry(facts.card.month, facts.card.year, facts.today) is not CardExpiry.FINE:
        found.add(Kind.CARD)
    return found


def _of_credit(facts: Facts) -> set[Kind]:
    """Return what is so of credit: whether the next micro of it is refused, and why; else what comes next."""
    numbers, soon = facts.numbers, facts.today + SOON
    block = facts.blocked_by
    if block is not None and not block.meters:
        return {_refused(block.reason, numbers)}
    found = set[Kind]()
    is_last = facts.runs_out is not None and facts.runs_out <= soon
    if numbers.remaining_credits.micros < 0:
        found.add(Kind.BELOW_ZERO)
    elif is_last:
        found.add(Kind.RUNS_OUT)
    if day_percent(numbers) >= NEAR_PERCENT:
        found.add(Kind.DAY_NEAR)
    if facts.expiry is not None and facts.expiry.unused and facts.expiry.day <= soon:
        found.add(Kind.EXPIRING)
    return found


def _refused(reason: str, numbers: Numbers) -> Kind:
    if reason == "insufficient_credits":
        left = max(0, numbers.remaining_credits.micros) + numbers.overage_left.micros
        return Kind.HELD if left > 0 else Kind.NO_CREDIT
    return Kind.DAY_LIMIT if reason == "daily_limit" else Kind.NOT_SERVED


def day_percent(numbers: Numbers) -> int:
    """Return how much of today's limit is used or held, in whole percents; nothing without a limit."""
    limit = numbers.daily_limit
    return (numbers.daily_used + numbers.held).micros * 100 // limit.micros if limit and limit.micros else 0


def _of_meters(facts: Facts) -> dict[Kind, tuple[Bar, ...]]:
    """Return the meters whose next unit is refused by the plan, and those that come near what the plan allows."""
    refused, near = list[Bar](), list[Bar]()
    for each in facts.meters:
        if each.tariff is None or not each.tariff.limit:  # a plan that has nothing of a meter is no news
            continue
        bar = usage_bars.bar(each.tariff, each.used, facts.warn_at, each.held)
        if is_at_plan_limit(each):
            refused.append(bar)
        elif bar.state in {State.NEAR, State.OVER}:
            near.append(bar)
    found = {Kind.PLAN_LIMIT: refused, Kind.PLAN_NEAR: near}
    return {kind: tuple(sorted(bars, key=lambda bar: -(bar.percent or 0))) for kind, bars in found.items() if bars}


def _is_free(meter: Reservation) -> bool:
    """Say whether the meter's next unit is allowed and costs nothing."""
    after = meter.hold(1, outlasts=False)
    can = meter.tariff is not None and meter.tariff.kind.can_be_held
    return can and not after.is_over_plan and after.micros == meter.micros
