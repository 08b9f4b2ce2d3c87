"""What refuses calls now, and what lifts it: asked of the rule that answers authorizations."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from app.domain.authorizations import Blocked, Funds, judge
from app.domain.reservations import Reservation
from app.domain.spend_management import day_of

ENOUGH = 10**18
"""More micros of credit than anybody has: what is refused with it is refused whatever is bought."""


class Lift(StrEnum):
    """What lets calls through again."""

    SELLER = "seller"
    """The seller alone."""
    INVOICES = "invoices"
    """What is overdue, once it is paid."""
    CREDIT = "credit"
    """Credit that is bought, given, or freed by calls in progress."""
    DAILY_LIMIT = "daily_limit"
    """A higher daily limit; or the day's end."""
    PLAN = "plan"
    """A plan that allows more; or the billing period's end."""


LIFTS = {
    "closed": Lift.SELLER,
    "suspended": Lift.INVOICES,
    "insufficient_credits": Lift.CREDIT,
    "daily_limit": Lift.DAILY_LIMIT,
    "plan_limit": Lift.PLAN,
}
"""By the reason that an authorization answers."""


@dataclass(frozen=True)
class Block:
    """Why calls are refused, in an authorization's word; what lifts it, and when it ends by itself."""

    reason: str
    lifted_by: Lift
    until: datetime | None = None
    meters: tuple[str, ...] = ()
    """The keys of the meters whose next unit is refused; none: whatever costs credit is."""


def blocked_by(
    funds: Funds, meters: Sequence[Reservation], now: datetime, period_ends: datetime | None
) -> Block | None:
    """Return what refuses the next call; a plan's limit, of some meters, where nothing refuses all."""
    judged = judge(funds, 1, now)
    if isinstance(judged, Blocked):
        until = day_of(now).ends if judged.reason == "daily_limit" else None
        return Block(judged.reason, LIFTS[judged.reason], until)
    refused = tuple(each.tariff.meter.key for each in meters if each.tariff is not None and is_at_plan_limit(each))
    return Block("plan_limit", Lift.PLAN, period_ends, refused) if refused else None


def whatever_is_bought(
    funds: Funds, meters: Sequence[Reservation], now: datetime, period_ends: datetime | None
) -> Block | None:
    """Return what would refuse the next call still if any credit were bought."""
    return blocked_by(replace(funds, balance=ENOUGH), meters, now, period_ends)


def is_at_plan_limit(meter: Reservation) -> bool:
    """Say whether the plan refuses the meter's next unit. A plan that has nothing of a meter is no news."""
    tariff = meter.tariff
    return bool(tariff and tariff.limit and tariff.kind.can_be_held) and meter.hold(1, outlasts=False).is_over_plan
