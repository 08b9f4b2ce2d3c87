"""How long the credit lasts: with auto-recharge as far as that can be counted on, and without it."""

from datetime import date

from app import locale
from app.domain.auto_recharge.decision import Outcome
from app.domain.forecast.recharge import Recharged
from app.domain.forecast.recharged import LOOKED_DAYS
from app.domain.forecast.run_out import Forecast
from app.domain.language import _, followed, marked
from app.domain.numbers import Numbers, owed
from app.domain.status_line import Facts
from app.presenters import pay_later

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
    Outcome.UNDER_WAY: marked("then a debit takes longer than the credit lasts"),
    Outcome.QUIET: marked("then quiet hours last longer than the credit"),
    Outcome.ASKS: marked("then a charge waits for your yes"),
}
"""Why no further one is."""


def lasts(facts: Facts, *, has_history: bool, has_pace: bool, used_today: bool) -> str:
    """Return until when the credit lasts, with its range, or why nobody can say. No full stop at the end."""
    if not has_history:
        return _("No credits bought or granted yet")
    if not has_pace:
        if used_today:
            return _("No credits used in the last days before today, so no forecast yet")
        return _("No credits used in the last days, so no forecast")
    if owed(facts.numbers).micros:
        return _("Nothing can be used until a top-up covers what is owed")
    plain, more = facts.forecast, facts.recharged
    if plain is None:
        return _at_pace(facts.numbers, _("more than ten years"))
    if more is not None and more.is_counted:
        return _with_recharge(plain, more, facts)
    said = _at_pace(facts.numbers, _until(plain, facts.today))
    return followed(said, why_not(more)) if more is not None and more.held_by is not None else said


def why_not(found: Recharged) -> str:
    """Say why auto-recharge is not counted on. No full stop at the end."""
    why = NOT_COUNTED.get(found.held_by) if found.held_by is not None else None
    return _("Auto-recharge is not counted on: {why}", why=_(why)) if why else _("Auto-recharge is not counted on")


def _at_pace(numbers: Numbers, time: str) -> str:
    """Say how long what is left lasts by itself."""
    if numbers.remaining_credits.micros > 0:
        return _("Credits last {time} at the last days’ pace", time=time)
    return pay_later.lasts(numbers, time)


def _recharged(numbers: Numbers, time: str) -> str:
    """Say how long it lasts with what auto-recharge buys."""
    if numbers.remaining_credits.micros > 0:
        return _("With auto-recharge, credits last {time} at the last days’ pace", time=time)
    return pay_later.lasts_recharged(numbers, time)


def _with_recharge(plain: Forecast, found: Recharged, facts: Facts) -> str:
    today = facts.today
    if found.expected is None:
        without = _("Without it, {time}", time=_until(plain, today, is_short=True))
        return followed(_goes_on(found, today), without)
    until = _until(Forecast(found.earliest or found.expected, found.expected, found.latest), today)
    year = found.expected.year  # once is enough
    without = _("Without it, {time}", time=_until(plain, today, is_short=True, year=year))
    said, end = _recharged(facts.numbers, until), _end(found, year)
    if end:
        said = _("{fact}; {more}", fact=said, more=end)
    return followed(said, without)


def _goes_on(found: Recharged, today: date) -> str:
    busy = dated(found.earliest) if found.earliest else ""
    if (found.until - today).days >= LOOKED_DAYS:
        if busy:
            return _(
                "Auto-recharge keeps credits going for more than a year at the last days’ pace, "
                "or at that of your busiest week until {busy}",
                busy=busy,
            )
        return _("Auto-recharge keeps credits going for more than a year at the last days’ pace")
    far = dated(found.until)
    if busy:
        return _(
            "Auto-recharge keeps credits going beyond {day} at the last days’ pace, "
            "or at that of your busiest week until {busy}",
            day=far,
            busy=busy,
        )
    return _("Auto-recharge keeps credits going beyond {day} at the last days’ pace", day=far)


def _end(found: Recharged, year: int) -> str:
    if found.held_by is Outcome.LIMIT_REACHED and found.limit_on is not None:
        return _("its limit is reached about {day}", day=_within(found.limit_on, year))
    return _(ENDS[found.held_by]) if found.held_by in ENDS else ""


def _until(found: Forecast, today: date, *, is_short: bool = False, year: int = 0) -> str:
    if found.expected <= today:
        return _("until today")
    day = _within(found.expected, year)
    if is_short or found.earliest == found.latest:
        return _("until about {day}", day=day)
    early = dated(found.earliest)
    if found.latest:
        return _("until about {day} ({early} to {late})", day=day, early=early, late=dated(found.latest))
    return _("until about {day} ({early} at the earliest)", day=day, early=early)


def dated(day: date) -> str:
    """Return the day with its year."""
    return locale.day(day)


def _within(day: date, year: int) -> str:
    """Return the day, without its year where that is the one which was said already."""
    return locale.short_day(day) if day.year == year else dated(day)
