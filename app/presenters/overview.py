"""What the Overview says of usage: each meter's bar, today's limit, and how spend management stands."""

from dataclasses import dataclass
from datetime import UTC, date
from functools import partial

from app import locale
from app.domain import rating, usage_bars
from app.domain.amounts import CreditUnit, is_currency
from app.domain.catalog import Catalog
from app.domain.forecast.run_out import Expiry
from app.domain.language import _, followed, ngettext
from app.domain.money import Credits, divided
from app.domain.numbers import SERVED, Debt, Numbers, owed
from app.domain.subscriptions.choice import Interval, counted, given
from app.domain.usage_bars import State
from app.presenters import pay_later, usage
from app.presenters.spend_management import could_use
from app.presenters.usage import Row
from app.services.balance.overview import Overview
from app.services.spend_management.limits import limits
from app.services.usage.meters import MeterUse
from app.services.usage.terms import plan_of

MOST = 4
"""So many meters stand on the Overview; all are on the Usage page."""


@dataclass(frozen=True)
class DayBar:
    """Today's use against the daily limit: what is held counts as used."""

    left: Credits
    filled: int
    """How much of the bar is filled: whole percents, at most 100."""
    state: State
    level: str
    """How near or over the limit it is, in a sentence: the same on each page."""
    spoken: str
    note: str


@dataclass(frozen=True)
class SpendWords:
    """How spend management stands."""

    is_on: bool
    threshold: Credits | None
    """From where on a day's column is in the alert's colour."""


@dataclass(frozen=True)
class PlanWords:
    """The plan as the Overview has it: its name, its seats, and when it is renewed or ends."""

    title: str
    seats: str
    """Empty: it is not sold by seats."""
    when: str
    """Empty: it costs nothing, so that nothing is renewed."""
    day: date | None


def plan_words(now: Overview, catalog: Catalog, plan_key: str) -> PlanWords:
    """Return the plan in words."""
    had = now.subscribed
    choice = given(catalog, plan_key, Interval(had.interval), had.seats)
    costs = choice.price.amount_minor > 0
    ends = had.cancel_at or (had.period_ends_at if costs else None)
    goes_on = _("Plan changes") if had.is_changing else _("Plan renews")
    when = _("Plan ends") if had.cancel_at else goes_on if costs else ""
    seats = _seats(choice.seats, had.seats_used) if choice.plan.seats is not None else ""
    return PlanWords(choice.plan.title, seats, when, ends.astimezone(UTC).date() if ends else None)


def _seats(seats: int, used: int | None) -> str:
    if used is None:
        return counted(seats)
    return ngettext("{used} of {n} seat used", "{used} of {n} seats used", seats, used=locale.whole(used))


def meters(now: Overview, catalog: Catalog, plan_key: str, unit: CreditUnit) -> list[Row]:
    """Return the meters' rows: first what wants attention, then what has a bar."""
    plan, found = plan_of(catalog, plan_key), []
    for meter in catalog.meters if now.period else ():
        tariff = rating.tariff(catalog, plan, meter.key)
        used, held, cost = now.used.get(meter.key, (0, 0, Credits(0)))
        if tariff is not None and now.period is not None:
            use = MeterUse(tariff, used, held, cost, None, ())
            found.append(usage.row(use, now.period.ends_at.date(), catalog.usage.warn_at_percent, unit))
    return sorted(found, key=lambda row: (not row.words.warns, row.bar.basis is None))[:MOST]


def without_meter(now: Overview) -> Credits:
    """Return what calls of the open period used that named no meter."""
    return now.used.get("", (0, 0, Credits(0)))[2]


def day_bar(numbers: Numbers, unit: CreditUnit) -> DayBar | None:
    """Return today's use against the limit; None where there is no limit. Held use counts as used."""
    if numbers.daily_limit is None or numbers.daily_left is None:
        return None
    written = partial(locale.amount, unit=unit)
    limit, taken = numbers.daily_limit.micros, numbers.daily_limit.micros - numbers.daily_left.micros
    percent = max(0, taken) * 100 // limit if limit else 100
    state = State.OVER if percent >= usage_bars.FULL_PERCENT else State.NEAR if percent >= 80 else State.OK
    over, daily = Credits(max(0, taken - limit)), locale.exact(numbers.daily_limit, unit)
    held = written(numbers.held) if numbers.held.micros else ""
    beyond = written(over) if over.micros else ""
    level = _level(state, percent, daily, beyond, is_held=bool(held))
    used = _("{used} of {limit} used today", used=written(numbers.daily_used), limit=daily)
    if held:
        used = _("{used} of {limit} used today, {held} held", used=written(numbers.daily_used), limit=daily, held=held)
    stays = numbers.standing in SERVED and not could_use(numbers).micros
    ends = _("At the limit, further usage is blocked until tomorrow, 00:00 UTC.")
    if state is State.OVER:
        ends = _("Further usage is blocked until tomorrow, 00:00 UTC.")
        if stays:
            ends = _("Further usage is blocked until tomorrow, 00:00 UTC, and after that by your balance.")
    return DayBar(
        left=Credits(max(0, limit - taken)),
        filled=min(100, percent),
        state=state,
        level=level,
        spoken=_("{used}, over by {amount}", used=used, amount=beyond) if beyond else used,
        note=followed(used if state is State.OK else f"{level} {used}", ends),
    )


def _level(state: State, percent: int, limit: str, over: str, *, is_held: bool) -> str:
    """Say how near or over today's limit it is."""
    said = _("{percent} % of {limit} used", percent=percent, limit=limit)
    if is_held:
        said = _("{percent} % of {limit} used or held", percent=percent, limit=limit)
    if state is State.NEAR:
        return _("Near the limit: {how}.", how=said)
    if over:
        return _("Over the limit: {how}, over by {amount}.", how=said, amount=over)
    return _("At the limit: {how}.", how=said) if state is State.OVER else f"{said}."


def below_zero(numbers: Numbers, debt: Debt, unit: CreditUnit) -> str:
    """Say why the balance is below zero; nothing where it is not."""
    if not (debt.clawed_back.micros or debt.overrun.micros):
        return ""
    back, over = locale.amount(debt.clawed_back, unit), locale.amount(debt.overrun, unit)
    covered = _("Your next top-up first covers this amount.")
    if not debt.clawed_back.micros:
        why = _("Your balance is below zero: more was used than you had credit for.")
        if not owed(numbers).micros:
            why = _(
                "Your balance is below zero: more was used than you had credit for, within {what}.",
                what=pay_later.within(numbers),
            )
    elif not debt.overrun.micros:
        why = _("Your balance is below zero: a payment was refunded or disputed after its credit was used.")
    else:
        why = _(
            "Your balance is below zero: for {amount} of it a payment was refunded or disputed after its credit was "
            "used; {over} was used beyond your credits.",
            amount=back,
            over=over,
        )
    return f"{why} {covered}"


def binds(numbers: Numbers, unit: CreditUnit, debt: Debt | None = None) -> str:
    """Say what bounds what may be used now: one line. `debt`: why the balance is below zero."""
    if numbers.standing not in SERVED:
        return _("Your account is not active at the moment, so nothing can be used.")
    pays_later = numbers.exposure.micros and not (debt and debt.clawed_back.micros)
    if owed(numbers).micros:
        if pays_later:
            return pay_later.used_up(numbers, unit, "")
        return _("A top-up first covers the {amount} that is owed.", amount=locale.amount(owed(numbers), unit))
    left, today = could_use(numbers), day_bar(numbers, unit)
    if not left.micros:
        if numbers.held.micros:
            return _("Calls in progress hold all that is left.")
        if numbers.invoiced_overage.micros:
            return pay_later.invoiced(numbers, unit)
        return pay_later.used_up(numbers, unit, "") if pays_later else _("No credit is left.")
    if today is not None and numbers.daily_left is not None:
        if numbers.daily_left < left:
            return _("{used}. It starts over at 00:00 UTC.", used=today.spoken)
        return _("{used}. Your balance leaves less than that.", used=today.spoken)
    return _beyond_credit(numbers, unit) if numbers.overage_protection.micros else _credit_alone(numbers, unit)


def _credit_alone(numbers: Numbers, unit: CreditUnit) -> str:
    if numbers.held.micros:
        return _("Your balance, less {held} held. Calls are refused at zero.", held=locale.amount(numbers.held, unit))
    return _("Your balance. Calls are refused at zero.")


def _beyond_credit(numbers: Numbers, unit: CreditUnit) -> str:
    what = pay_later.some(numbers, locale.balance(numbers.overage_left, unit))
    held = locale.amount(numbers.held, unit)
    if numbers.remaining_credits.micros > 0:
        if numbers.held.micros:
            return _("Your balance and {more}, less {held} held.", more=what, held=held)
        return _("Your balance and {more}.", more=what)
    return _("{amount}, less {held} held.", amount=what, held=held) if numbers.held.micros else f"{what}."


def used_since(now: Overview, unit: CreditUnit) -> str:
    """Say since when usage of this period counts, and what corrections took off it."""
    if now.period is None:
        return ""
    since, corrected = locale.day(now.period.starts_at.date()), now.numbers.corrected_this_period
    if not corrected.micros:
        return _("used since {day}", day=since)
    used, less = locale.amount(now.numbers.usage_this_period + corrected, unit), locale.amount(corrected, unit)
    return _(
        "this period: {used} used since {day}, less {less} of corrections made since then",
        used=used,
        day=since,
        less=less,
    )


def readable(total: int, days: int, unit: str) -> Credits:
    """Return what is only estimated in hundredths of money or whole named units; exact where it is less than one."""
    average, step = divided(total, days), 10_000 if is_currency(unit) else 1_000_000
    return Credits(divided(average, step) * step if average >= step else average)


def expiry_words(expiry: Expiry | None, unit: CreditUnit, *, has_pace: bool = True) -> str:
    """Say which credit expires next, and how much of it will not be used in time; nothing where none expires."""
    if expiry is None:
        return ""
    left, day = locale.balance(Credits(expiry.left), unit), locale.day(expiry.day)
    said = _("Next to expire: {amount} on {day}", amount=left, day=day)
    if not has_pace:
        return f"{said}."
    if not expiry.unused:
        return _("{what}; at the last days’ pace it is used before that.", what=said)
    if expiry.unused == expiry.left:
        return _("{what}; at the last days’ pace none of it is used before that.", what=said)
    unused = locale.amount(readable(expiry.unused, 1, unit.name), unit)
    return _("{what}; at the last days’ pace about {amount} of it is not used by then.", what=said, amount=unused)


def spend_words(now: Overview, catalog: Catalog) -> SpendWords | None:
    """Return how spend management stands; None where the seller does not offer it and it is off."""
    chosen = limits(now.spend, catalog)
    if not chosen.enabled and not catalog.spend_management.offered:
        return None
    if not chosen.enabled:
        return SpendWords(is_on=False, threshold=None)
    return SpendWords(is_on=True, threshold=chosen.notifies_at)
