"""Usage as pages show it: a row for each meter with its bar, the days of a meter as a chart, and alerts in words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from app import locale
from app.domain import usage_alerts, usage_bars
from app.domain.amounts import CreditUnit
from app.domain.catalog import Meter, MeterKind
from app.domain.language import _, labelled, ngettext, remembered
from app.domain.money import Credits
from app.domain.rating import Tariff
from app.domain.usage_alerts import Threshold
from app.domain.usage_bars import Bar, State
from app.domain.usage_words import without_a_meter
from app.presenters.charts import Chart, Column, Measure, columns, day_label
from app.presenters.usage_charts import WITHOUT_METER, Address
from app.presenters.usage_sentences import BarWords, bar_words, price
from app.services.alerts.thresholds import Alert
from app.services.usage.meters import DayUse, EventUse, MeterUse, Usage


@dataclass(frozen=True)
class Row:
    """A meter of the customer's in one billing period."""

    key: str
    title: str
    description: str
    unit: str
    bar: Bar
    words: BarWords
    filled: int
    """How far the bar is filled, in percent."""
    marks: tuple[int, ...]
    """Where it will change, in percent: marks that are not reached yet."""
    terms: str
    """What the plan includes and allows; empty: neither."""
    price: str
    cost: Credits

    @property
    def is_free(self) -> bool:
        """Whether no use of it costs anything, or has cost anything in the period."""
        return self.bar.tariff.is_free and not self.cost.micros


@dataclass(frozen=True)
class AlertRow:
    """An alert, and how far it is."""

    id: str
    meter: str
    """Its key; empty: it is no longer counted."""
    words: str
    reached: bool
    notified_at: datetime | None
    now: str


def rows(usage: Usage, credit: CreditUnit) -> list[Row]:
    """Return a row for each meter, in the catalog's order."""
    return [row_of(each, usage, credit) for each in usage.meters]


def row_of(use: MeterUse, usage: Usage, credit: CreditUnit) -> Row:
    """Return the row of one meter in the period that is shown."""
    resets_on, warn_at = usage.period.ends_at.date(), usage.catalog.usage.warn_at_percent
    found = row(use, resets_on, warn_at, credit, is_open=usage.period.is_open)
    return found if usage.catalog.meter(use.meter.key) else replace(found, terms=found.description)


def row(use: MeterUse, resets_on: date, warn_at: tuple[int, ...], credit: CreditUnit, *, is_open: bool = True) -> Row:
    """Return the meter's row for a period that ends, or has ended, where `resets_on` begins."""
    tariff = use.tariff
    bar = usage_bars.bar(tariff, use.used, warn_at, use.held if is_open else 0)
    percent = bar.percent or 0
    return Row(
        key=use.meter.key,
        title=use.meter.title,
        description=use.meter.description.rstrip("."),
        unit=use.meter.unit or _("quantity"),
        bar=bar,
        words=bar_words(bar, resets_on, use.cost, credit, is_open=is_open),
        filled=min(percent, 100),
        marks=tuple(mark for mark in warn_at if percent < mark < usage_bars.FULL_PERCENT),
        terms=terms(tariff),
        price=price(tariff, credit),
        cost=use.cost,
    )


@remembered(locale.REMEMBERED)
def terms(tariff: Tariff) -> str:
    """Return what the plan includes and allows of the meter: `1,000 included, up to 5,000 requests`."""
    unit, included, limit = tariff.meter.unit, tariff.allowance, tariff.limit
    if limit == 0:
        return _("Not part of your plan")
    if not limit:
        return _("{quantity} included", quantity=locale.quantity(included, unit)) if included else ""
    if not included or included >= limit:
        return _("Up to {limit}", limit=locale.quantity(limit, unit))
    of_it, all_of_it = locale.parts_of(included, limit, unit)
    return _("{quantity} included, up to {limit}", quantity=of_it, limit=all_of_it)


def without_meter(usage: Usage) -> MeterUse:
    """Return the credit that was taken by no meter, as if a meter had counted it."""
    cost = Credits(sum(each.cost.micros for each in usage.without_meter))
    about = _("Credits that calls used without one")
    tariff = Tariff(Meter("", without_a_meter(), about, "", kind=MeterKind.SUM))
    return MeterUse(tariff, 0, 0, cost, None, usage.without_meter)


def pressing(shown: Sequence[Row]) -> list[Row]:
    """Return the rows that want attention, those over their limit first."""
    urgent = [each for each in shown if each.words.warns]
    return sorted(urgent, key=lambda each: each.bar.state is not State.OVER)


def chart(use: MeterUse, days: Sequence[DayUse], credit: CreditUnit, address: Address, today: date) -> Chart | None:
    """Return the days as columns of what the meter counted; of credits where they were used without a meter."""
    slug = use.meter.key or WITHOUT_METER
    addresses = [address(slug, each.day) if each.events or each.cost.micros else "" for each in days]
    if not use.meter.key:
        first, last = day_label(days[0].day), day_label(days[-1].day)
        name = _("{what} each day, in credits, from {first} to {last}.", what=use.meter.title, first=first, last=last)
        spent = [Column(each.day, (each.cost.micros,), at) for each, at in zip(days, addresses, strict=True)]
        return columns(spent, measure=Measure(credit), name=name, series=(_("Credits used"),), today=today)
    unit = use.meter.unit or _("quantity")
    counted = [Column(each.day, (each.quantity,), at) for each, at in zip(days, addresses, strict=True)]
    name = chart_name(days, use.meter.title, unit)
    return columns(counted, measure=Measure(of=unit), name=name, series=(unit[:1].upper() + unit[1:],), today=today)


def day_rows(days: Sequence[DayUse], usage: Usage) -> list[tuple[str, str, str, DayUse]]:
    """Return what each meter counted on a day, in the catalog's order: its address, its title, its unit."""
    found = {each.meter: each for each in days}
    known = [(each.meter.key, each.meter.title, each.meter.unit) for each in usage.meters]
    gone = [(key, key or without_a_meter(), "") for key in sorted(found.keys() - {key for key, _, _ in known})]
    return [(key or WITHOUT_METER, title, unit, found[key]) for key, title, unit in [*known, *gone] if key in found]


def cost_of(days: Sequence[DayUse]) -> Credits:
    """Return what the days cost together."""
    return Credits(sum(each.cost.micros for each in days))


def chart_name(days: Sequence[DayUse], title: str, unit: str) -> str:
    """Return the sentence that stands for the chart."""
    top = max(days, key=lambda each: each.quantity)
    first, last = day_label(days[0].day), day_label(days[-1].day)
    if not top.quantity:
        return _("{what} each day from {first} to {last}. Nothing was counted.", what=title, first=first, last=last)
    return _(
        "{what} each day from {first} to {last}. Most on {day}: {quantity}.",
        what=title,
        first=first,
        last=last,
        day=day_label(top.day),
        quantity=locale.counted(top.quantity, unit),
    )


def added_words(kind: MeterKind, rows_read: int) -> str:
    """Return what the second way of counting does with the events."""
    many = locale.whole(rows_read)
    match kind:
        case MeterKind.COUNT:
            return ngettext(
                "{n} event of the day, counted one by one",
                "{n} events of the day, counted one by one",
                rows_read,
                n=many,
            )
        case MeterKind.SUM:
            return ngettext(
                "The quantities of the {n} event, added up",
                "The quantities of the {n} events, added up",
                rows_read,
                n=many,
            )
        case MeterKind.MAX:
            return ngettext(
                "The highest quantity of the {n} event", "The highest quantity of the {n} events", rows_read, n=many
            )
        case MeterKind.UNIQUE:
            return _("Subjects seen for the first time in this billing period")
        case _:
            return _("The latest value at the end of the day")


def alert_rows(alerts: Sequence[Alert], notified: Mapping[str, datetime], usage: Usage) -> list[AlertRow]:
    """Return the alerts in words, each with how far it is in the period shown and when it was sent."""
    found = []
    for alert in alerts:
        use, wants = usage.of(alert.wants.meter), alert.wants
        if use is None:
            gone = _("{meter}: no longer counted", meter=wants.meter)
            found.append(AlertRow(alert.id, "", gone, False, None, ""))
            continue
        basis = usage_alerts.basis(usage.plan, wants.meter)
        words = alert_words(wants, use.meter.title, use.meter.unit, basis, has_limit=bool(use.tariff.limit))
        reached = usage_alerts.crossed(wants, use.used, basis)
        in_its_unit = locale.quantity if wants.is_percent else locale.counted  # as the alert itself says it
        now = _("now {quantity}", quantity=in_its_unit(use.used, use.meter.unit))
        found.append(AlertRow(alert.id, wants.meter, words, reached, notified.get(alert.id), now))
    return found


def alert_words(wanted: Threshold, title: str, unit: str, basis: int | None, *, has_limit: bool) -> str:
    """Return the alert in words: `80 % of the plan’s limit of 10,000 users`."""
    if not wanted.is_percent:
        return _("{meter}: {quantity}", meter=title, quantity=locale.counted(wanted.threshold, unit))
    percent = locale.whole(wanted.threshold)
    if basis is None:
        return _("{meter}: {percent} % of your plan’s limit", meter=title, percent=percent)
    of = locale.counted(basis, unit)
    if has_limit:
        return _("{meter}: {percent} % of your plan’s limit of {limit}", meter=title, percent=percent, limit=of)
    return _("{meter}: {percent} % of the {quantity} included", meter=title, percent=percent, quantity=of)


def details(event: EventUse) -> str:
    """Return what else the event says, line by line."""
    said = json.loads(event.properties)
    lines = [labelled(name, value if isinstance(value, str) else json.dumps(value)) for name, value in said.items()]
    held = [_("authorization: {id}", id=event.authorization_id)] if event.authorization_id else []
    return "\n".join([*lines, *held])


def period_words(first: date, last: date) -> str:
    """Return a billing period in words, both days included."""
    return _("{first} to {last} (UTC)", first=locale.day(first), last=locale.day(last))
