"""What each limit stops, in one sentence with the customer's own numbers (AC-58)."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.catalog import MeterKind
from app.domain.errors import Refused
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
from app.domain.spend_management import Limits, day_of, reached_at
from app.domain.units import quantity
from app.models.limits import Notice
from app.presenters import pay_later
from app.services.spend_management.blocked_calls import PlanLimit
from app.services.spend_management.limits import CHANGED_MEANWHILE
from app.services.webhooks.endpoints import Endpoint

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


@dataclass(frozen=True)
class NoticeRow:
    """A notice as the page shows it."""

    at: datetime
    title: str
    bound: str
    level: str


def daily_limit(limits: Limits, numbers: Numbers, unit: CreditUnit) -> str:
    """Say what the daily limit stops."""
    limit, used = limits.daily_limit, locale.amount(numbers.daily_used, unit)
    if limit is None:
        return f"No daily limit: {used} is used today, and no calls are refused for it."
    bound = locale.exact(limit, unit)
    if not limits.enabled:
        return f"Saved as off: no calls are refused. {used} is used today."
    held = f" and {locale.amount(numbers.held, unit)} is held" if numbers.held.micros else ""
    left = Credits(limit.micros - numbers.daily_used.micros - numbers.held.micros)
    if left.micros > 0:
        return (
            f"Stops calls that ask for more than what is left of it: {used} is used today{held}, so "
            f"{locale.balance(left, unit)} is left."
        )
    return f"Stops calls until 00:00 UTC: {used} of {bound} is used today{held}."


def threshold(limits: Limits, numbers: Numbers, email: str, unit: CreditUnit, given: Notice | None = None) -> str:
    """Say what the e-mail threshold does, and that it stops nothing. `given` is today's notice."""
    bound, used = limits.notify_threshold, f"{locale.amount(numbers.daily_used, unit)} is used"
    if bound is None:
        return "No threshold: no e-mail is sent."
    if not limits.enabled:
        return f"Saved as off: no e-mail is sent to {email}."
    if given is not None:
        reached = locale.exact(Credits(int(json.loads(given.data)["threshold_micros"])), unit)
        gone = f"today’s, for {reached}, is queued or sent, and there is no other today"
    else:
        gone = "today’s is queued or sent" if numbers.daily_used >= bound else f"{used} today, so none is sent yet"
    return f"Stops nothing: one e-mail a day to {email}; {gone}."


def saved(moved: Credits | None, unit: CreditUnit) -> str:
    """Say that it is saved; `moved` is the threshold that followed a lower limit."""
    if moved is None:
        return "Spend management is saved."
    return f"Spend management is saved. The e-mail threshold keeps its share of the limit: {locale.exact(moved, unit)}."


def balance(numbers: Numbers, unit: CreditUnit) -> str:
    """Say what the balance and the overage protection stop."""
    written = partial(locale.exact, unit=unit)
    if numbers.standing not in SERVED:
        return f"Stops every call: your account is {numbers.standing}. {written(numbers.remaining_credits)} remains."
    if owed(numbers).micros:
        return f"Stops every call: {written(owed(numbers))} is owed, and nothing can be used until a top-up covers it."
    word = pay_later.below(numbers)
    if numbers.remaining_credits.micros < 0:
        held = f" and {written(numbers.held)} is held for calls in progress" if numbers.held.micros else ""
        return (
            f"Stops calls that ask for more than what is left of your {written(numbers.overage_protection)} {word}: "
            f"{written(-numbers.remaining_credits)} of it is used{held}, so that is "
            f"{written(could_use(numbers))} now.{_beyond(numbers, unit)}"
        )
    overage = f" and {written(numbers.overage_left)} {word}" if numbers.overage_protection.micros else ""
    held = f", less {written(numbers.held)} held for calls in progress" if numbers.held.micros else ""
    return (
        f"Stops calls that ask for more than your remaining {written(numbers.remaining_credits)}{overage}{held}: "
        f"that is {written(could_use(numbers))} now.{_beyond(numbers, unit)}"
    )


def _beyond(numbers: Numbers, unit: CreditUnit) -> str:
    """Say by how much more is held than is left; nothing where it is not: usage was reported, or credit went."""
    over = -(max(0, numbers.remaining_credits.micros) + numbers.overage_left.micros - numbers.held.micros)
    return f" Calls in progress may use {locale.exact(Credits(over), unit)} more than is left." if over > 0 else ""


def changed_meanwhile(limits: Limits, endpoint: Endpoint | None, unit: CreditUnit) -> Refused:
    """Say what is saved by now, where a form was made from what was saved before."""
    written, parts = partial(locale.exact, unit=unit), ["on" if limits.enabled else "off"]
    parts.append(f"daily limit {written(limits.daily_limit)}" if limits.daily_limit else "no daily limit")
    threshold = limits.notify_threshold
    parts.append(f"e-mail threshold {written(threshold)}" if threshold else "no e-mail threshold")
    parts.append(f"webhook URL {endpoint.url}" if endpoint else "no webhook URL")
    words = f"Spend management was changed while this page was open. It is now: {', '.join(parts)}."
    return Refused(f"{words} Nothing of yours was saved; save again to replace it.", CHANGED_MEANWHILE)


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
        reached = locale.quantity(figures["quantity"], figures["unit"])
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
    level, held = _level(figures, unit), figures.get("held_micros")
    title = NOTICES[CALL_REFUSED if figures.get("reason") == CALL_REFUSED else notice.rule]
    more = f", {locale.amount(Credits(held), unit)} held" if held else ""
    return NoticeRow(notice.created_at, title, _or_dash(bound, unit), f"{level}{more}")


def _level(figures: dict[str, Any], unit: CreditUnit) -> str:
    """Return what was used, what expires, or what remained, which is never shown better than it was."""
    used = next((figures[each] for each in ("used_micros", "credits_micros") if each in figures), None)
    if used is None and "remaining_micros" in figures:
        return locale.balance(Credits(figures["remaining_micros"]), unit)
    return "–" if used is None else locale.amount(Credits(used), unit)


def _or_dash(micros: int | None, unit: CreditUnit) -> str:
    return "–" if micros is None else locale.exact(Credits(micros), unit)
