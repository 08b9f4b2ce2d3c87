"""How amounts, quantities and times stand on pages and in mails: as `locale` writes them, in the customer's unit.

A figure is markup on a page and plain text in a mail's text, in a name or joined to a string. Where the value shown is
not the exact one, the markup keeps that in a tip that hover, focus and tap show (`figures.css`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from flask import Flask, g, has_request_context
from markupsafe import Markup, escape

from app import locale
from app.domain import payments
from app.domain.amounts import CreditUnit, is_currency
from app.domain.language import _, apart, current, remembered
from app.domain.money import Credits, Money
from app.domain.people.deletion import member_name
from app.domain.tax.words import tax_id
from app.models.payments import PaymentMethod
from app.web.access import current_unit


@dataclass(frozen=True)
class Figure:
    """A value as it is shown, and the exact one where that is another."""

    shown: str
    exact: str = ""
    is_below: bool = False
    """Whether it is credit that is left, and below zero: a debt."""
    focus: bool = True
    """Whether the keyboard reaches it by itself. Inside a link, a button or a row that has a link it does not."""

    def __str__(self) -> str:
        return self.shown

    def __html__(self) -> str:
        css = "amount num amount--below" if self.is_below else "amount num"
        if self.exact in {"", self.shown}:
            return f'<span class="{css}">{escape(self.shown)}</span>'
        tab = ' tabindex="0"' if self.focus else ""
        exactly = escape(_(", exactly"))
        tip = f'<span class="tip"><span class="sr">{exactly} </span>{escape(self.exact)}</span>'
        return f'<span class="{css}"{tab}>{escape(self.shown)}{tip}</span>'


def balance(value: Credits | Money, unit: str = "", label: str = "", *, focus: bool = True) -> Figure:
    """Return what is left, rounded down: `$3,284.62`, `−$18.01`."""
    known = _unit(value, unit, label)
    return Figure(locale.balance(value, known), locale.exact(value, known), _is_below(value), focus)


def amount(value: Credits | Money, unit: str = "", label: str = "", *, focus: bool = True) -> Figure:
    """Return the amount, rounded half away from zero: `$25.00`, `<$0.01`."""
    known = _unit(value, unit, label)
    return Figure(locale.amount(value, known), locale.exact(value, known), focus=focus)


def signed(value: Credits | Money, unit: str = "", label: str = "", *, focus: bool = True) -> Figure:
    """Return the amount with its sign, rounded half away from zero: `+$25.00`, `−$1.20`."""
    known = _unit(value, unit, label)
    return Figure(locale.amount(value, known, sign=True), locale.exact(value, known, sign=True), focus=focus)


def exact(value: Credits | Money, unit: str = "", label: str = "", *, decimals: int = 0, sign: bool = False) -> Figure:
    """Return the amount with every digit that counts, for details and sums: `$3,284.624512`."""
    known = _unit(value, unit, label)
    return Figure(locale.exact(value, known, decimals=decimals, sign=sign), "", not sign and _is_below(value))


def price(value: Credits | Money, unit: str = "", label: str = "") -> Figure:
    """Return the price of one, with as many decimals as it has: `$0.0000125`."""
    return exact(value, unit, label)


def quantity(value: int, unit: str = "", *, is_left: bool = False, focus: bool = True) -> Figure:
    """Return the quantity of a meter, easy to read: `581,484 requests`, `20.4 GB`; what is left is rounded down."""
    shown = locale.quantity_left(value, unit) if is_left else locale.quantity(value, unit)
    return Figure(shown, locale.counted(value, unit), focus=focus)


def counted(value: int, unit: str = "") -> str:
    """Return the quantity of a meter as it was counted, for details: `1 request`, `20,412 MB`."""
    return locale.counted(value, unit)


def count(value: int) -> str:
    """Return the whole number with its thousands apart: `41,200`."""
    return locale.whole(value)


@dataclass(frozen=True)
class Time:
    """A moment in UTC. A page writes it in the zone that the member chose; without one a script takes the browser's.

    `times.js` keeps UTC in a tip.
    """

    at: datetime
    how: str = ""
    """Empty: day and time. `ago`: how long ago, while that is recent. `both`: the reader's time of day beside UTC."""

    def __str__(self) -> str:
        return locale.time(self.at) if self.how == "both" else locale.moment(self.at)

    def __html__(self) -> str:
        shown, zone = str(self), _zone()
        more = f' data-time="{escape(self.how)}"' if self.how else ""
        if zone is not None:
            more += f' data-utc="{escape(shown)}"'
            here = locale.time(self.at, zone) if self.how == "both" else locale.moment(self.at, zone)
            both = self.how == "both" and here != shown
            shown = f"{shown}, {here}" if both else here
        return f'<time datetime="{self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"{more}>{escape(shown)}</time>'


def moment(value: datetime) -> Time:
    """Return the time to the minute: `28 Nov 2026, 09:19 UTC`."""
    return Time(value)


def ago(value: datetime) -> Time:
    """Return the time to the minute, which a script writes as how long ago it was while it is recent."""
    return Time(value, "ago")


def day(value: date, *, utc: bool = False) -> Markup:
    """Return the UTC day: `21 Nov 2026`; with `utc` it says which days are meant: `21 Nov 2026 (UTC)`."""
    known = value.astimezone(UTC).date() if isinstance(value, datetime) else value
    return _day(known, utc=utc)


@remembered(locale.REMEMBERED)
def _day(known: date, *, utc: bool) -> Markup:
    words = f"{locale.day(known)} (UTC)" if utc else locale.day(known)
    return Markup(f'<time datetime="{known:%Y-%m-%d}">{escape(words)}</time>')  # its parts are escaped


def time_of_day(value: datetime) -> Time:
    """Return the time of day in UTC, beside which a script writes the reader's: `00:00 UTC, 01:00 your time`."""
    return Time(value, "both")


def _zone() -> tzinfo | None:
    """Return the zone that the member of this request has chosen; nothing in a mail, and where nobody has."""
    name = g.get("time_zone", "") if has_request_context() else ""
    return ZoneInfo(name) if name else None


def method_name(method: PaymentMethod) -> str:
    """Return how a saved method is called: `Visa ending in 4242`."""
    return payments.method_name(method.brand, method.last4)


def method_short(method: PaymentMethod) -> str:
    """Return how a saved method is called where there is little room, as in a list to choose from: `Visa •••• 4242`."""
    name = payments.method_name(method.brand)
    return f"{name} •••• {method.last4}" if method.last4 else name


def rail_name(rail: str) -> str:
    """Return how a kind of payment method is called: `Card`, `SEPA direct debit`."""
    return payments.method_name(rail)


def rail_names(rails: Sequence[str]) -> str:
    """Return kinds of payment methods in a list: only names, and German nouns, have a capital letter inside of it."""
    first, *rest = [rail_name(each) for each in rails] or [""]
    return ", ".join((first, *(each if _keeps_capital(each) else f"{each[0].lower()}{each[1:]}" for each in rest)))


def _keeps_capital(name: str) -> bool:
    return current() == "de" or not name.split(" ", maxsplit=1)[0][1:].islower()


def init_app(app: Flask) -> None:
    """Give the filters to the templates."""
    figures = (balance, amount, signed, exact, price, quantity, counted, count)
    names = (member_name, method_name, method_short, rail_name, rail_names, apart, locale.before_stop, tax_id)
    for each in (*figures, moment, ago, day, time_of_day, *names):
        app.add_template_filter(each)


def _unit(value: Credits | Money, unit: str, label: str) -> CreditUnit | None:
    if isinstance(value, Money):
        return None
    return CreditUnit(unit, label) if unit and (label or is_currency(unit)) else current_unit(unit)


def _is_below(value: Credits | Money) -> bool:
    """Say whether it is a debt. Money below zero is in the customer's favour: a discount, or what was paid too much."""
    return not isinstance(value, Money) and value.micros < 0
