"""How amounts and moments stand on pages and in mails: as `locale` writes them, in the customer's unit of credit."""

from datetime import UTC, date, datetime

from flask import Flask
from markupsafe import Markup

from app import locale
from app.domain import payments
from app.domain.amounts import CreditUnit, is_currency
from app.domain.money import Credits, Money
from app.models.payments import PaymentMethod
from app.web.access import current_unit


def money(value: Money) -> str:
    """Return the amount with its currency: `$1,234.50`."""
    return locale.amount(value.major, value.currency)


def credits(value: Credits, unit: str = "", label: str = "") -> str:  # noqa: A001  # the word of the product
    """Return the credits with their unit, exact: `$3,284.62`, `1,000,000 tokens`."""
    known = CreditUnit(unit, label) if unit and (label or is_currency(unit)) else current_unit(unit)
    return locale.credits(value, known)


def signed(value: Credits | Money, unit: str = "") -> str:
    """Return the amount with its sign: `+$25.00`, `−$1.20`."""
    written = money(value) if isinstance(value, Money) else credits(value, unit)
    zero = (value.amount_minor if isinstance(value, Money) else value.micros) <= 0
    return written if zero else f"+{written}"


def count(value: int) -> str:
    """Return the whole number with its thousands apart: `41,200`."""
    return locale.whole(value)


def figure(value: Credits | Money) -> Markup:
    """Return the amount for a large figure, with its decimals small."""
    written = money(value) if isinstance(value, Money) else credits(value)
    whole, point, rest = written.partition(".")
    if not point:
        return Markup('<span class="num">{}</span>').format(written)
    return Markup('<span class="num">{}<span class="cents">.{}</span></span>').format(whole, rest)


def moment(value: datetime) -> Markup:
    """Return the time to the minute, with UTC."""
    machine = f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return Markup('<time datetime="{}">{}</time>').format(machine, locale.moment(value))


def day(value: date) -> Markup:
    """Return the day: `21 Nov 2026`."""
    utc = value.astimezone(UTC).date() if isinstance(value, datetime) else value
    return Markup('<time datetime="{}">{}</time>').format(f"{utc:%Y-%m-%d}", locale.day(utc))


def time_of_day(value: datetime) -> str:
    """Return the time of day, and say that it is UTC: `09:05 UTC`."""
    return locale.time(value)


def method_name(method: PaymentMethod) -> str:
    """Return how a saved method is called: `Visa ending in 4242`."""
    return payments.method_name(method.brand, method.last4)


def rail_name(rail: str) -> str:
    """Return how a kind of payment method is called: `Card`, `SEPA direct debit`."""
    return payments.method_name(rail)


def init_app(app: Flask) -> None:
    """Give the filters to the templates."""
    for each in (money, credits, signed, count, figure, moment, day, time_of_day, method_name, rail_name):
        app.add_template_filter(each)
