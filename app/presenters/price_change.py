"""Prices that change on a day, as the Plan page announces them: what, from when, and in the customer's own months."""

from dataclasses import dataclass
from datetime import datetime

from app import locale
from app.domain.subscriptions.choice import Interval, given
from app.domain.subscriptions.proration import plan_period
from app.models.subscriptions import PlanChange
from app.presenters import plan
from app.services.month_end.price_changes import Announcement
from app.services.subscriptions.reads import Current


@dataclass(frozen=True)
class Coming:
    """What is announced."""

    what: str
    """What the plan then costs, and from when."""
    months: str
    """What the last months came to, and would have come to; empty: none is over yet."""
    before: str
    """The last day on which the customer can leave: its plan goes on with the new terms on the next."""


def coming(found: Announcement | None, has: Current, scheduled: PlanChange | None) -> Coming | None:
    """Return what is announced to the customer; None: nothing, or it leaves before."""
    if found is None or has.row.cancel_at is not None or (scheduled is not None and scheduled.plan != found.row.plan):
        return None
    day = plan.day(_first(found, has))
    title, was = has.has.plan.title, plan.price_words(has.has)
    will = plan.price_words(given(found.terms, has.has.plan.key, Interval(has.row.interval), has.row.seats))
    costs = f"{title} costs {will} instead of {was}, before tax." if will != was else f"{title} has other terms."
    return Coming(f"From {day} on {costs}", _months(found), day)


def _first(found: Announcement, has: Current) -> datetime:
    """Return when the first plan period begins that has the new terms."""
    at = has.period.ends_at
    while at.date() < found.row.effective_on:
        at = plan_period(at, has.anchor_day, has.has.interval).ends_at
    return at


def _months(found: Announcement) -> str:
    said = found.compared
    if not said.months:
        return ""
    span = "month" if said.months == 1 else f"{said.months} months"
    before, after = locale.exact(said.before), locale.exact(said.after)
    return f"Your last {span} under the new prices: {after} instead of {before}."
