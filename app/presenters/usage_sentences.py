"""How usage is described: a bar in words, what a meter counts, what it costs, and which calls its limit refuses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.catalog import MeterKind
from app.domain.money import Credits
from app.domain.rating import Tariff
from app.domain.units import quantity
from app.domain.usage_alerts import Threshold
from app.domain.usage_bars import Bar, State
from app.presenters.charts import day_label

_COUNTS = {
    MeterKind.COUNT: "Each event counts as one.",
    MeterKind.SUM: "The quantities of all events add up.",
    MeterKind.UNIQUE: "Each distinct subject counts once in a billing period.",
    MeterKind.LAST: "The latest value that was reported counts.",
    MeterKind.MAX: "The highest value of the billing period counts.",
}


@dataclass(frozen=True)
class BarWords:
    """A bar as a page writes it."""

    used: str
    of: str
    """What it is measured against, with its unit; the unit alone where it is against nothing."""
    spoken: str
    note: str
    warning: str
    """How near or over it is, where that warns."""
    warns: bool


def bar_words(bar: Bar, resets_on: date, cost: Credits, credit: CreditUnit, *, is_open: bool = True) -> BarWords:
    """Return the bar in words; `cost` is what use beyond the allowance has cost in its period, open or over."""
    used, of = _shown(bar)
    held = f", {locale.quantity(bar.held, bar.tariff.meter.unit)} held" if bar.held else ""
    spoken = f"{used} {of}{held}" if bar.percent is None else f"{used} {of}{held}, {locale.whole(bar.percent)} percent"
    warns = bar.state in {State.NEAR, State.OVER}
    level = _level(bar, _dated(resets_on), cost, credit)
    note = f"{level}{_costs(bar, cost, credit)}" if is_open else _was(bar, cost, credit)
    return BarWords(used, of, spoken, note, level if warns else "", warns)


def _shown(bar: Bar) -> tuple[str, str]:
    """Return what was used and what it is measured against, in one unit that reads well."""
    unit = bar.tariff.meter.unit
    if bar.basis is None:
        used, _, words = locale.quantity(bar.used, unit).partition(" ")
        return used, words
    used, _, basis = locale.quantity_of(bar.used, bar.basis, unit).partition(" of ")
    return used, f"of {basis}"


def counts(kind: MeterKind) -> str:
    """Return how the meter counts, in a sentence."""
    return _COUNTS[kind]


def price(tariff: Tariff, credit: CreditUnit) -> str:
    """Return what use beyond the allowance costs: `$0.40 per 1,000 requests`; graduated prices step by step."""
    meter = tariff.meter
    if tariff.rate is not None or not meter.tiers:
        rate = tariff.rate or meter.credits
        return "No price" if rate is None else f"{locale.exact(rate, credit)} {_per(meter.per, meter.unit)}"
    steps, before = [], 0
    for tier in meter.tiers:
        first = locale.whole(before + 1)
        which = f"from {first} on" if tier.up_to is None else f"{first} to {locale.whole(tier.up_to)}"
        steps.append(f"{which}: {locale.exact(tier.credits, credit)} {_per(meter.per, meter.unit)}")
        before = tier.up_to or before
    return "; ".join(steps)


def limit_effect(bar: Bar, resets_on: date, cost: Credits, credit: CreditUnit) -> str:
    """Return which calls the plan's limit refuses, in the customer's own numbers; nothing without a limit (AC-58)."""
    limit, meter = bar.tariff.limit, bar.tariff.meter
    if limit is None:
        return ""
    if not meter.kind.can_be_held:
        return _shown_only(bar, limit, cost, credit)
    if not limit:
        return f"Your plan has no {meter.title}: calls that ask for permission to use it are refused."
    until = f"until {_dated(resets_on)}, 00:00 UTC"
    said = f"Your plan allows {quantity(limit, meter.unit)} each billing period."
    if bar.used >= limit:
        return f"{said} You have used {quantity(bar.used)}: calls that ask for permission are refused {until}."
    held = f" and {_are(bar.held)} held for calls in progress" if bar.held else ""
    said = f"{said} You have used {quantity(bar.used)}{held}"
    if not bar.left:
        nothing = "so nothing is left now: calls that ask for permission are refused"
        return f"{said}, {nothing} until those calls end, or {until}."
    return f"{said}, so {_are(bar.left)} left: calls that ask for more than that are refused {until}."


def _shown_only(bar: Bar, limit: int, cost: Credits, credit: CreditUnit) -> str:
    """Say it of a meter that only counts what was reported: nobody can ask it for permission."""
    meter = bar.tariff.meter
    priced = "" if bar.tariff.is_free else f" {_beyond(bar, cost, credit)}."
    nothing = f"No calls are refused for it: it is shown here, and usage alerts can notify you.{priced}"
    if not limit:
        return f"Your plan has no {meter.title}. {nothing}"
    if meter.kind is MeterKind.LAST:
        latest = f"the latest value is {quantity(bar.used)}"
        return f"Your plan allows {quantity(limit, meter.unit)}, and {latest}. {nothing}"
    return (
        f"Your plan allows {quantity(limit, meter.unit)} each billing period. You have used {quantity(bar.used)}. "
        f"{nothing}"
    )


def formula(bar: Bar, cost: Credits, credit: CreditUnit, *, is_open: bool = True) -> Sequence[tuple[str, str]]:
    """Return how the quantity became credit, line by line; no product where the terms shown do not come to the sum."""
    unit = bar.tariff.meter.unit
    lines = [("Used", quantity(bar.used, unit))]
    if bar.tariff.is_free and not cost.micros:
        return lines
    if cost.micros != bar.tariff.cost(bar.used):  # the terms have changed in the period, or a value fell
        now = (
            [] if bar.tariff.is_free else [("Price now" if is_open else "Price at its end", price(bar.tariff, credit))]
        )
        charged = ("Charged", "As it was counted, by the terms of that time")
        return [*lines, *now, charged, ("Credits used", locale.exact(cost, credit))]
    if bar.tariff.allowance:
        lines += [
            ("Included in your plan", f"− {quantity(min(bar.used, bar.tariff.allowance), unit)}"),
            ("Beyond it", quantity(bar.charged, unit)),
        ]
    return [*lines, ("Price", price(bar.tariff, credit)), ("Credits used", locale.exact(cost, credit))]


def alert_words(wanted: Threshold, title: str, unit: str, basis: int | None, *, has_limit: bool) -> str:
    """Return the alert in words: `80 % of the plan’s limit of 10,000 users`."""
    if not wanted.is_percent:
        return f"{title}: {quantity(wanted.threshold, unit)}"
    if basis is None:
        return f"{title}: {locale.whole(wanted.threshold)} % of your plan’s limit"
    of = f"your plan’s limit of {quantity(basis, unit)}" if has_limit else f"the {quantity(basis, unit)} included"
    return f"{title}: {locale.whole(wanted.threshold)} % of {of}"


def _free(cost: Credits) -> str:
    """Say that a meter costs nothing; that it did before, where its use was charged by earlier terms."""
    return "Without a price" if cost.micros else "Counted, without a limit or a price"


def _level(bar: Bar, resets: str, cost: Credits, credit: CreditUnit) -> str:
    """Say where the bar of the open period stands. A limit that stops nothing reads as what the plan allows."""
    tariff, unit = bar.tariff, bar.tariff.meter.unit
    held = f", {locale.quantity(bar.held, unit)} held for calls in progress" if bar.held else ""
    match bar.state:
        case State.OPEN if tariff.limit == 0:
            return "Not part of your plan"
        case State.OPEN:
            return _free(cost) if tariff.is_free else price(tariff, credit)
        case State.OVER if bar.has_limit and not _is_stopping(bar):
            return _more_than(bar, "your plan allows")
        case State.OVER if bar.over and bar.has_limit:
            return f"Over the limit by {locale.quantity(bar.over, unit)}{held}"
        case State.OVER if bar.used < (bar.basis or 0):
            return f"Nothing left now: {locale.quantity(bar.held, unit)} held for calls in progress"
        case State.OVER if bar.has_limit:
            return f"At the limit until {resets}{held}"
        case State.OVER:
            over = f"{locale.quantity(bar.over, unit)} beyond what is included"
            return over if bar.over else "All that is included is used"
        case State.NEAR:
            what = "Nearly all that your plan allows" if bar.has_limit else "Nearly all that is included"
            near = "Near the limit" if _is_stopping(bar) else what
            return f"{near}: {locale.quantity_left(bar.left, unit)} left{held}"
        case _:
            again = "" if tariff.meter.kind is MeterKind.LAST else f". Resets on {resets}"
            return f"{locale.quantity_left(bar.left, unit)} left{held}{again}"


def _costs(bar: Bar, cost: Credits, credit: CreditUnit) -> str:
    """Say what use beyond what is included costs, from where the bar warns on, and what it has cost so far."""
    if (bar.tariff.is_free or bar.tariff.limit == 0) and not cost.micros:
        return ""
    if bar.state is State.OPEN or bar.tariff.is_free:
        return f"; {locale.amount(cost, credit)} so far"
    if bar.state is State.OK:
        many = locale.quantity(bar.charged, bar.tariff.meter.unit)
        of_it = f" for {many}" if cost.micros == bar.tariff.cost(bar.used) else ""
        return f"; {locale.amount(cost, credit)} of credits{of_it}" if cost.micros else ""
    if not bar.has_limit and bar.over:
        return f": {locale.amount(cost, credit)} of credits"
    return f". {_beyond(bar, cost, credit)}"


def _was(bar: Bar, cost: Credits, credit: CreditUnit) -> str:
    """Say where the bar of a period that is over stood at its end, and what its use cost."""
    tariff, unit = bar.tariff, bar.tariff.meter.unit
    charged = f"; {locale.amount(cost, credit)} of credits" if cost.micros else ""
    match bar.state:
        case State.OPEN if tariff.limit == 0:
            return f"Not part of your plan{charged}"
        case State.OPEN:
            return (
                f"{_free(cost)}{charged}"
                if tariff.is_free
                else f"{price(tariff, credit)}; {locale.amount(cost, credit)} in all"
            )
        case State.OVER if bar.has_limit and not _is_stopping(bar):
            return f"{_more_than(bar, 'your plan allowed')}{charged}"
        case State.OVER if bar.has_limit:
            over = f"Over the limit by {locale.quantity(bar.over, unit)}"
            return f"{over if bar.over else 'The limit was reached'}{charged}"
        case State.OVER:
            over = f"{locale.quantity(bar.over, unit)} beyond what was included"
            return f"{over if bar.over else 'All that was included was used'}{charged}"
        case _:
            return f"{locale.quantity_left(bar.left, unit)} {'was' if bar.left == 1 else 'were'} left{charged}"


def _more_than(bar: Bar, has: str) -> str:
    unit = bar.tariff.meter.unit
    return f"{locale.quantity(bar.over, unit)} more than {has}" if bar.over else f"All that {has}"


def _beyond(bar: Bar, cost: Credits, credit: CreditUnit) -> str:
    """Say the price of use beyond what is included, and what it has cost so far."""
    steps = bar.tariff.rate is None and bar.tariff.meter.tiers
    each = "the price of its step" if steps else price(bar.tariff, credit)
    so_far = f": {locale.amount(cost, credit)} so far" if cost.micros else ""
    return f"Use{' beyond what is included' if bar.tariff.allowance else ''} costs {each}{so_far}"


def _is_stopping(bar: Bar) -> bool:
    return bar.has_limit and bar.tariff.meter.kind.can_be_held


def _per(per: int, unit: str) -> str:
    return "each" if per == 1 else f"per {locale.whole(per)} {unit}"


def _are(many: int) -> str:
    return "1 is" if many == 1 else f"{locale.whole(many)} are"


def _dated(day: date) -> str:
    return f"{day_label(day)} {day.year}"
