"""Numbers, prices and days as the lines of a document write them, in the language of the work under way.

The domain writes English. Other languages are written from above, where CLDR is known.
"""

from datetime import date
from decimal import Decimal
from typing import Protocol

from app.domain import amounts, language, periods, units


class Writing(Protocol):
    """What writes in any language."""

    def number(self, value: Decimal, decimals: int = 0) -> str:
        """Return every digit that counts, and at least `decimals` of them after the point."""
        ...

    def in_currency(self, value: Decimal, currency: str) -> str:
        """Return the amount, every digit of it, with its currency."""
        ...

    def span(self, first: date, last: date) -> str:
        """Return the days, both included."""
        ...


_others: list[Writing] = []


def register(writing: Writing) -> None:
    """Let languages other than English be written by this."""
    _others[:] = [writing]


def _other() -> Writing | None:
    return _others[0] if _others and language.current() != language.ENGLISH else None


def number(value: Decimal, decimals: int = 0) -> str:
    """Return every digit that counts, and at least `decimals` of them after the point: `1,234.5`."""
    return other.number(value, decimals) if (other := _other()) else amounts.digits(value, decimals)


def in_currency(value: Decimal, currency: str) -> str:
    """Return the amount, which may be finer than the currency is: `$0.0000125`."""
    return other.in_currency(value, currency) if (other := _other()) else amounts.in_currency(value, currency)


def quantity(value: int, unit: str = "") -> str:
    """Return the quantity with its unit: `41,200 users`, `1 user`."""
    return f"{number(Decimal(value))} {units.one(unit) if value == 1 else unit}".strip()


def span(first: date, last: date) -> str:
    """Return the days in words, both included: `1–31 October 2026`, or `20 October 2026` where they are one."""
    return other.span(first, last) if (other := _other()) else periods.dated(first, last)


def day(value: date) -> str:
    """Return one day: `20 October 2026`."""
    return span(value, value)
