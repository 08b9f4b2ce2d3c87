"""Refused calls in words: why, when, what was asked for, and in five lines what it was decided from."""

from dataclasses import dataclass
from datetime import datetime

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.catalog import Catalog
from app.domain.language import _, marked, pgettext
from app.domain.money import Credits
from app.models.authorizations import Authorization
from app.services.authorizations.judged import Judged, judged
from app.services.usage.terms import plan_of

REFUSED = {
    "insufficient_credits": marked("Not enough credits"),
    "daily_limit": marked("Over the daily limit"),
    "plan_limit": marked("Over the plan’s limit"),
    "suspended": marked("Account suspended"),
    "closed": marked("Account closed"),
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
        (_("Asked for"), _("{quantity}, which takes {cost}", quantity=asked, cost=cost) if call.meter else asked),
        (_("Credit then"), _credit(known, unit)),
        (_("Daily limit"), _day(known, unit)),
        (_("Plan"), _plan(known, plan_of(catalog, known.plan).title, units)),
        (_("Refused because"), _because(call, known, asked, unit)),
    ]  # fmt: skip
    return RefusedCall(call.created_at, _(REFUSED.get(call.reason, call.reason)), asked, call.id, lines)


def _credit(known: Judged, unit: CreditUnit) -> str:
    parts = [locale.exact(known.balance, unit)]
    if known.overage.micros:
        below = locale.exact(known.overage, unit)
        parts.append(_("up to {amount} below zero", amount=below))  # of which kind it was is not kept
    if known.held.micros:
        parts.append(_("less {amount} held for calls in progress", amount=locale.exact(known.held, unit)))
    said = ", ".join(parts)
    if len(parts) == 1 and known.room == known.balance:
        return said
    return _("{amounts}: {left} left", amounts=said, left=locale.exact(known.room, unit))


def _day(known: Judged, unit: CreditUnit) -> str:
    if known.daily_limit is None or known.daily_used is None:
        return pgettext("a daily limit", "None")
    limit, used = locale.exact(known.daily_limit, unit), locale.exact(known.daily_used, unit)
    if not known.held.micros:
        return _("{limit}, of which {used} was used", limit=limit, used=used)
    held = locale.exact(known.held, unit)
    return _("{limit}, of which {used} was used and {held} held", limit=limit, used=used, held=held)


def _plan(known: Judged, title: str, units: str) -> str:
    """Say by which plan and version of the prices it was judged, and what the plan allows of the meter."""
    sold = _("{plan}, as sold in version {n}", plan=title, n=locale.whole(known.version))
    if known.used is None or known.units_held is None:
        return sold
    limit = _("no limit")
    if known.plan_limit is not None:
        limit = _("up to {quantity} a billing period", quantity=locale.quantity(known.plan_limit, units))
    used = _("{used} used", used=locale.whole(known.used))
    if known.units_held:
        held = locale.whole(known.units_held)
        used = _("{used} used and {held} held", used=locale.whole(known.used), held=held)
    return _("{said}: {limit}, {used}", said=sold, limit=limit, used=used)


def _because(call: Authorization, known: Judged, asked: str, unit: CreditUnit) -> str:
    cost, left = (locale.exact(Credits(each), unit) for each in (call.micros, call.available_after_micros))
    match call.reason:
        case "insufficient_credits":
            room = locale.exact(known.room, unit)
            return _("{cost} is more than the {left} that was left", cost=cost, left=room)
        case "daily_limit" if call.retry_after_seconds:
            return _(
                "{cost} is more than the {left} that was left for the day; from 00:00 UTC on it may fit",
                cost=cost,
                left=left,
            )
        case "daily_limit":
            return _(
                "{cost} is more than the {left} that was left for the day, and more than a whole day’s limit",
                cost=cost,
                left=left,
            )
        case "plan_limit":
            return _("{quantity} more would pass the plan’s limit", quantity=asked)
        case "suspended":
            return _("the account was suspended")
        case "closed":
            return _("the account was closed")
        case other:
            return other
