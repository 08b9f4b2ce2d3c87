"""Prices that change on a day, as the Plan page announces them: what, from when, and in the customer's own months."""

from dataclasses import dataclass

from app import locale
from app.domain.language import _, ngettext
from app.models.subscriptions import PlanChange
from app.presenters.plans import plan
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
    if will != was:
        what = _(
            "From {day} on {plan} costs {will} instead of {was}, before tax.", day=day, plan=title, will=will, was=was
        )
    else:
        what = _("From {day} on {plan} has other terms.", day=day, plan=title)
    return Coming(what, _months(found), day)


def _months(found: Announcement) -> str:
    said = found.compared
    if not said.months:
        return ""
    return ngettext(
        "Your last month under the new prices: {after} instead of {before}.",
        "Your last {n} months under the new prices: {after} instead of {before}.",
        said.months,
        after=locale.exact(said.after),
        before=locale.exact(said.before),
    )
