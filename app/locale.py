"""How numbers, amounts, days and times are written: by the CLDR data of Babel, in the language of the work under way.

Babel rounds nothing here: `app.domain.currencies` says how many decimals a currency is shown with, and
`app.domain.amounts` rounds to them (docs/decisions/0017). `exact` and `price` write every digit that counts.
"""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton
from babel.numbers import NumberPattern, format_decimal, get_decimal_symbol, get_group_symbol, parse_pattern

from app.domain import amounts, language, typed_numbers, units
from app.domain.addresses import formats
from app.domain.addresses.address import Address
from app.domain.amounts import MINUS, NO_BREAK, SYMBOLS, WORD_JOINER, CreditUnit
from app.domain.currencies import shown_decimals
from app.domain.errors import ensure
from app.domain.language import ENGLISH, RIGHT_TO_LEFT, _
from app.domain.money import Credits, Money
from app.domain.typed_numbers import Field, Marks
from app.domain.units import one

LENDERS = {"xx": "el"}
"""Which language of CLDR writes for one that it does not know: that of the tests."""
_MARK_LEFT, _MARK_RIGHT = "\N{LEFT-TO-RIGHT MARK}", "\N{RIGHT-TO-LEFT MARK}"
_DAY, _SHORT_DAY = "d MMM y", "d MMM"
"""English days, in our order; other languages write them in theirs."""
_FRENCH_FIRST = re.compile(r"\b1(?=(?:\u2013\d+)? [^\W\d])")
REMEMBERED = 10_000
"""So many amounts and days are kept in their written form: a page has the same ones many times."""


def _locale() -> Locale:
    """Return what CLDR knows of the current language."""
    return _known(language.current())


@lru_cache
def _known(name: str) -> Locale:
    return Locale(LENDERS.get(name, name))


def marks() -> Marks:
    """Return what the page's language writes in numbers. What a browser says of its reader's does not count."""
    return _marks(language.current())


@lru_cache
def _marks(name: str) -> Marks:
    return Marks(get_decimal_symbol(_known(name)), get_group_symbol(_known(name)))


def whole(value: int) -> str:
    """Return the whole number with its thousands apart: `41,200`."""
    return format_decimal(value, locale=_locale())


def country(code: str) -> str:
    """Return what the country is called: `Germany`; its code where nobody knows."""
    return str(_locale().territories.get(code, code))


def language_name(tag: str) -> str:
    """Return what the language is called in the current one: `German`, `allemand`; its tag where nobody knows."""
    return str(_locale().languages.get(tag, tag))


def part(code: str, name: str) -> str:
    """Return what a part of a country is called, which in English is the name: `Canary Islands`."""
    known = "" if language.current() == ENGLISH else _locale().territories.get(code, "")
    return str(known or _(name))


def address(given: Address) -> tuple[str, ...]:
    """Return the address as it is printed, the country's name last."""
    return (*given.lines(), country(given.country)) if given.country else given.lines()


@language.remembered(1)
def countries() -> list[tuple[str, str]]:
    """Return the codes and names of all countries that an address may be in, in the order of the names."""
    named = ((code, country(code)) for code in formats.countries())
    return sorted(named, key=lambda each: formats.folded(each[1]))


def number(value: Decimal, decimals: int = 0) -> str:
    """Return every digit that counts, and at least `decimals` of them after the point."""
    return _written(value, "", decimals, language.current())


def in_currency(value: Decimal, currency: str, decimals: int = 0) -> str:
    """Return the amount, every digit of it, with its currency: `$1,234.50`, `CHF 0.0125`; at least so many decimals.

    The sign is the same in every language, so that an amount that a page shows is read where it is typed.
    """
    return _written(value, currency, max(decimals, shown_decimals(currency)), language.current())


def at_axis(value: Decimal, currency: str, decimals: int = 0) -> str:
    """Return a step of an axis as short as it can be: `$4,000`; without a currency the number alone."""
    return _written(value, currency, decimals, language.current())


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
    used, all_of_it = parts_of(value, basis, unit)
    return _("{used} of {all}", used=used, all=all_of_it)


def parts_of(value: int, basis: int, unit: str = "") -> tuple[str, str]:
    """Return both parts of `quantity_of`: `20.4` and `50 GB`."""
    used, all_of_it, words = units.readable_of(value, basis, unit)
    return number(used), _joined(all_of_it, words)


def read(text: str, field: Field) -> Decimal | None:
    """Read a number that was typed on a page, in the marks in which its page wrote them; None for nothing."""
    return typed_numbers.read(text, field, _marks(language.typed()))


def day(value: date) -> str:
    """Return the day: `21 Nov 2026`."""
    return _day(value, _DAY, "yMMMd", language.current())


def short_day(value: date) -> str:
    """Return the day without its year: `1 Nov`."""
    return _day(value, _SHORT_DAY, "MMMd", language.current())


def month_name(value: date) -> str:
    """Return the month of the day without its year: `November`."""
    return format_date(value, "LLLL", locale=_locale())


def month(value: date) -> str:
    """Return the month of the day: `November 2026`."""
    return _day(value, "MMMM y", "yMMMM", language.current())


def span(first: date, last: date) -> str:
    """Return the days, both included, with the months in short: `1.–31. Okt. 2026`; the one day that they are."""
    if first == last:
        return day(first)
    return _first(str(format_interval(first, last, "yMMMd", locale=_locale())), language.current())


@lru_cache(REMEMBERED)
def _day(value: date, english: str, skeleton: str, name: str) -> str:
    if name == ENGLISH:
        return format_date(value, english, locale=_known(name))
    return _first(format_skeleton(skeleton, value, locale=_known(name)), name)


def _first(written: str, name: str) -> str:
    """Return the days as they are said: in French the first of a month is `1er déc. 2026`, which CLDR does not know."""
    return _FRENCH_FIRST.sub("1er", written) if name == "fr" else written


def time(value: datetime, zone: tzinfo = UTC) -> str:
    """Return the time of day to the minute in the zone, which stands beside it: `09:05 UTC`, `10:05 CET`."""
    there = value.astimezone(zone)
    return f"{there:%H:%M} {_zone_name(there)}"


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
    return _behind(f"{before}<", least)


def _signed(written: str, value: Decimal, *, sign: bool) -> str:
    return _behind("+", written) if sign and value > 0 else written


def _behind(before: str, written: str) -> str:
    """Return the amount with what stands before its number; from right to left marks keep it there, as a minus sign."""
    if language.current() not in RIGHT_TO_LEFT:
        return f"{before}{written}"
    return f"{_MARK_RIGHT}{_MARK_LEFT}{before}{written.removeprefix(_MARK_RIGHT)}"


def _with_unit(value: Decimal, unit: CreditUnit, decimals: int = 0) -> str:
    if unit.is_currency:
        return in_currency(value, unit.name, decimals)
    return _joined(value, unit.words, decimals, NO_BREAK)


def _joined(value: Decimal, unit: str, decimals: int = 0, space: str = " ") -> str:
    """Return a number and its unit; from right to left marks keep the unit behind it, as they do a currency's sign."""
    written, mark = number(value, decimals), _MARK_RIGHT if language.current() in RIGHT_TO_LEFT else ""
    return f"{mark}{written}{space}{mark}{one(unit) if abs(value) == 1 else unit}" if unit else written


@lru_cache(REMEMBERED)
def _written(value: Decimal, currency: str, decimals: int, name: str) -> str:
    number = value or Decimal()  # minus zero is zero
    pattern, locale = _pattern(currency, decimals, name), _known(name)
    return str(pattern.apply(number, locale, currency_digits=False, decimal_quantization=False))


@lru_cache
def _pattern(currency: str, decimals: int, name: str) -> NumberPattern:
    """Return the pattern of amounts in the currency: English has its sign before the number, others behind it.

    A minus sign stands before all. In Hebrew marks keep it and the currency's sign on their sides of the number.
    """
    digits = f"#,##0{'.' if decimals else ''}{'0' * decimals}"
    sign = SYMBOLS.get(currency, currency)
    if name == ENGLISH:
        written = f"{sign}{'' if currency in SYMBOLS else NO_BREAK}{digits}" if sign else digits
        return parse_pattern(f"{written};{MINUS}{written}")
    mark, before = (_MARK_RIGHT, _MARK_LEFT) if name in RIGHT_TO_LEFT else ("", "")
    written = f"{digits}{NO_BREAK}{mark}{sign}" if sign else digits
    return parse_pattern(f"{mark if sign else ''}{written};{mark if sign else ''}{before}{MINUS}{written}")


_SIGN = re.compile(
    f"{MINUS}(?<=[^>]{MINUS})(?=[{''.join(sorted(each for each in SYMBOLS.values() if len(each) == 1))}])"
)


def unbroken(html: str) -> str:
    """Return the page so that no line ends between a minus sign and its currency, where one may: `−$5.00`.

    A figure of its own is kept on its line by its style, and is copied as it stands; this is for amounts in sentences.
    Mails and files need it not. The sign comes first: it is found ten times as quickly as what lies around it.
    """
    return _SIGN.sub(MINUS + WORD_JOINER, html)


def before_stop(name: str) -> str:
    """Return a name as it stands before a full stop: one that ends with its own ends the sentence with it."""
    return name.removesuffix(".")


amounts.register(exact)  # in the domain's own sentences too
