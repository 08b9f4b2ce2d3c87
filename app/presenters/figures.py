"""A figure in words: how it is counted, and the rows that come to it, each with what it adds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.catalog import MeterKind
from app.domain.language import _, marked, ngettext
from app.domain.money import MICROS, Credits
from app.domain.usage_words import without_a_meter
from app.services.usage.figures import Figure, Part

TOO_MANY = marked("The events are too many to add up on this page, or archived: these are the totals of their days.")
COUNTED = {
    MeterKind.COUNT: marked("Each event of the billing period counts as one."),
    MeterKind.SUM: marked("The quantities of all events of the billing period, added up."),
    MeterKind.UNIQUE: marked("Each subject counts once a billing period, on the day on which it was seen first."),
    MeterKind.MAX: marked("The highest quantity of any event of the billing period."),
    MeterKind.LAST: marked("The value that was taken last in the billing period."),
}
OF_DAY = marked(
    "Today’s limit leaves less than your balance does: it is the limit, less what was used today and what is held."
)
NOT_SERVED = marked("Your account is not active at the moment, so nothing can be used.")
FORMULAS = {
    "cost": marked("What each event of the billing period cost when it was counted, added up."),
    "net": marked("What all events of the billing period cost, less the corrections that were made in it."),
    "corrections": marked("What was returned in the billing period for usage that was wrong, also of usage before it."),
    "stretch": marked("What was counted on each of these days, added up from its events."),
    "used": marked("What each event of the UTC day cost, and what was used without a meter."),
    "held": marked(
        "Of each meter, what its calls in progress may cost at most, after all that is used. Of calls that asked for "
        "credits, what they have not used yet."
    ),
    "left": marked(
        "The daily limit, less what was used today and what is held for calls in progress. Never shown below zero."
    ),
    "plan_left": marked("The plan’s limit, less what was used in the billing period and what calls in progress hold."),
}
_NAMES = {
    "corrections": marked("Corrections"),
    "at_once": marked("Usage without a meter, taken off at once"),
    "daily_limit": marked("Daily limit"),
    "used_today": marked("Used today"),
    "held": marked("Held for calls in progress"),
    "remaining": marked("Remaining credits"),
    "pay_later": marked("Pay later"),
    "overage": marked("Overage protection"),
    "plan_limit": marked("The plan’s limit"),
    "used": marked("Used in this billing period"),
    "units_held": marked("Held for calls in progress"),
}
_SUMS = {"sum": marked("Added up"), "left": marked("Left"), "highest": marked("The highest")}


@dataclass(frozen=True)
class Line:
    """Some rows of a figure: what they are called, how many there are, what they come to, and where they are shown."""

    words: str
    rows: str
    value: str
    href: str


@dataclass(frozen=True)
class Shown:
    """A figure with its rows."""

    title: str
    value: str
    formula: str
    lines: list[Line]
    sum_words: str
    summed: str
    note: str


def credit(beside: str) -> str:
    """Return the formula of what the balance leaves; `beside` names what lets it go below zero."""
    return _(
        "Remaining credits and {beside}, less what is held for calls in progress. Never shown below zero.",
        beside=beside,
    )


def shown(
    figure: Figure,
    *,
    title: str,
    formula: str,
    unit: CreditUnit | str,
    titles: Mapping[str, str],
    address: Callable[[Part], str],
) -> Shown:
    """Return the figure in words; `unit` is the credit's, or the meter's by name; `titles` are the meters' titles."""
    finest = max((_decimals(part.value) for part in figure.parts), default=0)
    return Shown(
        title=title,
        value=_written(figure.shown, unit, finest),
        formula=_(formula),
        lines=[
            Line(
                _words(part, titles),
                _rows(part),
                _written(part.value, unit, finest, sign=figure.rule == "left"),
                address(part),
            )
            for part in figure.parts
        ],
        sum_words=_(_SUMS[figure.rule]),
        summed=_written(figure.summed, unit, finest),
        note=_(TOO_MANY) if figure.from_days else "",
    )


def _words(part: Part, titles: Mapping[str, str]) -> str:
    match part.kind:
        case "day" | "correction" if part.day is not None:
            return locale.day(part.day)
        case "meter":
            return titles.get(part.meter, part.meter or without_a_meter())
        case "hold":
            return titles.get(part.meter, part.meter) if part.meter else _("Credits, without a meter")
        case kind:
            return _(_NAMES[kind])


def _rows(part: Part) -> str:
    """Return how many rows there are: `1 event`; nothing where the line is no sum of rows."""
    if not part.rows:
        return ""
    many = locale.whole(part.rows)
    match part.kind:
        case "hold":
            return ngettext("{n} call", "{n} calls", part.rows, n=many)
        case "correction" | "corrections" | "at_once":
            return ngettext("{n} row", "{n} rows", part.rows, n=many)
        case _:
            return ngettext("{n} event", "{n} events", part.rows, n=many)


def _decimals(micros: int) -> int:
    """Return how many decimals an amount of credit has, so that the points of amounts below each other line up."""
    return len(f"{micros % MICROS:06}".rstrip("0"))


def _written(value: int, unit: CreditUnit | str, decimals: int, *, sign: bool = False) -> str:
    if isinstance(unit, CreditUnit):
        return locale.exact(Credits(value), unit, decimals=decimals, sign=sign)
    minus = "−" if value < 0 else "+" if sign and value else ""
    return f"{minus}{locale.counted(abs(value), unit)}"
