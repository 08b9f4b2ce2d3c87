"""The last 90 days with the limits that are typed: a chart with each limit as a line, and one sentence.

What would have happened is judged by the limits that are typed. What did happen is judged by the limit of its day.
"""

from collections.abc import Callable
from datetime import date, timedelta

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.language import _, marked, ngettext, pgettext
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
    name = _("Credits used on each of the last {n} days.", n=found.days)
    if found.highest:
        amount = _exact(found.highest.used, unit)
        name = " ".join([name, _("Most on {day}: {amount}.", day=day_label(found.highest.day), amount=amount)])
    return columns(
        [
            Column(day, (used.get(day, 0),), address(day), more=_really(really[day], unit) if day in really else "")
            for day in days
        ],
        measure=Measure(unit),
        name=name,
        series=(_("Credits used"),),
        marks=(
            _mark(
                "limit",
                marked("Daily limit"),
                marked("At or over the daily limit of {amount}"),
                limits.daily_limit,
                unit,
            ),
            _mark(
                "threshold",
                marked("E-mail at"),
                marked("From the e-mail threshold of {amount} on"),
                limits.notify_threshold,
                unit,
            ),
        ),
    )


def sentence(found: Simulation, unit: CreditUnit) -> str:
    """Say what the limits would have done, and what really happened on days where that is something else."""
    limit, threshold = found.limits.daily_limit, found.limits.notify_threshold
    if limit is None:
        if threshold is None:
            return _("Enter a limit to see what it would have done.")
        return _(
            "With an e-mail threshold of {threshold}, an e-mail would have been sent on {mails} of the last {days} "
            "days.",
            threshold=_exact(threshold, unit),
            mails=_many(len(found.mailed)),
            days=found.days,
        )
    really = found.really
    words = _(
        (_MAILED if threshold is not None else _REFUSED)[_kind(found)],
        limit=_exact(limit, unit),
        refused=_many(len(found.refusing)),
        days=found.days,
        day=day_label(really[0].day) if really else "",
        really=len(really),
        mails=_many(len(found.mailed)),
    )
    unsure = _unsure(found.unsure, unit)
    return _("{said}; {more}.", said=words, more=unsure) if unsure else f"{words}."


# By how many of the days calls were really refused on: none, one, all, or some of them.
_REFUSED = {
    "none": marked("With a daily limit of {limit}, calls would have been refused on {refused} of the last {days} days"),
    "one": marked(
        "With a daily limit of {limit}, calls would have been refused on {refused} of the last {days} days, as they "
        "were on {day}"
    ),
    "all": marked(
        "With a daily limit of {limit}, calls would have been refused on {refused} of the last {days} days, as they "
        "were on all of them"
    ),
    "some": marked(
        "With a daily limit of {limit}, calls would have been refused on {refused} of the last {days} days, as they "
        "were on {really} of them"
    ),
}
_MAILED = {
    "none": marked(
        "With a daily limit of {limit}, calls would have been refused on {refused} of the last {days} days, and an "
        "e-mail sent on {mails}"
    ),
    "one": marked(
        "With a daily limit of {limit}, calls would have been refused on {refused} of the last {days} days, as they "
        "were on {day}, and an e-mail sent on {mails}"
    ),
    "all": marked(
        "With a daily limit of {limit}, calls would have been refused on {refused} of the last {days} days, as they "
        "were on all of them, and an e-mail sent on {mails}"
    ),
    "some": marked(
        "With a daily limit of {limit}, calls would have been refused on {refused} of the last {days} days, as they "
        "were on {really} of them, and an e-mail sent on {mails}"
    ),
}


def _kind(found: Simulation) -> str:
    many = len(found.really)
    if many < 2:
        return "one" if many else "none"
    return "some" if many < len(found.refusing) else "all"


def _unsure(days: tuple[RefusedDay, ...], unit: CreditUnit) -> str:
    if not days:
        return ""
    if len(days) > 1:
        return ngettext(
            "on {n} day the limit of that day refused calls that this one may have let through",
            "on {n} days the limit of that day refused calls that this one may have let through",
            len(days),
        )
    on, limit = day_label(days[0].day), days[0].limit
    if limit is None:
        return _("on {day} the limit of that day refused calls that this one may have let through", day=on)
    return _(
        "on {day} the limit of that day, {limit}, refused calls that this one may have let through",
        day=on,
        limit=_exact(limit, unit),
    )


def _really(day: RefusedDay, unit: CreditUnit) -> str:
    if day.limit is not None:
        return _("Calls were refused: the limit was {limit}", limit=_exact(day.limit, unit))
    return _("Calls were refused: by the limit of that day")


def _mark(kind: str, words: str, note: str, figure: Credits | None, unit: CreditUnit) -> Mark:
    if figure is None:
        return Mark(kind, None, _(words))
    return Mark(kind, figure.micros, _(words), _(note, amount=_exact(figure, unit)))


def _many(count: int) -> str:
    return str(count) if count else pgettext("of the last days", "none")


def _exact(figure: Credits, unit: CreditUnit) -> str:
    return locale.exact(figure, unit)
