"""How long the credit lasts: with auto-recharge as far as that can be counted on, and without it."""

from datetime import date

from app.domain.auto_recharge.decision import Outcome
from app.domain.forecast.recharge import Recharged
from app.domain.forecast.recharged import LOOKED_DAYS
from app.domain.forecast.run_out import Forecast
from app.domain.language import _, marked
from app.domain.numbers import owed
from app.domain.status_line import Facts
from app.presenters import pay_later
from app.presenters.charts import day_label

PACE = "at the last days’ pace"
NOT_COUNTED = {
    Outcome.ENOUGH: marked("it charges only once nothing is left"),
    Outcome.NOT_SERVED: marked("your account is not served"),
    Outcome.PLAN_ENDS: marked("your plan is cancelled"),
    Outcome.NOT_SOLD: marked("what it was to buy is no longer sold"),
    Outcome.UNDER_WAY: marked("its last charge is not paid yet"),
    Outcome.NO_METHOD: marked("there is no payment method to charge"),
    Outcome.SUSPENDED: marked("its charges were declined"),
    Outcome.RETRY_LATER: marked("its last charge was declined"),
    Outcome.LIMIT_REACHED: marked("its limit leaves less than one purchase"),
    Outcome.ABOVE_LIMIT: marked("with its tax, one purchase comes to more than its limit"),
    Outcome.QUIET: marked("its quiet hours last longer than the credit"),
    Outcome.ASKS: marked("its next charge waits for your yes"),
    Outcome.REFUSED: marked("you said no to its next charge"),
}
"""Why nothing is charged before the credit runs out."""
ENDS = NOT_COUNTED | {
    Outcome.UNDER_WAY: "then a debit takes longer than the credit lasts",
    Outcome.QUIET: "then quiet hours last longer than the credit",
    Outcome.ASKS: "then a charge waits for your yes",
}
"""Why no further one is."""


def lasts(facts: Facts, *, has_history: bool, has_pace: bool, used_today: bool) -> str:
    """Return until when the credit lasts, with its range, or why nobody can say. No full stop at the end."""
    if not has_history:
        return "No credits bought or granted yet"
    if not has_pace:
        before, yet = (" before today", " yet") if used_today else ("", "")
        return f"No credits used in the last days{before}, so no forecast{yet}"
    if owed(facts.numbers).micros:
        return "Nothing can be used until a top-up covers what is owed"
    is_left, plain, more = facts.numbers.remaining_credits.micros > 0, facts.forecast, facts.recharged
    what = "credits last" if is_left else pay_later.lasts(facts.numbers)
    begun = what[0].upper() + what[1:]
    if plain is None:
        return f"{begun} more than ten years {PACE}"
    if more is not None and more.is_counted:
        return _with_recharge(plain, more, facts.today, what)
    said = f"{begun} {_until(plain, facts.today)} {PACE}"
    return f"{said}. {why_not(more)}" if more is not None and more.held_by is not None else said


def why_not(found: Recharged) -> str:
    """Say why auto-recharge is not counted on. No full stop at the end."""
    why = NOT_COUNTED.get(found.held_by) if found.held_by is not None else None
    return _("Auto-recharge is not counted on: {why}", why=_(why)) if why else _("Auto-recharge is not counted on")


def _with_recharge(plain: Forecast, found: Recharged, today: date, what: str) -> str:
    without = f"Without it, {_until(plain, today, is_short=True)}"
    if found.expected is None:
        far = "for more than a year" if (found.until - today).days >= LOOKED_DAYS else f"beyond {dated(found.until)}"
        busy = f", or at that of your busiest week until {dated(found.earliest)}" if found.earliest else ""
        return f"Auto-recharge keeps credits going {far} {PACE}{busy}. {without}"
    until = _until(Forecast(found.earliest or found.expected, found.expected, found.latest), today)
    year = f" {found.expected.year}"  # once is enough
    after = f"{_end(found)}. {without}".replace(year, "")
    return f"With auto-recharge, {what} {until} {PACE}{after}"


def _end(found: Recharged) -> str:
    if found.held_by is Outcome.LIMIT_REACHED and found.limit_on is not None:
        return f"; its limit is reached about {dated(found.limit_on)}"
    return f"; {ENDS[found.held_by]}" if found.held_by in ENDS else ""


def _until(found: Forecast, today: date, *, is_short: bool = False) -> str:
    if found.expected <= today:
        return "until today"
    day = dated(found.expected)
    if is_short or found.earliest == found.latest:
        return f"until about {day}"
    early = dated(found.earliest)
    span = f"{early} to {dated(found.latest)}" if found.latest else f"{early} at the earliest"
    return f"until about {day} ({span})"


def dated(day: date) -> str:
    """Return the day with its year."""
    return f"{day_label(day)} {day.year}"
