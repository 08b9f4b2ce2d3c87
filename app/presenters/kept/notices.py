"""What the customer was notified of, with the figures of that time."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.language import _, marked, percent
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
from app.models.limits import Notice

NOTICES = {
    DAILY_THRESHOLD: marked("E-mail threshold reached"),
    DAILY_LIMIT: marked("Daily limit reached"),
    DAILY_LIMIT_RESET: marked("Daily limit reset"),
    CALL_REFUSED: marked("Call refused: daily limit"),
    USAGE_ALERT: marked("Usage alert"),
    BALANCE_LOW: marked("Balance low"),
    BALANCE_DEPLETED: marked("No credit left"),
    BALANCE_RECOVERED: marked("Balance recovered"),
    CREDITS_EXPIRING: marked("Credits expire soon"),
}


@dataclass(frozen=True)
class NoticeRow:
    """A notice as the page shows it."""

    at: datetime
    title: str
    bound: str
    level: str


def notice_row(notice: Notice, unit: CreditUnit) -> NoticeRow:
    """Return the notice in words, with the figures of its time."""
    figures = json.loads(notice.data)
    if notice.rule == USAGE_ALERT:
        title = _("Usage alert: {meter}", meter=figures["title"])
        threshold = locale.whole(figures["threshold"])
        reached_at = percent(threshold) if figures["is_percent"] else f"{threshold} {figures['unit']}"
        reached = locale.quantity(figures["quantity"], figures["unit"])
        return NoticeRow(notice.created_at, title, reached_at, reached)
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
    title = _(NOTICES[CALL_REFUSED if figures.get("reason") == CALL_REFUSED else notice.rule])
    if held:
        level = _("{used}, {held} held", used=level, held=locale.amount(Credits(held), unit))
    return NoticeRow(notice.created_at, title, _or_dash(bound, unit), level)


def _level(figures: dict[str, Any], unit: CreditUnit) -> str:
    """Return what was used, what expires, or what remained, which is never shown better than it was."""
    used = next((figures[each] for each in ("used_micros", "credits_micros") if each in figures), None)
    if used is None and "remaining_micros" in figures:
        return locale.balance(Credits(figures["remaining_micros"]), unit)
    return "–" if used is None else locale.amount(Credits(used), unit)


def _or_dash(micros: int | None, unit: CreditUnit) -> str:
    return "–" if micros is None else locale.exact(Credits(micros), unit)
