"""How numbers, amounts, days and times are written: by the CLDR data of Babel, in English until others are offered.

Babel rounds nothing here: `app.domain.currencies` says how many decimals a currency has, and every digit that counts is
written (docs/decisions/0017). Only a number of more than 28 digits would be rounded, and there is none.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import (
    NumberPattern,
    format_decimal,
    get_decimal_symbol,
    get_group_symbol,
    parse_pattern,
)

from app.domain import typed_numbers
from app.domain.amounts import MINUS, NO_BREAK, SYMBOLS, CreditUnit
from app.domain.currencies import shown_decimals
from app.domain.money import Credits
from app.domain.typed_numbers import Field, Marks
from app.domain.units import one

LOCALE = Locale("en")
MARKS = Marks(get_decimal_symbol(LOCALE), get_group_symbol(LOCALE))
"""What the page's language writes in numbers. What a browser says of its reader's language does not count."""
REMEMBERED = 10_000
"""So many amounts and days are kept in their written form: a page has the same ones many times."""


def whole(value: int) -> str:
    """Return the whole number with its thousands apart: `41,200`."""
    return format_decimal(value, locale=LOCALE)


@lru_cache(REMEMBERED)
def number(value: Decimal, decimals: int = 0) -> str:
    """Return every digit that counts, and at least `decimals` of them after the point."""
    return _written(_pattern("", decimals), value)


@lru_cache(REMEMBERED)
def amount(value: Decimal, currency: str) -> str:
    """Return the amount, which may be finer than the currency is, with its currency: `$1,234.50`, `CHF 0.0125`."""
    sign = "¤" if currency in SYMBOLS else f"¤¤{NO_BREAK}"
    return _written(_pattern(sign, shown_decimals(currency)), value, currency)


def credits(value: Credits, unit: CreditUnit) -> str:  # noqa: A001  # the word of the product
    """Return the credits with their unit, exact: `$3,284.62`, `1,000,000 tokens`."""
    if unit.is_currency:
        return amount(value.units, unit.name)
    is_one = abs(value.units) == 1
    return f"{number(value.units)}{NO_BREAK}{one(unit.words) if is_one else unit.words}"


def read(text: str, field: Field) -> Decimal | None:
    """Read a number that was typed on a page, in the marks in which the page writes them; None for nothing."""
    return typed_numbers.read(text, field, MARKS)


@lru_cache(REMEMBERED)
def day(value: date) -> str:
    """Return the day: `21 Nov 2026`."""
    return format_date(value, "d MMM y", locale=LOCALE)


@lru_cache(REMEMBERED)
def short_day(value: date) -> str:
    """Return the day without its year: `1 Nov`."""
    return format_date(value, "d MMM", locale=LOCALE)


def time(value: datetime) -> str:
    """Return the time of day to the minute, in UTC: `09:05 UTC`."""
    return f"{format_time(value.astimezone(UTC).time(), 'HH:mm', locale=LOCALE)} UTC"


def moment(value: datetime) -> str:
    """Return the moment to the minute, in UTC: `21 Nov 2026, 09:41 UTC`."""
    return f"{day(value.astimezone(UTC).date())}, {time(value)}"


def _written(pattern: NumberPattern, value: Decimal, currency: str | None = None) -> str:
    number = value or Decimal()  # minus zero is zero
    return str(pattern.apply(number, LOCALE, currency, currency_digits=False, decimal_quantization=False))


@lru_cache
def _pattern(sign: str, decimals: int) -> NumberPattern:
    digits = f"{sign}#,##0{'.' if decimals else ''}{'0' * decimals}"
    return parse_pattern(f"{digits};{MINUS}{digits}")
