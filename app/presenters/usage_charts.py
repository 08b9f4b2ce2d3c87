"""The chart of the Usage page: what all meters cost each day, stacked, or what one counted, and the days before."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.catalog import MeterKind
from app.domain.language import _, marked
from app.domain.money import Credits, divided
from app.domain.usage_words import without_a_meter
from app.presenters.charts import MOST_SERIES, Chart, Column, Measure, columns, day_label
from app.services.usage.meters import DayUse, MeterUse
from app.services.usage.stretches import Compared

ALL_METERS = "all-meters"
"""How all meters together are called in an address: no meter's key has a hyphen."""
WITHOUT_METER = "-"
"""How credit taken without a meter is called in an address."""
OTHERS = marked("Other meters")
ADDED_UP = {MeterKind.COUNT, MeterKind.SUM}
"""Of these kinds the days add up to a quantity."""
Address = Callable[[str, date], str]
"""Leads from a meter, as it is called in an address, and a day to the page of that day."""


@dataclass(frozen=True)
class Drawn:
    """A chart of days, and what they come to."""

    chart: Chart | None
    name: str
    total: str
    """What was used on the days, in words; empty where a sum says nothing."""
    beside: str
    """What was used on as many days before, and how much more or less this is; empty where there was nothing."""


def cost_of_all(days: Compared, meters: Sequence[MeterUse], credit: CreditUnit, address: Address) -> Drawn:
    """Return what the days cost: the meters in the catalog's order, the smallest together where there are many."""
    series, members = _series(days, meters)
    figures, before = _by_day(days.days, members), _sums(days.earlier, lambda each: each.cost.micros)
    used = {each.day for each in days.days}
    drawn = [
        Column(
            day,
            tuple(figures.get((day, title), 0) for title in series) if day <= days.today else (),
            address(ALL_METERS, day) if day in used else "",
            *_beside(days, day, before),
        )
        for day in _every(days.first, days.last)
    ]
    total = sum(each.cost.micros for each in days.days)
    measure = Measure(credit)
    name = _name(_("Cost"), days, [(column.day, column.total) for column in drawn], measure)
    earlier = _earlier(days, before)
    return Drawn(
        columns(drawn, measure=measure, name=name, series=series, today=days.today, before=_named(days)),
        name,
        locale.amount(Credits(total), credit),
        _compared(total, earlier, locale.amount(Credits(earlier), credit), days),
    )


def quantity_of_one(days: Compared, use: MeterUse, credit: CreditUnit, address: Address) -> Drawn:
    """Return what one meter counted on the days, with what it cost on each."""
    unit, kept = use.meter.unit or _("quantity"), _kept(days, use)
    found = {each.day: each for each in days.days}
    drawn = [
        Column(
            day,
            (kept[day],) if day <= days.today else (),
            address(use.meter.key, day) if day in found else "",
            *_beside(days, day, kept),
            more=_("Cost: {amount}", amount=locale.exact(found[day].cost, credit))
            if day in found and found[day].cost.micros
            else "",
        )
        for day in _every(days.first, days.last)
    ]
    measure, title = Measure(of=unit), unit[:1].upper() + unit[1:]
    name = _name(use.meter.title, days, [(column.day, column.total) for column in drawn], measure)
    chart = columns(drawn, measure=measure, name=name, series=(title,), today=days.today, before=_named(days))
    if use.tariff.kind not in ADDED_UP:
        return Drawn(chart, name, "", "")
    total, earlier = sum(each.quantity for each in days.days), _earlier(days, kept)
    words = locale.quantity(earlier, use.meter.unit)
    return Drawn(chart, name, locale.quantity(total, use.meter.unit), _compared(total, earlier, words, days))


def _series(days: Compared, meters: Sequence[MeterUse]) -> tuple[list[str], dict[str, str]]:
    """Return the titles of what cost anything, the catalog's first, and the title under which each meter counts."""
    cost = _sums_by_meter(days.days)
    titles = {each.meter.key: each.meter.title for each in meters}
    keys = [*titles, *sorted(cost.keys() - titles.keys())]
    priced = [key for key in keys if cost.get(key)]
    dearest = sorted(priced, key=lambda key: -cost[key])
    apart = set(priced if len(priced) <= MOST_SERIES else dearest[: MOST_SERIES - 1])
    others = _(OTHERS)
    members = {key: titles.get(key, key or without_a_meter()) if key in apart else others for key in keys}
    named = list(dict.fromkeys(members[key] for key in priced if key in apart))
    return ([*named, others] if len(apart) < len(priced) else named) or [_("Cost")], members


def _sums_by_meter(days: Iterable[DayUse]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in days:
        found[each.meter] = found.get(each.meter, 0) + each.cost.micros
    return found


def _by_day(days: Iterable[DayUse], members: dict[str, str]) -> dict[tuple[date, str], int]:
    found: dict[tuple[date, str], int] = {}
    for each in days:
        at = (each.day, members[each.meter])
        found[at] = found.get(at, 0) + each.cost.micros
    return found


def _sums(days: Iterable[DayUse], of: Callable[[DayUse], int]) -> dict[date, int]:
    found: dict[date, int] = {}
    for each in days:
        found[each.day] = found.get(each.day, 0) + of(each)
    return found


def _kept(days: Compared, use: MeterUse) -> dict[date, int]:
    """Return the quantity of each day, also of those before; the latest value stays until another is reported."""
    found, value, kept = _sums((*days.earlier, *days.days), lambda each: each.quantity), 0, {}
    for day in _every(days.before or days.first, max(days.last, days.today)):
        value = found.get(day, value if use.tariff.kind is MeterKind.LAST else 0)
        kept[day] = value
    return kept


def _beside(days: Compared, day: date, before: Mapping[date, int]) -> tuple[int | None, date | None]:
    at = days.beside(day)
    return (None, None) if at is None else (before.get(at, 0), at)


def _every(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _named(days: Compared) -> str:
    return _("Last period") if days.is_period else _("Days before")


def _name(what: str, days: Compared, drawn: Sequence[tuple[date, int]], measure: Measure) -> str:
    """Return the sentence that stands for the chart."""
    span = {"first": day_label(days.first), "last": day_label(min(days.last, days.today))}
    day, figure = max(drawn, key=lambda each: each[1])
    if not figure:
        return _("{what} each day from {first} to {last}: nothing.", what=what, **span)
    most = {"day": day_label(day), "quantity": measure.shown(figure)}
    return _("{what} each day from {first} to {last}. Most on {day}: {quantity}.", what=what, **span, **most)


def _shown(days: Compared) -> list[date]:
    """Return the days before that stand beside those up to today."""
    last = min(days.last, days.today)
    return [at for at in (days.beside(day) for day in _every(days.first, last)) if at is not None]


def _earlier(days: Compared, figures: Mapping[date, int]) -> int:
    return sum(figures.get(day, 0) for day in _shown(days))


def _compared(total: int, earlier: int, words: str, days: Compared) -> str:
    """Return what the days before came to, and by how much these are above or below it."""
    shown = _shown(days)
    if not earlier:
        return ""
    change = divided((total - earlier) * 100, earlier)
    said = {"quantity": words, "first": day_label(shown[0]), "last": day_label(shown[-1])}
    if not change:
        return _("{quantity} from {first} to {last}, as much", **said)
    percent = locale.whole(abs(change))
    if change > 0:
        return _("{quantity} from {first} to {last}, now {percent} % more", percent=percent, **said)
    return _("{quantity} from {first} to {last}, now {percent} % less", percent=percent, **said)
