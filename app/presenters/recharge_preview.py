"""What Auto-recharge says of a preview: one sentence, and each charge with why there was none in between."""

from dataclasses import dataclass
from datetime import datetime

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.auto_recharge.decision import Outcome
from app.domain.auto_recharge.simulation import Charge, Simulation
from app.domain.auto_recharge.terms import Terms
from app.domain.money import Money
from app.presenters.recharge_log import TITLES

SHOWN = 50
"""So many rows are listed, the newest."""


@dataclass(frozen=True)
class Row:
    """A charge that would have been made, or the moment from which on none was."""

    at: datetime
    title: str
    amount: Money | None = None


def sentence(found: Simulation, terms: Terms, unit: CreditUnit) -> str:
    """Say what the terms would have done."""
    of = f"On the last {found.days} days" if found.days > 1 else "On the last day"
    threshold = locale.exact(terms.threshold, unit)
    if not found.charges and not found.stops:
        return f"{of} nothing would have been charged: your credit never fell below {threshold}."
    if not found.charges:
        first = found.stops[0]
        fell = f"though your credit fell below {threshold} on {_on(first.at)}{_why(first.outcome)}"
        return f"{of} nothing would have been charged, {fell}."
    if found.is_cut:
        of = f"By {_on(found.ends)} already"
    paid, failed = len(found.paid), len([each for each in found.charges if not each.is_paid])
    many = "1 charge" if paid == 1 else f"{paid or 'no'} charges"
    declined = f", and {failed} more not paid" if failed else ""
    total = f", {locale.amount(found.total)} in all" if paid else ""
    cut = ". No more are counted" if found.is_cut else ""
    return f"{of}: {many}{total}{declined}{_limit(found, terms)}{cut}."


def rows(found: Simulation) -> tuple[list[Row], int]:
    """Return the newest charges and stops, the newest first, and how many came before them."""
    every = [Row(each.at, _title(each), each.amount) for each in found.charges]
    every += [Row(each.at, TITLES[each.outcome]) for each in found.stops]
    every.sort(key=lambda each: each.at)  # what stops after a charge of the same moment comes after it
    every.reverse()
    return every[:SHOWN], max(0, len(every) - SHOWN)


def _title(charge: Charge) -> str:
    if charge.is_paid:
        return "Charged"
    return "Not paid, as it really was" if charge.payment_id else "Not paid, as the bank answered then"


def _limit(found: Simulation, terms: Terms) -> str:
    reached = found.limits
    if not reached:
        return ""
    limit = locale.amount(terms.period_limit)
    at, until = reached[-1]
    again = f"nothing was charged until {_on(until)}" if until else "nothing was charged after that"
    if len(reached) == 1:
        return f"; the limit of {limit} was reached on {_on(at)} and {again}"
    return f"; the limit of {limit} was reached {len(reached)} times, last on {_on(at)}, and {again}"


def _why(outcome: Outcome) -> str:
    return ": " + TITLES[outcome].removeprefix("Not charged: ").lower() if outcome in TITLES else ""


def _on(at: datetime) -> str:
    return locale.day(at.date())
