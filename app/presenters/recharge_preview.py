"""What Auto-recharge says of a preview: one sentence, and each charge with why there was none in between."""

from dataclasses import dataclass
from datetime import datetime

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.auto_recharge.decision import Outcome
from app.domain.auto_recharge.simulation import Charge, Simulation
from app.domain.auto_recharge.terms import Terms
from app.domain.language import _, marked, ngettext
from app.domain.money import Money
from app.presenters.recharge_log import title

SHOWN = 50
"""So many rows are listed, the newest."""


@dataclass(frozen=True)
class Row:
    """A charge that would have been made, or the moment from which on none was."""

    at: datetime
    title: str
    amount: Money | None = None


_WHY = {
    Outcome.MONEY_WENT_BACK: marked("switched off: the money went back"),
    Outcome.NOT_SERVED: marked("the account is not served"),
    Outcome.PLAN_ENDS: marked("your plan is cancelled"),
    Outcome.NOT_SOLD: marked("no longer sold"),
    Outcome.ABOVE_LIMIT: marked("with tax, one purchase is above the limit"),
    Outcome.NO_METHOD: marked("no payment method"),
    Outcome.SUSPENDED: marked("stopped"),
    Outcome.RETRY_LATER: marked("to be tried again"),
    Outcome.LIMIT_REACHED: marked("the limit is reached"),
    Outcome.QUIET: marked("quiet hours"),
    Outcome.ASKS: marked("waits for your yes"),
    Outcome.REFUSED: marked("you said no"),
}
"""Why nothing would have been charged, as the end of a sentence."""


def sentence(found: Simulation, terms: Terms, unit: CreditUnit) -> str:
    """Say what the terms would have done."""
    if not found.charges:
        return _nothing(found, locale.exact(terms.threshold, unit))
    when = ngettext("On the last day", "On the last {n} days", found.days)
    if found.is_cut:
        when = _("By {day} already", day=_on(found.ends))
    said = _("{when}: {charges}.", when=when, charges=_limited(_charges(found), found, terms))
    cut = _("No more are counted.") if found.is_cut else ""
    return f"{said} {cut}".rstrip()


def _nothing(found: Simulation, threshold: str) -> str:
    if not found.stops:
        return ngettext(
            "On the last day nothing would have been charged: your credit never fell below {threshold}.",
            "On the last {n} days nothing would have been charged: your credit never fell below {threshold}.",
            found.days,
            threshold=threshold,
        )
    first = found.stops[0]
    day, why = _on(first.at), _WHY.get(first.outcome)
    if why is None:
        return ngettext(
            "On the last day nothing would have been charged, though your credit fell below {threshold} on {day}.",
            "On the last {n} days nothing would have been charged, though your credit fell below {threshold} on {day}.",
            found.days,
            threshold=threshold,
            day=day,
        )
    return ngettext(
        "On the last day nothing would have been charged, though your credit fell below {threshold} on {day}: {why}.",
        "On the last {n} days nothing would have been charged, though your credit fell below {threshold} on {day}: "
        "{why}.",
        found.days,
        threshold=threshold,
        day=day,
        why=_(why),
    )


def _charges(found: Simulation) -> str:
    """Return how many charges there would have been, what they come to, and how many more would not have been paid."""
    paid, total = len(found.paid), locale.amount(found.total)
    failed = len([each for each in found.charges if not each.is_paid])
    if not paid:
        return _("no charges, and {failed} more not paid", failed=failed)
    if not failed:
        return ngettext("{n} charge, {total} in all", "{n} charges, {total} in all", paid, total=total)
    return ngettext(
        "{n} charge, {total} in all, and {failed} more not paid",
        "{n} charges, {total} in all, and {failed} more not paid",
        paid,
        total=total,
        failed=failed,
    )


def rows(found: Simulation) -> tuple[list[Row], int]:
    """Return the newest charges and stops, the newest first, and how many came before them."""
    every = [Row(each.at, _title(each), each.amount) for each in found.charges]
    every += [Row(each.at, title(each.outcome)) for each in found.stops]
    every.sort(key=lambda each: each.at)  # what stops after a charge of the same moment comes after it
    every.reverse()
    return every[:SHOWN], max(0, len(every) - SHOWN)


def _title(charge: Charge) -> str:
    if charge.is_paid:
        return _("Charged")
    return _("Not paid, as it really was") if charge.payment_id else _("Not paid, as the bank answered then")


def _limited(charges: str, found: Simulation, terms: Terms) -> str:
    """Return the charges, and when the limit was reached."""
    if not found.limits:
        return charges
    at, until = found.limits[-1]
    said = {
        "charges": charges,
        "limit": locale.amount(terms.period_limit),
        "day": _on(at),
        "until": _on(until) if until else "",
        "times": len(found.limits),
    }
    if len(found.limits) == 1:
        if until:
            return _(
                "{charges}; the limit of {limit} was reached on {day} and nothing was charged until {until}", **said
            )
        return _("{charges}; the limit of {limit} was reached on {day} and nothing was charged after that", **said)
    if until:
        return _(
            "{charges}; the limit of {limit} was reached {times} times, last on {day}, and nothing was charged until "
            "{until}",
            **said,
        )
    return _(
        "{charges}; the limit of {limit} was reached {times} times, last on {day}, and nothing was charged after that",
        **said,
    )


def _on(at: datetime) -> str:
    return locale.day(at.date())
