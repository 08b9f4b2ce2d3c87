"""How usage is described: a bar in words, what a meter counts, what it costs, and which calls its limit refuses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.catalog import MeterKind
from app.domain.language import _, followed, marked, ngettext, remembered
from app.domain.money import Credits
from app.domain.rating import Tariff
from app.domain.usage_bars import Bar, State

_COUNTS = {
    MeterKind.COUNT: marked("Each event counts as one."),
    MeterKind.SUM: marked("The quantities of all events add up."),
    MeterKind.UNIQUE: marked("Each distinct subject counts once in a billing period."),
    MeterKind.LAST: marked("The latest value that was reported counts."),
    MeterKind.MAX: marked("The highest value of the billing period counts."),
}


@dataclass(frozen=True)
class BarWords:
    """A bar as a page writes it."""

    used: str
    all: str
    """What it is measured against, with its unit; empty where it is against nothing."""
    unit: str
    """The unit of what is used, where it is against nothing."""
    spoken: str
    note: str
    warning: str
    """How near or over it is, where that warns."""
    warns: bool


def bar_words(bar: Bar, resets_on: date, cost: Credits, credit: CreditUnit, *, is_open: bool = True) -> BarWords:
    """Return the bar in words; `cost` is what use beyond the allowance has cost in its period, open or over."""
    unit, used = bar.tariff.meter.unit, bar.used
    warns = bar.state in {State.NEAR, State.OVER}
    level = _level(bar, locale.day(resets_on), cost, credit)
    note = _with_costs(level, bar, cost, credit) if is_open else _was(bar, cost, credit)
    if bar.basis is None:
        number, _space, words = locale.quantity(used, unit).partition(" ")
        return BarWords(number, "", words, f"{number} {words}", note, level if warns else "", warns)
    number, basis = locale.parts_of(used, bar.basis, unit)
    spoken = locale.quantity_of(used, bar.basis, unit)
    if bar.held:
        spoken = _("{quantity}, {held} held", quantity=spoken, held=locale.quantity(bar.held, unit))
    spoken = _("{quantity}, {percent} percent", quantity=spoken, percent=locale.whole(bar.percent or 0))
    return BarWords(number, basis, "", spoken, note, level if warns else "", warns)


def counts(kind: MeterKind) -> str:
    """Return how the meter counts, in a sentence."""
    return _(_COUNTS[kind])


@remembered(locale.REMEMBERED)
def price(tariff: Tariff, credit: CreditUnit) -> str:
    """Return what use beyond the allowance costs: `$0.40 per 1,000 requests`; graduated prices step by step."""
    meter = tariff.meter
    if tariff.rate is not None or not meter.tiers:
        rate = tariff.rate or meter.credits
        return _("No price") if rate is None else _per(rate, meter.per, meter.unit, credit)
    steps, before = [], 0
    for tier in meter.tiers:
        first, step = locale.whole(before + 1), _per(tier.credits, meter.per, meter.unit, credit)
        if tier.up_to is None:
            steps.append(_("from {first} on: {price}", first=first, price=step))
        else:
            steps.append(_("{first} to {last}: {price}", first=first, last=locale.whole(tier.up_to), price=step))
        before = tier.up_to or before
    return reduce(lambda said, more: _("{said}; {more}", said=said, more=more), steps)


def limit_effect(bar: Bar, resets_on: date, cost: Credits, credit: CreditUnit) -> str:
    """Return which calls the plan's limit refuses, in the customer's own numbers; nothing without a limit (AC-58)."""
    limit, meter = bar.tariff.limit, bar.tariff.meter
    if limit is None:
        return ""
    if not meter.kind.can_be_held:
        return _shown_only(bar, limit, cost, credit)
    if not limit:
        return _("Your plan has no {meter}: calls that ask for permission to use it are refused.", meter=meter.title)
    day, allowed, used = locale.day(resets_on), _allowed(bar, limit), locale.counted(bar.used)
    if bar.used >= limit:
        refused = _(
            "You have used {used}: calls that ask for permission are refused until {day}, 00:00 UTC.",
            used=used,
            day=day,
        )
        return f"{allowed} {refused}"
    said = _("You have used {used}", used=used)
    if bar.held:
        said = ngettext(
            "You have used {used} and {n} is held for calls in progress",
            "You have used {used} and {n} are held for calls in progress",
            bar.held,
            used=used,
            n=locale.whole(bar.held),
        )
    if not bar.left:
        refused = _(
            "{said}, so nothing is left now: calls that ask for permission are refused until those calls end, "
            "or until {day}, 00:00 UTC.",
            said=said,
            day=day,
        )
        return f"{allowed} {refused}"
    refused = ngettext(
        "{said}, so {n} is left: calls that ask for more than that are refused until {day}, 00:00 UTC.",
        "{said}, so {n} are left: calls that ask for more than that are refused until {day}, 00:00 UTC.",
        bar.left,
        said=said,
        n=locale.whole(bar.left),
        day=day,
    )
    return f"{allowed} {refused}"


def _allowed(bar: Bar, limit: int) -> str:
    return _("Your plan allows {limit} each billing period.", limit=locale.counted(limit, bar.tariff.meter.unit))


def _shown_only(bar: Bar, limit: int, cost: Credits, credit: CreditUnit) -> str:
    """Say it of a meter that only counts what was reported: nobody can ask it for permission."""
    meter, used = bar.tariff.meter, locale.counted(bar.used)
    nothing = _("No calls are refused for it: it is shown here, and usage alerts can notify you.")
    if not bar.tariff.is_free:
        nothing = f"{nothing} {_beyond(bar, cost, credit)}."
    if not limit:
        none = _("Your plan has no {meter}.", meter=meter.title)
        return f"{none} {nothing}"
    if meter.kind is MeterKind.LAST:
        latest = _(
            "Your plan allows {limit}, and the latest value is {used}.",
            limit=locale.counted(limit, meter.unit),
            used=used,
        )
        return f"{latest} {nothing}"
    said = _("You have used {used}.", used=used)
    return f"{_allowed(bar, limit)} {said} {nothing}"


def formula(bar: Bar, cost: Credits, credit: CreditUnit, *, is_open: bool = True) -> Sequence[tuple[str, str]]:
    """Return how the quantity became credit, line by line; no product where the terms shown do not come to the sum."""
    unit = bar.tariff.meter.unit
    lines = [(_("Used"), locale.counted(bar.used, unit))]
    if bar.tariff.is_free and not cost.micros:
        return lines
    sum_of_it = (_("Credits used"), locale.exact(cost, credit))
    if cost.micros != bar.tariff.cost(bar.used):  # the terms have changed in the period, or a value fell
        priced = _("Price now") if is_open else _("Price at its end")
        now = [] if bar.tariff.is_free else [(priced, price(bar.tariff, credit))]
        return [*lines, *now, (_("Charged"), _("As it was counted, by the terms of that time")), sum_of_it]
    if bar.tariff.allowance:
        lines += [
            (_("Included in your plan"), f"− {locale.counted(min(bar.used, bar.tariff.allowance), unit)}"),
            (_("Beyond it"), locale.counted(bar.charged, unit)),
        ]
    return [*lines, (_("Price"), price(bar.tariff, credit)), sum_of_it]


def _free(cost: Credits) -> str:
    """Say that a meter costs nothing; that it did before, where its use was charged by earlier terms."""
    return _("Without a price") if cost.micros else _("Counted, without a limit or a price")


def _level(bar: Bar, resets: str, cost: Credits, credit: CreditUnit) -> str:
    """Say where the bar of the open period stands. A limit that stops nothing reads as what the plan allows."""
    tariff, unit = bar.tariff, bar.tariff.meter.unit
    left = locale.quantity_left(bar.left, unit)
    match bar.state:
        case State.OPEN if tariff.limit == 0:
            return _("Not part of your plan")
        case State.OPEN:
            return _free(cost) if tariff.is_free else price(tariff, credit)
        case State.OVER:
            return _over(bar, resets)
        case State.NEAR if _is_stopping(bar):
            return _and_held(_("Near the limit: {left} left", left=left), bar)
        case State.NEAR if bar.has_limit:
            return _and_held(_("Nearly all that your plan allows: {left} left", left=left), bar)
        case State.NEAR:
            return _and_held(_("Nearly all that is included: {left} left", left=left), bar)
        case _:
            said = _and_held(_("{left} left", left=left), bar)
            resets_in_turn = tariff.meter.kind is not MeterKind.LAST
            return _("{said}. Resets on {day}", said=said, day=resets) if resets_in_turn else said


def _over(bar: Bar, resets: str) -> str:
    unit = bar.tariff.meter.unit
    over = locale.quantity(bar.over, unit)
    if bar.has_limit and not _is_stopping(bar):
        return _("{quantity} more than your plan allows", quantity=over) if bar.over else _("All that your plan allows")
    if bar.over and bar.has_limit:
        return _and_held(_("Over the limit by {quantity}", quantity=over), bar)
    if bar.used < (bar.basis or 0):
        return _("Nothing left now: {held} held for calls in progress", held=locale.quantity(bar.held, unit))
    if bar.has_limit:
        return _and_held(_("At the limit until {day}", day=resets), bar)
    return _("{quantity} beyond what is included", quantity=over) if bar.over else _("All that is included is used")


def _and_held(said: str, bar: Bar) -> str:
    if not bar.held:
        return said
    held = locale.quantity(bar.held, bar.tariff.meter.unit)
    return _("{said}, {held} held for calls in progress", said=said, held=held)


def _with_costs(said: str, bar: Bar, cost: Credits, credit: CreditUnit) -> str:
    """Add what use beyond what is included costs, from where the bar warns on, and what it has cost so far."""
    amount = locale.amount(cost, credit)
    if (bar.tariff.is_free or bar.tariff.limit == 0) and not cost.micros:
        return said
    if bar.state is State.OPEN or bar.tariff.is_free:
        return _("{said}; {amount} so far", said=said, amount=amount)
    if bar.state is State.OK:
        if cost.micros != bar.tariff.cost(bar.used):
            return _charged(said, cost, credit)
        many = locale.quantity(bar.charged, bar.tariff.meter.unit)
        whole = _("{said}; {amount} of credits for {quantity}", said=said, amount=amount, quantity=many)
        return whole if cost.micros else said
    if not bar.has_limit and bar.over:
        return _("{said}: {amount} of credits", said=said, amount=amount)
    return followed(said, _beyond(bar, cost, credit))


def _charged(said: str, cost: Credits, credit: CreditUnit) -> str:
    if not cost.micros:
        return said
    return _("{said}; {amount} of credits", said=said, amount=locale.amount(cost, credit))


def _was(bar: Bar, cost: Credits, credit: CreditUnit) -> str:
    """Say where the bar of a period that is over stood at its end, and what its use cost."""
    tariff, unit = bar.tariff, bar.tariff.meter.unit
    over = locale.quantity(bar.over, unit)
    match bar.state:
        case State.OPEN if tariff.limit == 0:
            said = _("Not part of your plan")
        case State.OPEN if tariff.is_free:
            said = _free(cost)
        case State.OPEN:
            return _("{price}; {amount} in all", price=price(tariff, credit), amount=locale.amount(cost, credit))
        case State.OVER if bar.has_limit and not _is_stopping(bar):
            more = _("{quantity} more than your plan allowed", quantity=over)
            said = more if bar.over else _("All that your plan allowed")
        case State.OVER if bar.has_limit:
            said = _("Over the limit by {quantity}", quantity=over) if bar.over else _("The limit was reached")
        case State.OVER:
            more = _("{quantity} beyond what was included", quantity=over)
            said = more if bar.over else _("All that was included was used")
        case _:
            left = locale.quantity_left(bar.left, unit)
            said = ngettext("{left} was left", "{left} were left", bar.left, left=left)
    return _charged(said, cost, credit)


def _beyond(bar: Bar, cost: Credits, credit: CreditUnit) -> str:
    """Say the price of use beyond what is included, and what it has cost so far."""
    steps = bar.tariff.rate is None and bar.tariff.meter.tiers
    each = _("the price of its step") if steps else price(bar.tariff, credit)
    said = _("Use costs {price}", price=each)
    if bar.tariff.allowance:
        said = _("Use beyond what is included costs {price}", price=each)
    if not cost.micros:
        return said
    return _("{said}: {amount} so far", said=said, amount=locale.amount(cost, credit))


def _is_stopping(bar: Bar) -> bool:
    return bar.has_limit and bar.tariff.meter.kind.can_be_held


def _per(rate: Credits, per: int, unit: str, credit: CreditUnit) -> str:
    written = locale.exact(rate, credit)
    if per == 1:
        return _("{price} each", price=written)
    return _("{price} per {n} {unit}", price=written, n=locale.whole(per), unit=unit)
