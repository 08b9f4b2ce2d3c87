"""How the lines of a document are shown: what was sold, how many, the price of one, and the amount before tax."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app import locale
from app.domain.invoices.lines import Line
from app.domain.language import _
from app.domain.money import Money
from app.models.documents import DocumentLine

METERED = frozenset({"usage", "overage"})
"""The kinds of lines whose one is no quantity: their units are said, or nobody can say them."""


@dataclass(frozen=True)
class LineRow:
    """A line in words. Quantity and unit price are empty where there are none to say."""

    description: str
    quantity: str
    unit_price: str
    net: Money


def day_of_rates(lines: Sequence[DocumentLine | Line], sold_on: date) -> tuple[str, date]:
    """Return the day whose tax rates hold, and what it is called: of the sale, or of a billing period the last."""
    last = max((line.ends_on for line in lines if line.ends_on), default=None)
    return (_("Day of the sale"), sold_on) if last is None else (_("Tax rates of"), last)


def rows(lines: Sequence[DocumentLine], currency: str) -> list[LineRow]:
    """Return the lines of a document, in their order."""
    return [
        LineRow(line.description, _quantity(line), _price(line, currency), Money(line.net_minor, currency))
        for line in lines
    ]


def _quantity(line: DocumentLine) -> str:
    is_said = line.unit_price or line.quantity != 1 or line.kind not in METERED
    return locale.whole(line.quantity) if is_said else ""


def _price(line: DocumentLine, currency: str) -> str:
    """Return the price of one with as many decimals as it has."""
    return locale.in_currency(Decimal(line.unit_price), currency) if line.unit_price else ""
