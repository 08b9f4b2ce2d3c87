"""Refused calls in words: why, when, what was asked for, and in five lines what it was decided from."""

from dataclasses import dataclass
from datetime import datetime

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.catalog import Catalog
from app.domain.money import Credits
from app.models.authorizations import Authorization
from app.services.authorizations.judged import Judged, judged
from app.services.usage.terms import plan_of

REFUSED = {
    "insufficient_credits": "Not enough credits",
    "daily_limit": "Over the daily limit",
    "plan_limit": "Over the plan’s limit",
    "suspended": "Account suspended",
    "closed": "Account closed",
}


@dataclass(frozen=True)
class RefusedCall:
    """A refused call as a page shows it."""

    at: datetime
    why: str
    asked: str
    id: str
    lines: list[tuple[str, str]]
    """What it was decided from, each with its name; empty: that was not kept."""


def refused(call: Authorization, catalog: Catalog, unit: CreditUnit) -> RefusedCall:
    """Return the refused call in words: why, what was asked for, and what it was decided from."""
    meter = catalog.meter(call.meter) if call.meter else None
    units = meter.unit if meter else ""  # of a meter that is sold no longer none is known
    cost, known = locale.exact(Credits(call.micros), unit), judged(call)
    asked = locale.counted(call.quantity, units) if call.meter else cost
    lines = [] if known is None else [
        ("Asked for", f"{asked}, which takes {cost}" if call.meter else asked),
        ("Credit then", _credit(known, unit)),
        ("Daily limit", _day(known, unit)),
        ("Plan", _plan(known, plan_of(catalog, known.plan).title, units)),
        ("Refused because", _because(call, known, asked, unit)),
    ]  # fmt: skip
    return RefusedCall(call.created_at, REFUSED.get(call.reason, call.reason), asked, call.id, lines)


def _credit(known: Judged, unit: CreditUnit) -> str:
    parts = [locale.exact(known.balance, unit)]
    if known.overage.micros:
        parts.append(f"up to {locale.exact(known.overage, unit)} below zero")  # of which kind it was is not kept
    if known.held.micros:
        parts.append(f"less {locale.exact(known.held, unit)} held for calls in progress")
    left = f": {locale.exact(known.room, unit)} left" if len(parts) > 1 or known.room != known.balance else ""
    return f"{', '.join(parts)}{left}"


def _day(known: Judged, unit: CreditUnit) -> str:
    if known.daily_limit is None or known.daily_used is None:
        return "None"
    held = f" and {locale.exact(known.held, unit)} held" if known.held.micros else ""
    limit, used = locale.exact(known.daily_limit, unit), locale.exact(known.daily_used, unit)
    return f"{limit}, of which {used} was used{held}"


def _plan(known: Judged, title: str, units: str) -> str:
    """Say by which plan and version of the prices it was judged, and what the plan allows of the meter."""
    sold = f"{title}, as sold in version {locale.whole(known.version)}"
    if known.used is None or known.units_held is None:
        return sold
    limit = "no limit"
    if known.plan_limit is not None:
        limit = f"up to {locale.quantity(known.plan_limit, units)} a billing period"
    held = f" and {locale.whole(known.units_held)} held" if known.units_held else ""
    return f"{sold}: {limit}, {locale.whole(known.used)} used{held}"


def _because(call: Authorization, known: Judged, asked: str, unit: CreditUnit) -> str:
    cost, left = (locale.exact(Credits(each), unit) for each in (call.micros, call.available_after_micros))
    match call.reason:
        case "insufficient_credits":
            return f"{cost} is more than the {locale.exact(known.room, unit)} that was left"
        case "daily_limit":
            later = (
                "; from 00:00 UTC on it may fit" if call.retry_after_seconds else ", and more than a whole day’s limit"
            )
            return f"{cost} is more than the {left} that was left for the day{later}"
        case "plan_limit":
            return f"{asked} more would pass the plan’s limit"
        case "suspended" | "closed":
            return f"the account was {call.reason}"
        case other:
            return other
