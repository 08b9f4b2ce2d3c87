"""How usage is told: a bar in words, what a meter counts, what it costs, and what its limit stops."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.catalog import MeterKind
from app.domain.money import Credits
from app.domain.rating import Tariff
from app.domain.units import one, quantity
from app.domain.usage_alerts import Threshold
from app.domain.usage_bars import Bar, State
from app.services.authorization_answers import COUNTED
from app.web.charts import day_label
from app.web.filters import credits as written

WITHOUT_METER = "Usage"
WITHOUT_METER_WORDS = "Credits that were taken as such, by no meter"
_COUNTS = {
    MeterKind.COUNT: "Each event counts as one.",
    MeterKind.SUM: "The quantities of all events are added up.",
    MeterKind.UNIQUE: "Each different one counts once in a billing period, however often it comes.",
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
    warns: bool


def bar_words(bar: Bar, resets_on: date, cost: Credits) -> BarWords:
    """Return the bar in words; `cost` is what use beyond the allowance has cost in this period."""
    unit = bar.tariff.meter.unit
    used = quantity(bar.used)
    of = (one(unit) if bar.used == 1 else unit) if bar.basis is None else f"of {quantity(bar.basis, unit)}"
    spoken = f"{used} {of}" if bar.percent is None else f"{used} {of}, {bar.percent:,} percent"
    warns = bar.state in {State.NEAR, State.OVER}
    return BarWords(used, of, spoken, _note(bar, _dated(resets_on), cost), warns)


def counts(kind: MeterKind) -> str:
    """Return how the meter counts, in a sentence."""
    return _COUNTS[kind]


def price(tariff: Tariff) -> str:
    """Return what use beyond the allowance costs: `$0.40 per 1,000 requests`; graduated prices step by step."""
    meter = tariff.meter
    if tariff.rate is not None or not meter.tiers:
        rate = tariff.rate or meter.credits
        return "No price" if rate is None else f"{written(rate)} {_per(meter.per, meter.unit)}"
    steps, before = [], 0
    for tier in meter.tiers:
        which = f"from {before + 1:,} on" if tier.up_to is None else f"{before + 1:,} to {tier.up_to:,}"
        steps.append(f"{which}: {written(tier.credits)} {_per(meter.per, meter.unit)}")
        before = tier.up_to or before
    return "; ".join(steps)


def stops(bar: Bar, resets_on: date) -> str:
    """Return what the plan's limit stops, with the customer's own numbers; nothing where there is none (AC-58)."""
    limit, meter = bar.tariff.limit, bar.tariff.meter
    if limit is None:
        return ""
    if meter.kind not in COUNTED:
        return _shown_only(bar, limit)
    if not limit:
        return f"Your plan has no {meter.title}: whatever asks for permission to use it is refused."
    until = f"until {_dated(resets_on)}, 00:00 UTC"
    said = f"Your plan allows {quantity(limit, meter.unit)} each billing period."
    if bar.used >= limit:
        return f"{said} You have used {quantity(bar.used)}: whatever asks for permission is refused {until}."
    return (
        f"{said} You have used {quantity(bar.used)}; once {_more(bar.left)} used, whatever asks for "
        f"permission is refused {until}."
    )


def _shown_only(bar: Bar, limit: int) -> str:
    """Say it of a meter that only counts what was reported: nobody can ask it for permission."""
    meter = bar.tariff.meter
    nothing = "Nothing is refused for it: it is shown here, and usage alerts can tell you."
    if not limit:
        return f"Your plan has no {meter.title}. {nothing}"
    if meter.kind is MeterKind.LAST:
        latest = f"the latest value is {quantity(bar.used)}"
        return f"Your plan allows {quantity(limit, meter.unit)}, and {latest}. {nothing}"
    return (
        f"Your plan allows {quantity(limit, meter.unit)} each billing period. You have used {quantity(bar.used)}. "
        f"{nothing}"
    )


def formula(bar: Bar, cost: Credits) -> Sequence[tuple[str, str]]:
    """Return how the quantity became credit, line by line."""
    unit = bar.tariff.meter.unit
    lines = [("Used", quantity(bar.used, unit))]
    if bar.tariff.is_free:
        return lines
    if bar.tariff.allowance:
        lines += [
            ("Included in your plan", f"− {quantity(min(bar.used, bar.tariff.allowance), unit)}"),
            ("Beyond it", quantity(bar.charged, unit)),
        ]
    return [*lines, ("Price", price(bar.tariff)), ("Credits used", written(cost))]


def alert_words(wanted: Threshold, title: str, unit: str, basis: int | None, *, has_limit: bool) -> str:
    """Return the alert in words: `80 % of the plan’s limit of 10,000 users`."""
    if not wanted.is_percent:
        return f"{title}: {quantity(wanted.threshold, unit)}"
    if basis is None:
        return f"{title}: {wanted.threshold:,} % of your plan’s limit"
    of = f"your plan’s limit of {quantity(basis, unit)}" if has_limit else f"the {quantity(basis, unit)} included"
    return f"{title}: {wanted.threshold:,} % of {of}"


def _note(bar: Bar, resets: str, cost: Credits) -> str:
    tariff, unit = bar.tariff, bar.tariff.meter.unit
    is_latest = tariff.meter.kind is MeterKind.LAST
    match bar.state:
        case State.OPEN if tariff.limit == 0:
            return "Not part of your plan"
        case State.OPEN:
            return (
                "Counted, without a limit or a price" if tariff.is_free else f"{price(tariff)}; {written(cost)} so far"
            )
        case State.OVER if bar.has_limit:
            at = "At the limit" if is_latest else f"At the limit until {resets}"
            return f"Over the limit by {quantity(bar.over, unit)}" if bar.over else at
        case State.OVER if not bar.over:
            return "All that is included is used"
        case State.OVER:
            charged = "" if tariff.is_free else f": {written(cost)} of credits"
            return f"{quantity(bar.over, unit)} beyond what is included{charged}"
        case State.NEAR:
            what = "Near the limit" if bar.has_limit else "Nearly all that is included"
            return f"{what}: {quantity(bar.left, unit)} left"
        case _:
            extra = f"; {written(cost)} of credits for {quantity(bar.charged, unit)}" if cost.micros else ""
            again = "" if is_latest else f". Resets on {resets}"
            return f"{quantity(bar.left, unit)} left{again}{extra}"


def _per(per: int, unit: str) -> str:
    return "each" if per == 1 else f"per {per:,} {unit}"


def _more(left: int) -> str:
    return "1 more is" if left == 1 else f"{left:,} more are"


def _dated(day: date) -> str:
    return f"{day_label(day)} {day.year}"
