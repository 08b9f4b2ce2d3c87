"""What each limit stops, in one sentence with the customer's own numbers (AC-58), and why calls were refused."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.catalog import Catalog, MeterKind
from app.domain.money import Credits
from app.domain.notices import (
    BALANCE_DEPLETED,
    BALANCE_LOW,
    BALANCE_RECOVERED,
    CALL_REFUSED,
    CREDITS_EXPIRING,
    DAILY_LIMIT,
    DAILY_LIMIT_RESET,
    DAILY_THRESHOLD,
    USAGE_ALERT,
)
from app.domain.numbers import SERVED, Numbers, owed
from app.domain.simulation import Simulation
from app.domain.spend_management import Limits, day_of, reached_at
from app.domain.units import quantity
from app.models.authorizations import Authorization
from app.models.limits import Notice
from app.services.spend_management.blocked_calls import PlanLimit

NOTICES = {
    DAILY_THRESHOLD: "E-mail threshold reached",
    DAILY_LIMIT: "Daily limit reached",
    DAILY_LIMIT_RESET: "Daily limit reset",
    CALL_REFUSED: "Call refused: daily limit",
    USAGE_ALERT: "Usage alert",
    BALANCE_LOW: "Balance low",
    BALANCE_DEPLETED: "No credit left",
    BALANCE_RECOVERED: "Balance recovered",
    CREDITS_EXPIRING: "Credits expire soon",
}
REFUSED = {
    "insufficient_credits": "Not enough credits",
    "daily_limit": "Over the daily limit",
    "plan_limit": "Over the plan’s limit",
    "suspended": "Account suspended",
    "closed": "Account closed",
}


@dataclass(frozen=True)
class NoticeRow:
    """A notice as the page shows it."""

    at: datetime
    title: str
    bound: str
    level: str


@dataclass(frozen=True)
class RefusedCall:
    """A refused call as the page shows it."""

    at: datetime
    why: str
    asked: str
    id: str


def daily_limit(limits: Limits, numbers: Numbers, now: datetime, unit: CreditUnit) -> str:
    """Say what the daily limit stops."""
    written = partial(locale.credits, unit=unit)
    limit, ends = limits.daily_limit, locale.moment(day_of(now).ends)
    if limit is None:
        return f"No daily limit is set, so no calls are refused for one: {written(numbers.daily_used)} is used today."
    if not limits.enabled:
        return (
            f"Stops nothing while spend management is off. While it is on, calls that ask for permission are refused "
            f"once {written(limit)} is used on a UTC day; {written(numbers.daily_used)} is used today."
        )
    held = f" and {written(numbers.held)} is held for calls in progress" if numbers.held.micros else ""
    left = Credits(limit.micros - numbers.daily_used.micros - numbers.held.micros)
    if left.micros > 0:
        return (
            f"Stops calls that ask for more than what is left of {written(limit)} a UTC day: "
            f"{written(numbers.daily_used)} is used today{held}, so {written(left)} is left until {ends}."
        )
    return (
        f"Stops calls now: {written(numbers.daily_used)} of {written(limit)} is used today{held}, so calls that ask "
        f"for permission are refused until {ends}."
    )


def threshold(limits: Limits, numbers: Numbers, email: str, unit: CreditUnit, given: Notice | None = None) -> str:
    """Say what the e-mail threshold does, and that it stops nothing. `given` is today's notice."""
    written = partial(locale.credits, unit=unit)
    bound, used = limits.notify_threshold, written(numbers.daily_used)
    if bound is None:
        return f"No threshold is set, so no e-mail is sent. {used} is used today."
    if not limits.enabled:
        return (
            f"Stops nothing. While spend management is on, one e-mail a UTC day goes to {email} when {written(bound)} "
            "is used; "
            f"{used} is used today."
        )
    if given is not None:
        reached = written(Credits(int(json.loads(given.data)["threshold_micros"])))
        gone = f"and today’s e-mail, for {reached}, is queued or sent: there is no other today"
    else:
        gone = "so today’s e-mail is queued or sent" if numbers.daily_used >= bound else "so nothing is sent yet"
    said = f"Stops nothing: one e-mail a UTC day goes to {email} when {written(bound)} is used."
    return f"{said} {used} is used today, {gone}."


def balance(numbers: Numbers, unit: CreditUnit) -> str:
    """Say what the balance and the overage protection stop."""
    written = partial(locale.credits, unit=unit)
    if numbers.standing not in SERVED:
        return f"Stops every call: your account is {numbers.standing}. {written(numbers.remaining_credits)} remains."
    if owed(numbers).micros:
        return f"Stops every call: {written(owed(numbers))} is owed, and nothing can be used until a top-up covers it."
    if numbers.remaining_credits.micros < 0:
        held = f" and {written(numbers.held)} is held for calls in progress" if numbers.held.micros else ""
        return (
            f"Stops calls that ask for more than what is left of your {written(numbers.overage_protection)} of overage "
            f"protection: {written(-numbers.remaining_credits)} of it is used{held}, so that is "
            f"{written(could_use(numbers))} now.{_beyond(numbers, unit)}"
        )
    overage = f" and {written(numbers.overage_left)} of overage protection" if numbers.overage_protection.micros else ""
    held = f", less {written(numbers.held)} held for calls in progress" if numbers.held.micros else ""
    return (
        f"Stops calls that ask for more than your remaining {written(numbers.remaining_credits)}{overage}{held}: "
        f"that is {written(could_use(numbers))} now.{_beyond(numbers, unit)}"
    )


def _beyond(numbers: Numbers, unit: CreditUnit) -> str:
    """Say by how much more is held than is left; nothing where it is not: usage was reported, or credit went."""
    over = -(max(0, numbers.remaining_credits.micros) + numbers.overage_left.micros - numbers.held.micros)
    return f" Calls in progress may use {locale.credits(Credits(over), unit)} more than is left." if over > 0 else ""


def really_refused(simulated: Simulation, today: date) -> str:
    """Say on how many days calls really were refused, which what was used does not show; nothing where none were."""
    before = sum(day < today for day in simulated.refused_on)
    days = f"{before} of these days" if before > 1 else "one of these days"
    happened = f"On {days} calls really were refused, for the daily limit of that day. " if before else ""
    also = "Today calls were refused too, and today is not counted yet. " if today in simulated.refused_on else ""
    why = "What a refused call asked for was not used, so the preview does not count it."
    return f"{happened}{also}{why}" if happened or also else ""


def could_use(numbers: Numbers) -> Credits:
    """Return what the balance and the overage protection leave, before any daily limit."""
    if numbers.standing not in SERVED:
        return Credits(0)
    whole = max(0, numbers.remaining_credits.micros) + numbers.overage_left.micros
    return Credits(max(0, whole - numbers.held.micros))


def plan_limit(limit: PlanLimit, plan: str) -> str:
    """Say what a limit of the plan stops, or that it only notifies."""
    if not limit.is_stopping:
        used = "is the latest value" if limit.kind is MeterKind.LAST else "used so far in this billing period"
        return (
            f"Stops nothing: the {plan} plan allows {quantity(limit.limit, limit.unit)}; "
            f"{locale.whole(limit.used)} {used}. Usage alerts can notify you."
        )
    held = f" and {locale.whole(limit.held)} held" if limit.held else ""
    return (
        f"Stops calls for more than {quantity(limit.limit, limit.unit)} a billing period on the {plan} plan: "
        f"{locale.whole(limit.used)} used{held}, so {locale.whole(limit.left)} left."
    )


def pace(limits: Limits, numbers: Numbers, now: datetime) -> str:
    """Say when today's pace reaches the limit; the limit resets at 00:00 UTC (AC-54)."""
    limit = limits.in_force
    if limit is None or not numbers.daily_used.micros:
        return ""
    at = reached_at(limit, Credits(numbers.daily_used.micros + numbers.held.micros), now)
    if at is None:
        return "At today’s pace the limit is not reached before it resets at 00:00 UTC."
    if at <= now:
        return f"The limit is reached; it resets at {locale.moment(day_of(now).ends)}."
    return f"At today’s pace the limit is reached at about {locale.time(at)}, and resets at 00:00 UTC."


def notice_row(notice: Notice, unit: CreditUnit) -> NoticeRow:
    """Return the notice in words, with the figures of its time."""
    figures = json.loads(notice.data)
    if notice.rule == USAGE_ALERT:
        sign = " %" if figures["is_percent"] else f" {figures['unit']}"
        title = f"{NOTICES[USAGE_ALERT]}: {figures['title']}"
        reached = f"{locale.whole(figures['quantity'])} {figures['unit']}"
        return NoticeRow(notice.created_at, title, f"{locale.whole(figures['threshold'])}{sign}", reached)
    bound = next(
        (
            figures[name]
            for name in ("limit_micros", "threshold_micros", "low_balance_micros")
            if figures.get(name) is not None
        ),
        None,
    )
    if notice.rule == BALANCE_DEPLETED:
        bound = 0
    held, level = (
        figures.get("held_micros"),
        _or_dash(
            next(
                (figures[each] for each in ("used_micros", "remaining_micros", "credits_micros") if each in figures),
                None,
            ),
            unit,
        ),
    )
    title = NOTICES[CALL_REFUSED if figures.get("reason") == CALL_REFUSED else notice.rule]
    return NoticeRow(
        notice.created_at, title, _or_dash(bound, unit), f"{level}, {_or_dash(held, unit)} held" if held else level
    )


def refused(call: Authorization, catalog: Catalog, unit: CreditUnit) -> RefusedCall:
    """Return the refused call in words: why, and what was asked for."""
    meter = catalog.meter(call.meter) if call.meter else None
    asked = f"{locale.whole(call.quantity)} {meter.unit}" if meter else locale.credits(Credits(call.micros), unit)
    return RefusedCall(call.created_at, REFUSED.get(call.reason, call.reason), asked, call.id)


def _or_dash(micros: int | None, unit: CreditUnit) -> str:
    return "–" if micros is None else locale.credits(Credits(micros), unit)
