"""Notices: which limits, thresholds and balances are worth telling, once for each occasion (I27).

Decided from levels, not from changes: whoever looks at the same levels again, however often and after whatever crash,
comes to the same notices, and their keys keep each from being told twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.amounts_in_json import credits_text
from app.domain.money import Credits
from app.domain.spend_management import Day, Limits, day_of, is_reached

DAILY_THRESHOLD, DAILY_LIMIT, DAILY_LIMIT_RESET = "daily_threshold", "daily_limit", "daily_limit_reset"
USAGE_ALERT = "usage_alert"
BALANCE_LOW, BALANCE_DEPLETED, BALANCE_RECOVERED = "balance_low", "balance_depleted", "balance_recovered"

EVENTS = {
    DAILY_THRESHOLD: "spend.threshold_reached",
    DAILY_LIMIT: "spend.daily_limit_reached",
    DAILY_LIMIT_RESET: "spend.daily_limit_reset",
    USAGE_ALERT: "usage.alert",
    BALANCE_LOW: "balance.low",
    BALANCE_DEPLETED: "balance.depleted",
    BALANCE_RECOVERED: "balance.recovered",
}
"""What a notice is called where hosts hear of it."""

MAILS = {
    DAILY_THRESHOLD: "spend_threshold",
    DAILY_LIMIT: "spend_limit",
    USAGE_ALERT: "usage_alert",
    BALANCE_LOW: "balance_low",
    BALANCE_DEPLETED: "balance_depleted",
}
"""The mail of a notice. What is well again is told to hosts only: nobody has to do anything."""

PAGES = {
    DAILY_THRESHOLD: "spend_management.page",
    DAILY_LIMIT: "spend_management.page",
    DAILY_LIMIT_RESET: "spend_management.page",
    USAGE_ALERT: "usage.page",
}
"""Where a notice leads; the others lead to the Overview."""

RECOVERS = frozenset({DAILY_LIMIT, BALANCE_LOW, BALANCE_DEPLETED})
"""What stays open until it clears."""


@dataclass(frozen=True)
class Alert:
    """A usage alert whose threshold is crossed in the period."""

    alert_id: str
    period: int
    figures: Mapping[str, object]


@dataclass(frozen=True)
class Levels:
    """Everything that notices are decided from, as it stands at one moment."""

    now: datetime
    limits: Limits
    limits_changed_at: datetime | None
    used_today: Credits
    was_refused: bool
    """Whether a call was refused for the daily limit today, since the limit is what it is."""
    remaining: Credits
    fell: bool
    """Whether credit was used or taken today: who was only given some has nothing to be told."""
    low_balance: Credits | None
    alerts: Sequence[Alert] = ()


@dataclass(frozen=True)
class Open:
    """A notice that was given and has not cleared."""

    rule: str
    occasion: str
    created_at: datetime
    figures: Mapping[str, object]


@dataclass(frozen=True)
class Wanted:
    """A notice to be kept under its key, and told unless it is silent."""

    rule: str
    occasion: str
    figures: Mapping[str, object]
    silent: bool = False


@dataclass(frozen=True)
class Decision:
    """What is to be told, and what has cleared."""

    wanted: tuple[Wanted, ...]
    cleared: tuple[Open, ...]


def decide(levels: Levels, open_: Sequence[Open]) -> Decision:
    """Return what these levels say."""
    wanted: list[Wanted] = []
    cleared: list[Open] = []
    _day(levels, open_, wanted, cleared)
    _balance(levels, open_, wanted, cleared)
    wanted += [Wanted(USAGE_ALERT, f"{each.period}:{each.alert_id}", dict(each.figures)) for each in levels.alerts]
    return Decision(tuple(wanted), tuple(cleared))


def event_data(
    rule: str, occasion: str, figures: Mapping[str, object], *, unit: str, portal_url: str
) -> dict[str, object]:
    """Return what hosts are told: figures in micros become decimal strings of credits, with their unit."""
    data: dict[str, object] = {}
    for name, value in figures.items():
        if name.endswith("_micros") and isinstance(value, int):
            data[name.removesuffix("_micros")] = credits_text(Credits(value))
        else:
            data[name] = value
    if rule != USAGE_ALERT:
        data |= {"utc_date": occasion, "credit_unit": unit}
    return data | {"portal_url": portal_url}


def _day(levels: Levels, open_: Sequence[Open], wanted: list[Wanted], cleared: list[Open]) -> None:
    today, limits, used = day_of(levels.now), levels.limits, levels.used_today
    threshold, limit = limits.tells_at, limits.in_force
    reached = limit is not None and (is_reached(limit, used) or levels.was_refused)
    for each in open_:
        if each.rule != DAILY_LIMIT:
            continue
        over = Day(date.fromisoformat(each.occasion))
        is_changed = levels.limits_changed_at is not None and levels.limits_changed_at >= each.created_at
        if levels.now >= over.ends:
            cleared.append(each)
            wanted.append(_reset(each, over.ends, "new_day"))
        elif not reached and is_changed:
            cleared.append(each)
            wanted.append(_reset(each, levels.now, "limit_changed"))
    if threshold is not None and is_reached(threshold, used):
        wanted.append(Wanted(DAILY_THRESHOLD, today.date.isoformat(), _figures("threshold", threshold, used)))
    if limit is not None and reached:
        blocked = {"blocked_until": stamp(today.ends)}
        wanted.append(Wanted(DAILY_LIMIT, today.date.isoformat(), _figures("limit", limit, used) | blocked))


def _reset(notice: Open, at: datetime, why: str) -> Wanted:
    figures = {"limit_micros": notice.figures.get("limit_micros"), "reset_at": stamp(at), "reason": why}
    return Wanted(DAILY_LIMIT_RESET, notice.occasion, figures)


def _balance(levels: Levels, open_: Sequence[Open], wanted: list[Wanted], cleared: list[Open]) -> None:
    low = [each for each in open_ if each.rule == BALANCE_LOW]
    empty = [each for each in open_ if each.rule == BALANCE_DEPLETED]
    occasion, figures = day_of(levels.now).date.isoformat(), {"remaining_micros": levels.remaining.micros}
    is_empty = levels.remaining.micros <= 0
    is_low = is_empty or (levels.low_balance is not None and levels.remaining < levels.low_balance)
    if levels.low_balance is not None:
        figures |= {"low_balance_micros": levels.low_balance.micros}
    if is_empty and levels.fell and not empty:
        wanted.append(Wanted(BALANCE_DEPLETED, occasion, figures))
        if levels.low_balance is not None and not low:  # one mail says both
            wanted.append(Wanted(BALANCE_LOW, occasion, figures, silent=True))
    elif is_low and not is_empty and levels.fell and not low:
        wanted.append(Wanted(BALANCE_LOW, occasion, figures))
    if not is_empty:
        cleared += empty
    if not is_low and (low or empty):
        cleared += low
        wanted.append(Wanted(BALANCE_RECOVERED, occasion, figures))


def _figures(name: str, bound: Credits, used: Credits) -> dict[str, object]:
    return {f"{name}_micros": bound.micros, "used_micros": used.micros}


def stamp(moment: datetime) -> str:
    """Return the moment as programs read it: RFC 3339 in UTC."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
