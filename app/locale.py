"""How numbers, amounts, days and times are written: by the CLDR data of Babel, in English until others are offered.

Babel rounds nothing here: `app.domain.currencies` says how many decimals a currency is shown with, and
`app.domain.amounts` rounds to them (docs/decisions/0017). `exact` and `price` write every digit that counts.
"""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
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

from app.domain import amounts, typed_numbers, units
from app.domain.addresses import formats
from app.domain.addresses.address import Address
from app.domain.amounts import MINUS, NO_BREAK, SYMBOLS, WORD_JOINER, CreditUnit
from app.domain.currencies import shown_decimals
from app.domain.errors import ensure
from app.domain.money import Credits, Money
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


def country(code: str) -> str:
    """Return what the country is called: `Germany`; its code where nobody knows."""
    return str(LOCALE.territories.get(code, code))


def address(given: Address) -> tuple[str, ...]:
    """Return the address as it is printed, the country's name last."""
    return (*given.lines(), country(given.country)) if given.country else given.lines()


@lru_cache(1)
def countries() -> list[tuple[str, str]]:
    """Return the codes and names of all countries that an address may be in, in the order of the names."""
    return sorted(((code, country(code)) for code in formats.countries()), key=lambda each: formats.folded(each[1]))


@lru_cache(REMEMBERED)
def number(value: Decimal, decimals: int = 0) -> str:
    """Return every digit that counts, and at least `decimals` of them after the point."""
    return _written(_pattern("", decimals), value)


@lru_cache(REMEMBERED)
def in_currency(value: Decimal, currency: str, decimals: int = 0) -> str:
    """Return the amount, every digit of it, with its currency: `$1,234.50`, `CHF 0.0125`; at least so many decimals."""
    sign = "¤" if currency in SYMBOLS else f"¤¤{NO_BREAK}"
    return _written(_pattern(sign, max(decimals, shown_decimals(currency))), value, currency)


def exact(value: Credits | Money, unit: CreditUnit | None = None, *, decimals: int = 0, sign: bool = False) -> str:
    """Return the amount with every digit that counts: `$3,284.62`, `$0.0000125`, `1,000,000 tokens`.

    Amounts that stand below each other are given the `decimals` of the finest, so that their points line up.
    """
    known, digits = _unit_of(value, unit), amounts.digits_of(value)
    return _signed(_with_unit(digits, known, decimals), digits, sign=sign)


def amount(value: Credits | Money, unit: CreditUnit | None = None, *, sign: bool = False) -> str:
    """Return the amount in the decimals of its unit, rounded half away from zero: `$3,284.62`, `<$0.01`."""
    known = _unit_of(value, unit)
    return _shown(amounts.rounded(value, amounts.decimals_of(known)), value, known, sign=sign)


def balance(value: Credits | Money, unit: CreditUnit | None = None) -> str:
    """Return what is left, in the decimals of its unit, rounded down: it is never shown better than it is."""
    known = _unit_of(value, unit)
    return _shown(amounts.floored(value, amounts.decimals_of(known)), value, known, sign=False)


def counted(value: int, unit: str = "") -> str:
    """Return the quantity as it was counted: `1 request`, `20,412 MB`."""
    return _joined(Decimal(value), unit)


def quantity(value: int, unit: str = "") -> str:
    """Return the quantity of a meter, easy to read: `581,484 requests`, `1 request`, `20.4 GB`."""
    return _joined(*units.readable(value, unit))


def quantity_left(value: int, unit: str = "") -> str:
    """Return how much is left of a meter, easy to read and rounded down: `29.5 GB`."""
    return _joined(*units.readable(value, unit, is_left=True))


def quantity_of(value: int, basis: int, unit: str = "") -> str:
    """Return the quantity against what there is of it, in one unit: `20.4 of 50 GB`, `1 of 5 users`."""
    used, all_of_it, words = units.readable_of(value, basis, unit)
    return f"{number(used)} of {_joined(all_of_it, words)}"


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


def time(value: datetime, zone: tzinfo = UTC) -> str:
    """Return the time of day to the minute in the zone, which stands beside it: `09:05 UTC`, `10:05 CET`."""
    there = value.astimezone(zone)
    return f"{format_time(there.time(), 'HH:mm', locale=LOCALE)} {_zone_name(there)}"


def moment(value: datetime, zone: tzinfo = UTC) -> str:
    """Return the moment to the minute in the zone: `21 Nov 2026, 09:41 UTC`."""
    return f"{day(value.astimezone(zone).date())}, {time(value, zone)}"


def _zone_name(there: datetime) -> str:
    """Return what the zone of the time is called then; one without a name is so much ahead of UTC or behind."""
    name, ahead = there.tzname() or "", there.utcoffset() or timedelta()
    if name.isalpha():
        return name
    hours, minutes = divmod(abs(int(ahead.total_seconds())) // 60, 60)
    return f"UTC{MINUS if ahead < timedelta() else '+'}{hours}{f':{minutes:02}' if minutes else ''}"


def _unit_of(value: Credits | Money, unit: CreditUnit | None) -> CreditUnit:
    known = CreditUnit(value.currency) if isinstance(value, Money) else unit
    ensure(known is not None, "credits without their unit")
    return known  # type: ignore[return-value]  # ensured above


def _shown(rounded: Decimal, value: Credits | Money, unit: CreditUnit, *, sign: bool) -> str:
    """Return the rounded amount; one that is not zero and would be shown as zero is less than the least shown."""
    if rounded or not amounts.digits_of(value):
        return _signed(_with_unit(rounded, unit), rounded, sign=sign)
    least = _with_unit(Decimal(1).scaleb(-amounts.decimals_of(unit)), unit)
    before = MINUS if amounts.digits_of(value) < 0 else "+" if sign else ""
    return f"{before}<{least}"


def _signed(written: str, value: Decimal, *, sign: bool) -> str:
    return f"+{written}" if sign and value > 0 else written


def _with_unit(value: Decimal, unit: CreditUnit, decimals: int = 0) -> str:
    if unit.is_currency:
        return in_currency(value, unit.name, decimals)
    return _joined(value, unit.words, decimals, NO_BREAK)


def _joined(value: Decimal, unit: str, decimals: int = 0, space: str = " ") -> str:
    written = number(value, decimals)
    return f"{written}{space}{one(unit) if abs(value) == 1 else unit}" if unit else written


def _written(pattern: NumberPattern, value: Decimal, currency: str | None = None) -> str:
    number = value or Decimal()  # minus zero is zero
    return str(pattern.apply(number, LOCALE, currency, currency_digits=False, decimal_quantization=False))


@lru_cache
def _pattern(sign: str, decimals: int) -> NumberPattern:
    digits = f"{sign}#,##0{'.' if decimals else ''}{'0' * decimals}"
    return parse_pattern(f"{digits};{MINUS}{digits}")


_SIGN = re.compile(f"(?<=[^>]{MINUS})(?=[{''.join(sorted(each for each in SYMBOLS.values() if len(each) == 1))}])")


def unbroken(html: str) -> str:
    """Return the page so that no line ends between a minus sign and its currency, where one may: `−$5.00`.

    A figure of its own is kept on its line by its style, and is copied as it stands; this is for amounts in sentences.
    Mails and files need it not.
    """
    return _SIGN.sub(WORD_JOINER, html)


def before_stop(name: str) -> str:
    """Return a name as it stands before a full stop: one that ends with its own ends the sentence with it."""
    return name.removesuffix(".")
