"""What the Overview says of usage: each meter's bar, today's limit, and how spend management stands."""

from dataclasses import dataclass
from functools import partial

from app import locale
from app.domain import rating, usage_bars
from app.domain.amounts import CreditUnit, is_currency
from app.domain.catalog import Catalog
from app.domain.forecast import Expiry
from app.domain.money import Credits, divided
from app.domain.numbers import SERVED, Debt, Numbers, owed
from app.domain.spend_management import Limits
from app.domain.usage_bars import State
from app.presenters import usage
from app.presenters.spend_management import could_use
from app.presenters.usage import Row
from app.services.balance.overview import Overview
from app.services.spend_management.limits import limits
from app.services.usage.meters import MeterUse
from app.services.usage.terms import plan_of

WENT_BACK = "a payment was refunded or disputed after its credit was used"
COVERED = "Your next top-up first covers this amount."
MOST = 6
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
    """How spend management stands, for its line among the settings."""

    is_on: bool
    sentence: str
    threshold: Credits | None
    """From where on a day's column is in the alert's colour."""


def meters(now: Overview, catalog: Catalog, plan_key: str, unit: CreditUnit) -> list[Row]:
    """Return the meters' rows, what has a bar before what has none."""
    plan, found = plan_of(catalog, plan_key), []
    for meter in catalog.meters if now.period else ():
        tariff = rating.tariff(catalog, plan, meter.key)
        used, held, cost = now.used.get(meter.key, (0, 0, Credits(0)))
        if tariff is not None and now.period is not None:
            use = MeterUse(tariff, used, held, cost, None, ())
            found.append(usage.row(use, now.period.ends_at.date(), catalog.usage.warn_at_percent, unit))
    return sorted(found, key=lambda row: row.bar.basis is None)[:MOST]


def day_bar(numbers: Numbers, unit: CreditUnit) -> DayBar | None:
    """Return today's use against the limit; None where there is no limit. Held use counts as used."""
    if numbers.daily_limit is None or numbers.daily_left is None:
        return None
    written = partial(locale.credits, unit=unit)
    limit, taken = numbers.daily_limit.micros, numbers.daily_limit.micros - numbers.daily_left.micros
    percent = max(0, taken) * 100 // limit if limit else 100
    state = State.OVER if percent >= usage_bars.FULL_PERCENT else State.NEAR if percent >= 80 else State.OK
    over, daily = Credits(max(0, taken - limit)), written(numbers.daily_limit)
    used = f"{written(numbers.daily_used)} of {daily} used today"
    held = f", {written(numbers.held)} held" if numbers.held.micros else ""
    word = {State.NEAR: "Near the limit: ", State.OVER: "Over the limit: " if over.micros else "At the limit: "}
    beyond = f", over by {written(over)}" if over.micros else ""
    level = f"{word.get(state, '')}{percent} % of {daily} used{' or held' if numbers.held.micros else ''}{beyond}."
    when = "Further" if state is State.OVER else "At the limit, further"
    stays = numbers.standing in SERVED and not could_use(numbers).micros
    after = ", and after that by your balance" if stays and state is State.OVER else ""
    ends = f"{when} usage is blocked until tomorrow, 00:00 UTC{after}."
    return DayBar(
        left=Credits(max(0, limit - taken)),
        filled=min(100, percent),
        state=state,
        level=level,
        spoken=f"{used}{held}{beyond}",
        note=f"{level} {used}{held}. {ends}" if state in word else f"{used}{held}. {ends}",
    )


def below_zero(numbers: Numbers, debt: Debt, unit: CreditUnit) -> str:
    """Say why the balance is below zero; nothing where it is not."""
    if not (debt.clawed_back.micros or debt.overrun.micros):
        return ""
    back, over = locale.credits(debt.clawed_back, unit), locale.credits(debt.overrun, unit)
    within = "" if owed(numbers).micros else ", within your overage protection"
    if not debt.clawed_back.micros:
        return f"Your balance is below zero: more was used than you had credit for{within}. {COVERED}"
    if not debt.overrun.micros:
        return f"Your balance is below zero: {WENT_BACK}. {COVERED}"
    return f"Your balance is below zero: for {back} of it {WENT_BACK}; {over} was used beyond your credits. {COVERED}"


def owed_words(numbers: Numbers, debt: Debt, unit: CreditUnit) -> str:
    """Say what is owed beyond the overage protection, and why; nothing where nothing is."""
    if not owed(numbers).micros:
        return ""
    beyond = "more was used than your credits and the overage protection allow"
    why = WENT_BACK if debt.clawed_back.micros else beyond
    if debt.clawed_back.micros and debt.overrun > numbers.overage_protection:
        why = f"{WENT_BACK}, and {beyond}"
    amount = locale.credits(owed(numbers), unit)
    return f"{amount} is owed: {why}. Nothing can be used until a top-up covers this amount."


def used_since(now: Overview, unit: CreditUnit) -> str:
    """Say since when usage of this period counts, and what corrections took off it."""
    if now.period is None:
        return ""
    since, corrected = locale.day(now.period.starts_at.date()), now.numbers.corrected_this_period
    if not corrected.micros:
        return f"Used since {since}"
    used = locale.credits(now.numbers.usage_this_period + corrected, unit)
    return f"{used} used since {since}, less {locale.credits(corrected, unit)} of corrections made since then"


def readable(total: int, days: int, unit: str) -> Credits:
    """Return what is only estimated in hundredths of money or whole named units; exact where it is less than one."""
    average, step = divided(total, days), 10_000 if is_currency(unit) else 1_000_000
    return Credits(divided(average, step) * step if average >= step else average)


def expiry_words(expiry: Expiry | None, unit: CreditUnit) -> str:
    """Say which credit expires next, and how much of it will not be used in time; nothing where none expires."""
    if expiry is None:
        return ""
    left, day = locale.credits(Credits(expiry.left), unit), locale.day(expiry.day)
    said = f"Next to expire: {left} on {day}"
    if not expiry.unused:
        return f"{said}; at the last days’ pace it is used before that."
    if expiry.unused == expiry.left:
        return f"{said}; at the last days’ pace none of it is used before that."
    unused = locale.credits(readable(expiry.unused, 1, unit.name), unit)
    return f"{said}; at the last days’ pace about {unused} of it is not used by then."


def spend_words(now: Overview, catalog: Catalog, unit: CreditUnit) -> SpendWords | None:
    """Return how spend management stands; None where the seller does not offer it and it is off."""
    chosen = limits(now.spend, catalog)
    if not chosen.enabled and not catalog.spend_management.offered:
        return None
    if not chosen.enabled:
        return SpendWords(is_on=False, sentence="No daily limit, and no e-mail threshold.", threshold=None)
    return SpendWords(is_on=True, sentence=_sentence(chosen, unit), threshold=chosen.notifies_at)


def _sentence(chosen: Limits, unit: CreditUnit) -> str:
    said = []
    if chosen.daily_limit is not None:
        said.append(f"Hard limit of {locale.credits(chosen.daily_limit, unit)} a day")
    if chosen.notify_threshold is not None:
        said.append(f"{'mail' if said else 'Mail'} at {locale.credits(chosen.notify_threshold, unit)}")
    return f"{', '.join(said)}." if said else "Nothing is set."
