"""Notices: which limits, thresholds and balances the customer is notified of, once for each occasion (I27).

Decided from levels, not from changes: whoever looks at the same levels again, however often and after whatever crash,
comes to the same notices, and their keys keep each from being sent twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.amounts_in_json import credits_text
from app.domain.money import Credits
from app.domain.spend_management import Day, Limits, day_of, is_reached

DAILY_THRESHOLD, DAILY_LIMIT, DAILY_LIMIT_RESET = "daily_threshold", "daily_limit", "daily_limit_reset"
CALL_REFUSED = "call_refused"
"""A call was refused for the daily limit while some of it was left. A mail says so: hosts have the refusal itself."""
USAGE_ALERT = "usage_alert"
BALANCE_LOW, BALANCE_DEPLETED, BALANCE_RECOVERED = "balance_low", "balance_depleted", "balance_recovered"
CREDITS_EXPIRING = "credits_expiring"

EVENTS = {
    DAILY_THRESHOLD: "spend.threshold_reached",
    DAILY_LIMIT: "spend.daily_limit_reached",
    DAILY_LIMIT_RESET: "spend.daily_limit_reset",
    USAGE_ALERT: "usage.alert",
    BALANCE_LOW: "balance.low",
    BALANCE_DEPLETED: "balance.depleted",
    BALANCE_RECOVERED: "balance.recovered",
    CREDITS_EXPIRING: "credits.expiring",
}
"""The event that hosts receive for a notice."""

MAILS = {
    DAILY_THRESHOLD: "spend_threshold",
    DAILY_LIMIT: "spend_limit",
    CALL_REFUSED: "spend_limit",
    USAGE_ALERT: "usage_alert",
    BALANCE_LOW: "balance_low",
    BALANCE_DEPLETED: "balance_depleted",
    BALANCE_RECOVERED: "balance_recovered",
    CREDITS_EXPIRING: "credits_expiring",
}
"""The mail of a notice. Of a limit that resets there is none: the mail of the limit has said when."""

PAGES = {
    DAILY_THRESHOLD: "spend_management.page",
    DAILY_LIMIT: "spend_management.page",
    DAILY_LIMIT_RESET: "spend_management.page",
    CALL_REFUSED: "spend_management.page",
    USAGE_ALERT: "usage.page",
}
"""Where a notice leads; the others lead to the Overview."""

OF_NO_DAY = frozenset({USAGE_ALERT, CREDITS_EXPIRING})
"""What is not about a UTC day: its occasion is none."""

RECOVERS = frozenset({DAILY_LIMIT, BALANCE_LOW, BALANCE_DEPLETED})
"""What stays open until it clears."""

COUNTED = RECOVERS | {BALANCE_RECOVERED, CALL_REFUSED}
"""What may come several times on one day: it comes again only after it had cleared, or for another limit."""


@dataclass(frozen=True)
class Alert:
    """A usage alert whose threshold is crossed in the period."""

    alert_id: str
    period: int
    figures: Mapping[str, object]


@dataclass(frozen=True)
class Levels:
    """Everything that notices are decided from, at one time."""

    now: datetime
    limits: Limits
    limits_changed_at: datetime | None
    used_today: Credits
    held: Credits
    """Held for calls in progress: it counts against today's limit, whatever day the calls were made on."""
    was_refused: bool
    """Whether a call was refused for the daily limit today, since the limit is what it is."""
    remaining: Credits
    fell: bool
    """Whether credit was used or taken today: a customer who was only given credit gets no notice."""
    low_balance: Credits | None
    alerts: Sequence[Alert] = ()


@dataclass(frozen=True)
class Given:
    """A notice that was given: one that has not cleared, or one of today."""

    rule: str
    occasion: str
    created_at: datetime
    figures: Mapping[str, object]
    is_open: bool = True

    @property
    def day(self) -> Day:
        """The UTC day that it is about."""
        return occasion_day(self.occasion)


@dataclass(frozen=True)
class Wanted:
    """A notice to be kept under its key, and sent unless it is silent."""

    rule: str
    occasion: str
    figures: Mapping[str, object]

    @property
    def is_silent(self) -> bool:
        """Whether it is kept only, because another one says it."""
        return is_silent(self.rule, self.figures)


@dataclass(frozen=True)
class Decision:
    """The notices to send, and those that have cleared."""

    wanted: tuple[Wanted, ...]
    cleared: tuple[Given, ...]


def decide(levels: Levels, given: Sequence[Given]) -> Decision:
    """Return what these levels say, to a customer who was given these notices: open ones, and all of today."""
    wanted: list[Wanted] = []
    cleared: list[Given] = []
    _day(levels, given, wanted, cleared)
    _balance(levels, given, wanted, cleared)
    wanted += [Wanted(USAGE_ALERT, f"{each.period}:{each.alert_id}", dict(each.figures)) for each in levels.alerts]
    return Decision(tuple(wanted), tuple(cleared))


def occasion_day(occasion: str) -> Day:
    """Return the UTC day of an occasion: `2026-11-21`, or `2026-11-21:2` for what came again after it had cleared."""
    return Day(date.fromisoformat(occasion.partition(":")[0]))


def expiring(left: Sequence[tuple[str, Credits, datetime]]) -> tuple[Wanted, ...]:
    """Return the notices of grants that expire soon: their id, what is left, and when. One notice names all.

    The first to expire with anything left sends it; the others are kept, so that each is notified once.
    """
    soon = sorted((each for each in left if each[1].micros > 0), key=lambda each: (each[2], each[0]))
    kept = [Wanted(CREDITS_EXPIRING, each[0], {"told_with": soon[0][0] if soon else ""}) for each in left]
    if not soon:
        return tuple(kept)
    first, _left, at = soon[0]
    figures: dict[str, object] = {
        "credits_micros": sum(each[1].micros for each in soon),
        "expires_at": stamp(at),
        "grants": [
            {"grant": name, "credits": credits_text(left_of_it), "expires_at": stamp(ends)}
            for name, left_of_it, ends in soon
        ],
    }
    return (Wanted(CREDITS_EXPIRING, first, figures), *(each for each in kept if each.occasion != first))


def is_silent(rule: str, figures: Mapping[str, object]) -> bool:
    """Say whether nothing is sent: another notice says it (that credit is used up, or of several grants at once)."""
    if "told_with" in figures:
        return True
    remaining = figures.get("remaining_micros")
    return rule == BALANCE_LOW and isinstance(remaining, int) and remaining <= 0


def event_data(
    rule: str, occasion: str, figures: Mapping[str, object], *, unit: str, portal_url: str
) -> dict[str, object]:
    """Return the event's data for hosts: figures in micros become decimal strings of credits, with their unit."""
    data: dict[str, object] = {}
    for name, value in figures.items():
        if name.endswith("_micros") and isinstance(value, int):
            data[name.removesuffix("_micros")] = credits_text(Credits(value))
        else:
            data[name] = value
    if rule != USAGE_ALERT:
        data["credit_unit"] = unit
    if rule not in OF_NO_DAY:
        data["utc_date"] = occasion_day(occasion).date.isoformat()
    return data | {"portal_url": portal_url}


def _occasion(rule: str, day: Day, given: Sequence[Given]) -> str:
    """Return the day as the key, numbered when the rule came true, and cleared, on it before."""
    before = sum(each.rule == rule and each.day == day for each in given)
    return f"{day.date.isoformat()}:{before + 1}" if before else day.date.isoformat()


def _day(levels: Levels, given: Sequence[Given], wanted: list[Wanted], cleared: list[Given]) -> None:
    today, limits, used = day_of(levels.now), levels.limits, levels.used_today
    threshold, limit = limits.notifies_at, limits.in_force
    reached = is_reached(limit, used)
    limited = [each for each in given if each.rule == DAILY_LIMIT and each.is_open]
    for each in limited:
        is_changed = levels.limits_changed_at is not None and levels.limits_changed_at >= each.created_at
        if levels.now >= each.day.ends:
            cleared.append(each)
            wanted.append(_reset(each, each.day.ends, "new_day"))
        elif not reached and is_changed:
            cleared.append(each)
            wanted.append(_reset(each, levels.now, "limit_changed"))
    if threshold is not None and is_reached(threshold, used):
        wanted.append(Wanted(DAILY_THRESHOLD, today.date.isoformat(), _figures("threshold", threshold, used)))
    rule, why = (DAILY_LIMIT, "used_up") if reached else (CALL_REFUSED, "call_refused")
    if limit is not None and (reached or levels.was_refused) and not _was_said(rule, today, levels, given):
        figures = _figures("limit", limit, used) | {"held_micros": levels.held.micros, "reason": why}
        wanted.append(Wanted(rule, _occasion(rule, today, given), figures | {"blocked_until": stamp(today.ends)}))


def _was_said(rule: str, today: Day, levels: Levels, given: Sequence[Given]) -> bool:
    """Say whether the limit of today was noticed: reached and open still, or as it was when a call was refused."""
    before = [each for each in given if each.rule == rule and each.day == today]
    if rule == DAILY_LIMIT:
        # Up to 0.3.0 a refused call was kept as a limit that is reached.
        return any(each.is_open and each.figures.get("reason") != CALL_REFUSED for each in before)
    changed_at = levels.limits_changed_at
    return any(changed_at is None or each.created_at >= changed_at for each in before)


def _reset(notice: Given, at: datetime, why: str) -> Wanted:
    figures = {"limit_micros": notice.figures.get("limit_micros"), "reset_at": stamp(at), "reason": why}
    return Wanted(DAILY_LIMIT_RESET, notice.occasion, figures)


def _balance(levels: Levels, given: Sequence[Given], wanted: list[Wanted], cleared: list[Given]) -> None:
    low = [each for each in given if each.rule == BALANCE_LOW and each.is_open]
    empty = [each for each in given if each.rule == BALANCE_DEPLETED and each.is_open]
    today, figures = day_of(levels.now), {"remaining_micros": levels.remaining.micros}
    is_empty = levels.remaining.micros <= 0
    is_low = is_empty or (levels.low_balance is not None and levels.remaining < levels.low_balance)
    if levels.low_balance is not None:
        figures |= {"low_balance_micros": levels.low_balance.micros}
    if is_empty and levels.fell and not empty:
        wanted.append(Wanted(BALANCE_DEPLETED, _occasion(BALANCE_DEPLETED, today, given), figures))
        if levels.low_balance is not None and not low:  # one mail says both
            wanted.append(Wanted(BALANCE_LOW, _occasion(BALANCE_LOW, today, given), figures))
    elif is_low and not is_empty and levels.fell and not low:
        wanted.append(Wanted(BALANCE_LOW, _occasion(BALANCE_LOW, today, given), figures))
    if not is_empty:
        cleared += empty
    if not is_low and (low or empty):
        cleared += low
        wanted.append(Wanted(BALANCE_RECOVERED, _occasion(BALANCE_RECOVERED, today, given), figures))


def _figures(name: str, bound: Credits, used: Credits) -> dict[str, object]:
    return {f"{name}_micros": bound.micros, "used_micros": used.micros}


def stamp(moment: datetime) -> str:
    """Return the time as programs read it: RFC 3339 in UTC."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
