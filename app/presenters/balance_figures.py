"""The figures of the Overview that open their rows: how each is called and counted, and its lines in words."""

from collections.abc import Callable
from typing import Any

from app import locale
from app.domain.language import _, marked
from app.presenters.balance_history import KINDS
from app.services.balance import breakdown
from app.services.balance.breakdown import Figure

# Its name, how it is counted, and who counts it again.
FIGURES: dict[str, tuple[str, str, Callable[[], Figure]]] = {
    "total_credits": (
        marked("Total credits"),
        marked("All credits bought and granted so far, before any use. Withdrawn credits do not count."),
        breakdown.total_credits,
    ),
    "usage_this_period": (
        marked("Usage this period"),
        marked("All usage since {since}, when this billing period began, less corrections."),
        breakdown.usage_this_period,
    ),
    "all_usage": (
        marked("Used so far"),
        marked("All usage since the beginning. Corrections are counted apart."),
        breakdown.all_usage,
    ),
    "sent_back": (
        marked("Sent back or held"),
        marked("The credit removed for refunds and disputed payments, less the credit that was returned."),
        breakdown.sent_back,
    ),
    "remaining_credits": (
        marked("Remaining credits"),
        marked("All credit added, less all credit used or removed."),
        breakdown.remaining_credits,
    ),
}

# Counted as what went out, and what the sum of their rows is called.
_GOES_OUT = {
    "usage_this_period": marked("Used, added up from the rows"),
    "all_usage": marked("Used, added up from the rows"),
    "sent_back": marked("Gone or held, added up from the rows"),
}

SUMMED = marked("Added up from the rows")

# Counted in a figure, and not rows of the history.
_NO_ROWS = {
    breakdown.COUNTED: marked("Usage by meter and day"),
    breakdown.WAITING: marked("Used, and not in this history yet"),
    breakdown.OVER: marked("Expired, and not in this history yet"),
}
_OF_METERS = (breakdown.COUNTED, breakdown.WAITING)
_KINDS_OF = {breakdown.OVER: "expired"}


def figure(key: str) -> dict[str, Any]:
    """Return what the page says of a figure; each line with the filters that show its rows, or None for meters."""
    name, formula, count = FIGURES[key]
    counted = count()
    since = {"from": counted.since.isoformat()} if counted.since else {}
    spent = key in _GOES_OUT  # counted as what went out, while each row says what it did to the balance
    lines = [
        (
            _(_NO_ROWS.get(line.kind, KINDS.get(line.kind, line.kind))),
            line.rows,
            -line.total if spent else line.total,
            None if line.kind in _OF_METERS else {"view": "rows", **since, "kind": _KINDS_OF.get(line.kind, line.kind)},
        )
        for line in counted.lines
    ]
    return {
        "title": _(name),
        "formula": _(formula, since=locale.day(counted.since) if counted.since else ""),
        "sum_words": _(_GOES_OUT.get(key, SUMMED)),
        "shown": counted.shown,
        "summed": counted.summed,
        "lines": lines,
    }
