"""The last 90 days with the limits that are typed: a chart with each limit as a line, and one sentence.

What would have happened is judged by the limits that are typed. What did happen is judged by the limit of its day.
"""

from collections.abc import Callable
from datetime import date, timedelta

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.money import Credits
from app.domain.simulation import RefusedDay, Simulation
from app.presenters.charts import Chart, Column, Mark, Measure, columns, day_label

CHART = "spend_management-chart"


def chart(found: Simulation, unit: CreditUnit, address: Callable[[date], str]) -> Chart | None:
    """Return what was used on each day, with the limits as lines that may be moved; None where nothing was used."""
    used = {each.day: each.used.micros for each in found.used}
    really = {each.day: each for each in found.refused_on}
    days = [found.first + timedelta(number) for number in range(found.days)]
    limits = found.limits
    most = f" Most on {day_label(found.highest.day)}: {_exact(found.highest.used, unit)}." if found.highest else ""
    return columns(
        [
            Column(day, (used.get(day, 0),), address(day), more=_really(really[day], unit) if day in really else "")
            for day in days
        ],
        measure=Measure(unit),
        name=f"Credits used on each of the last {found.days} days.{most}",
        series=("Credits used",),
        marks=(
            _mark("limit", "Daily limit", "At or over the daily limit of {}", limits.daily_limit, unit),
            _mark("threshold", "E-mail at", "From the e-mail threshold of {} on", limits.notify_threshold, unit),
        ),
    )


def sentence(found: Simulation, unit: CreditUnit) -> str:
    """Say what the limits would have done, and what really happened on days where that is something else."""
    limit, threshold = found.limits.daily_limit, found.limits.notify_threshold
    of = f"of the last {found.days} days"
    mails = _many(len(found.mailed))
    if limit is None:
        if threshold is None:
            return "Enter a limit to see what it would have done."
        bound = _exact(threshold, unit)
        return f"With an e-mail threshold of {bound}, an e-mail would have been sent on {mails} {of}."
    mailed = f", and an e-mail sent on {mails}" if threshold is not None else ""
    refusing = f"calls would have been refused on {_many(len(found.refusing))} {of}"
    would = f"With a daily limit of {_exact(limit, unit)}, {refusing}"
    return f"{would}{_as_they_were(found)}{mailed}{_unsure(found.unsure, unit)}."


def _as_they_were(found: Simulation) -> str:
    really = found.really
    if not really:
        return ""
    on = day_label(really[0].day) if len(really) == 1 else "all of them"
    if 1 < len(really) < len(found.refusing):
        on = f"{len(really)} of them"
    return f", as they were on {on}"


def _unsure(days: tuple[RefusedDay, ...], unit: CreditUnit) -> str:
    if not days:
        return ""
    first = days[0]
    named = f", {_exact(first.limit, unit)}," if len(days) == 1 and first.limit else ""
    on = day_label(first.day) if len(days) == 1 else f"{len(days)} days"
    return f"; on {on} the limit of that day{named} refused calls that this one may have let through"


def _really(day: RefusedDay, unit: CreditUnit) -> str:
    by = f"the limit was {_exact(day.limit, unit)}" if day.limit else "by the limit of that day"
    return f"Calls were refused: {by}"


def _mark(kind: str, words: str, note: str, figure: Credits | None, unit: CreditUnit) -> Mark:
    if figure is None:
        return Mark(kind, None, words)
    return Mark(kind, figure.micros, words, note.format(_exact(figure, unit)))


def _many(count: int) -> str:
    return str(count) if count else "none"


def _exact(figure: Credits, unit: CreditUnit) -> str:
    return locale.exact(figure, unit)
