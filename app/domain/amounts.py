"""Amounts as they are shown and written: the decimals of a unit, which way it is rounded, and the domain's own words.

What is left (a balance, what is available) is rounded down, so that no page shows it better than it is. Every other
amount is rounded by `money.divided`. Pages write both by `app.locale`, and keep the exact amount beside them.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from app.domain.currencies import exponent, shown_decimals
from app.domain.language import ENGLISH, current
from app.domain.money import Credits, Money, divided

MINUS = "\N{MINUS SIGN}"
WORD_JOINER = "\N{WORD JOINER}"
NO_BREAK = "\N{NO-BREAK SPACE}"
SYMBOLS = {
    "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$", "ILS": "₪", "VND": "₫",
    "CAD": "CA$", "AUD": "A$", "NZD": "NZ$", "HKD": "HK$", "MXN": "MX$", "TWD": "NT$",
}  # fmt: skip


GROUP = 3
"""So many digits stand between marks of thousands."""
_OPEN = re.compile(r"([1-9][0-9]{0,2})([.,])([0-9]{3})")


@dataclass(frozen=True)
class CreditUnit:
    """What a customer's credit is counted in: a currency, or something that the seller named, such as tokens."""

    name: str
    label: str = ""
    """A named unit as pages write it beside an amount; empty: as it is named."""

    @property
    def is_currency(self) -> bool:
        """Whether credit is money."""
        return is_currency(self.name)

    @property
    def words(self) -> str:
        """What stands beside an amount of it."""
        return self.label or self.name


def is_currency(unit: str) -> bool:
    """Say whether the unit of credit is a currency, such as USD, and no named unit, such as tokens."""
    return len(unit) == 3 and unit.isascii() and unit.isupper()


def decimals_of(unit: CreditUnit) -> int:
    """Return how many decimals an amount of the unit is shown with: the currency's; a named unit is shown whole."""
    return shown_decimals(unit.name) if unit.is_currency else 0


def digits_of(value: Credits | Money) -> Decimal:
    """Return the amount in whole units, exact."""
    return value.major if isinstance(value, Money) else value.units


def rounded(value: Credits | Money, decimals: int) -> Decimal:
    """Return the amount to so many decimals, half away from zero."""
    smallest, finer = _parts(value, decimals)
    return Decimal(divided(smallest, finer)).scaleb(-decimals)


def floored(value: Credits | Money, decimals: int) -> Decimal:
    """Return the amount to so many decimals, towards minus infinity: never more than it is."""
    smallest, finer = _parts(value, decimals)
    return Decimal(smallest // finer).scaleb(-decimals)


def finest(values: Iterable[Credits]) -> int:
    """Return how many decimals the finest of the amounts needs, so that all of them can be written with as many."""
    return max((counting(each.units) for each in values), default=0)


_write: list[Callable[[Credits | Money, CreditUnit], str]] = []


def register(write: Callable[[Credits | Money, CreditUnit], str]) -> None:
    """Let the amounts in sentences of other languages than English be written by this."""
    _write[:] = [write]


def money_words(value: Money) -> str:
    """Return the amount with its currency as a sentence of the current language has it: `$1,234.50`."""
    if _write and current() != ENGLISH:
        return _write[0](value, CreditUnit(value.currency))
    return in_currency(value.major, value.currency)


def credit_words(value: Credits, unit: CreditUnit) -> str:
    """Return the credit with its unit, every digit that counts: `$20.00`, `500,000 tokens`."""
    if _write and current() != ENGLISH:
        return _write[0](value, unit)
    if unit.is_currency:
        return in_currency(value.units, unit.name)
    sign = MINUS if value.micros < 0 else ""
    return f"{sign}{digits(abs(value.units), decimals_of(unit))} {unit.words}"


def in_currency(amount: Decimal, currency: str) -> str:
    """Return the amount, which may be finer than the currency is, with its currency: in English, also to be kept."""
    sign = MINUS if amount < 0 else ""
    symbol = SYMBOLS.get(currency, f"{currency}{NO_BREAK}")
    return f"{sign}{symbol}{digits(abs(amount), shown_decimals(currency))}"


def digits(amount: Decimal, decimals: int) -> str:
    """Return every digit that counts, and at least `decimals` after the point."""
    whole, _, rest = f"{abs(amount):,f}".partition(".")
    rest = rest.rstrip("0").ljust(decimals, "0")
    sign = MINUS if amount < 0 else ""
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"


def _parts(value: Credits | Money, decimals: int) -> tuple[int, int]:
    """Return the amount in whole smallest parts, and how many of them make one of the last decimal shown."""
    kept = exponent(value.currency) if isinstance(value, Money) else 6
    smallest = value.amount_minor if isinstance(value, Money) else value.micros
    if decimals > kept:
        return smallest * int(10 ** (decimals - kept)), 1
    return smallest, int(10 ** (kept - decimals))


def two_readings(number: str) -> tuple[str, Decimal, Decimal] | None:
    """Return the one mark of the number, and the number with that mark between thousands and before decimals.

    `1,250` is more than a thousand to one person, and a bit more than one to another; None: it is read in one way.
    """
    found = _OPEN.fullmatch(number)
    return (found[2], Decimal(found[1] + found[3]), Decimal(f"{found[1]}.{found[3]}")) if found else None


def decimals_to_type(value: Decimal, written: int) -> int:
    """Return how many decimals the number is typed with at least, so that it is read in one way.

    `written` is how many its unit has: of three, each number has three, and nobody takes its mark for one of thousands.
    """
    return GROUP + 1 if written != GROUP and counting(value) == GROUP and 1 <= abs(value) < 1000 else written


def counting(value: Decimal) -> int:
    """Return how many decimals of the number count."""
    return max(0, -int(value.normalize().as_tuple().exponent))
