"""The day the credit runs out, with a range, from the pace of the last days. Whole numbers only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

BUSIEST = 7
"""The range is that of the busiest and the slowest run of this many days."""
FARTHEST_DAYS = 3650


@dataclass(frozen=True)
class Forecast:
    """When the credit runs out at the pace of the last days. `latest` is None when the slowest week used nothing."""

    earliest: date
    expected: date
    latest: date | None


def run_out(available: int, used: Sequence[int], today: date, daily_limit: int | None = None) -> Forecast | None:
    """Return the forecast for what is available, from the micros used on each of the last whole days, oldest first.

    A daily limit that is on now stops each day to come at it: no day counts with more than the limit (AC-54).
    None when the pace is zero, nothing is known of it, or the day lies more than ten years ahead: then nobody can say.
    """
    if daily_limit is not None:
        used = [min(each, daily_limit) for each in used]
    if not used or sum(used) <= 0:
        return None
    size = min(BUSIEST, len(used))
    weeks = [sum(used[start : start + size]) for start in range(len(used) - size + 1)]
    expected = _day(available, sum(used), len(used), today)
    earliest = _day(available, max(weeks), size, today)
    if expected is None or earliest is None:
        return None
    return Forecast(min(earliest, expected), expected, _day(available, min(weeks), size, today))


def _day(available: int, used: int, days: int, today: date) -> date | None:
    if used <= 0:
        return None
    lasts = max(0, available) * days // used
    return today + timedelta(days=lasts) if lasts <= FARTHEST_DAYS else None
