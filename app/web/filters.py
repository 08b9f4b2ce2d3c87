"""How amounts and moments are written on pages. No other place but `app.domain.amounts` formats them."""

from datetime import UTC, date, datetime

from flask import Flask
from markupsafe import Markup, escape

from app.domain import payments
from app.domain.amounts import MINUS, NO_BREAK, digits, in_currency, money_words
from app.domain.money import Credits, Money
from app.domain.units import one
from app.models.payments import PaymentMethod
from app.web.access import current_catalog, current_customer

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def money(value: Money) -> str:
    """Return the amount with its currency: `$1,234.50`."""
    return money_words(value)


def credits(value: Credits, unit: str = "", label: str = "") -> str:  # noqa: A001  # the word of the product
    """Return the credits with their unit, exact: `$3,284.62`, `1,000,000 tokens`."""
    unit = unit or current_customer().credit_unit
    if is_currency(unit):
        return in_currency(value.units, unit)
    number, words = digits(value.units, 0), label or _label(unit)
    return f"{number}{NO_BREAK}{one(words) if number in {'1', f'{MINUS}1'} else words}"


def signed(value: Credits | Money, unit: str = "") -> str:
    """Return the amount with its sign: `+$25.00`, `−$1.20`."""
    written = money(value) if isinstance(value, Money) else credits(value, unit)
    zero = (value.amount_minor if isinstance(value, Money) else value.micros) <= 0
    return written if zero else f"+{written}"


def count(value: int) -> str:
    """Return the whole number with its thousands apart: `41,200`."""
    return f"{value:,}"


def figure(value: Credits | Money) -> Markup:
    """Return the amount for a large figure, with its decimals small."""
    written = money(value) if isinstance(value, Money) else credits(value)
    whole, point, rest = written.partition(".")
    if not point:
        return Markup('<span class="num">{}</span>').format(written)
    return Markup('<span class="num">{}<span class="cents">.{}</span></span>').format(whole, rest)


def moment(value: datetime) -> Markup:
    """Return the moment to the minute, and says that it is UTC."""
    utc = value.astimezone(UTC)
    words = f"{_day_words(utc)}, {utc:%H:%M} UTC"
    return Markup('<time datetime="{}">{}</time>').format(f"{utc:%Y-%m-%dT%H:%M:%SZ}", words)


def day(value: date) -> Markup:
    """Return the day: `21 Nov 2026`."""
    utc = value.astimezone(UTC) if isinstance(value, datetime) else value
    return Markup('<time datetime="{}">{}</time>').format(f"{utc:%Y-%m-%d}", escape(_day_words(utc)))


def method_name(method: PaymentMethod) -> str:
    """Return how a saved method is called: `Visa ending in 4242`."""
    return payments.method_name(method.brand, method.last4)


def rail_name(rail: str) -> str:
    """Return how a kind of payment method is called: `Card`, `SEPA direct debit`."""
    return payments.method_name(rail)


def init_app(app: Flask) -> None:
    """Give the filters to the templates."""
    for each in (money, credits, signed, count, figure, moment, day, method_name, rail_name):
        app.add_template_filter(each)


def _label(unit: str) -> str:
    return current_catalog().credit_unit_label or unit


def is_currency(unit: str) -> bool:
    """Say whether the unit of credit is a currency, such as USD, and no named unit, such as tokens."""
    return len(unit) == 3 and unit.isascii() and unit.isupper()


def _day_words(value: date) -> str:
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"
