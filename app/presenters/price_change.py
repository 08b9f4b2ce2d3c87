"""Prices that change on a day, as the Plan page announces them: what, from when, and in the customer's own months."""

from dataclasses import dataclass

from app import locale
from app.models.subscriptions import PlanChange
from app.presenters import plan
from app.services.month_end.price_changes import Announcement
from app.services.subscriptions import announced
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
    if found is None or not found.changes or announced.leaves(found.row, has, found.terms, scheduled):
        return None
    first = announced.first(found.row, has, found.terms, scheduled)
    day, title = plan.day(first.begins_at), has.has.plan.title
    was, will = plan.price_words(first.was), plan.price_words(first.will)
    costs = f"{title} costs {will} instead of {was}, before tax." if will != was else f"{title} has other terms."
    return Coming(f"From {day} on {costs}", _months(found), day)


def _months(found: Announcement) -> str:
    said = found.compared
    if not said.months:
        return ""
    span = "month" if said.months == 1 else f"{said.months} months"
    before, after = locale.exact(said.before), locale.exact(said.after)
    return f"Your last {span} under the new prices: {after} instead of {before}."
