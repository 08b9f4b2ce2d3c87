"""How amounts are written in the domain's own sentences and descriptions. Pages have `app.locale` for it."""

from dataclasses import dataclass
from decimal import Decimal

from app.domain.currencies import shown_decimals
from app.domain.money import Money

MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"
SYMBOLS = {
    "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$", "ILS": "₪", "VND": "₫",
    "CAD": "CA$", "AUD": "A$", "NZD": "NZ$", "HKD": "HK$", "MXN": "MX$", "TWD": "NT$",
}  # fmt: skip


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


def money_words(value: Money) -> str:
    """Return the amount with its currency: `$1,234.50`."""
    return in_currency(value.major, value.currency)


def in_currency(amount: Decimal, currency: str) -> str:
    """Return the amount, which may be finer than the currency is, with its currency."""
    sign = MINUS if amount < 0 else ""
    symbol = SYMBOLS.get(currency, f"{currency}{NO_BREAK}")
    return f"{sign}{symbol}{digits(abs(amount), shown_decimals(currency))}"


def digits(amount: Decimal, decimals: int) -> str:
    """Return every digit that counts, and at least `decimals` after the point."""
    whole, _, rest = f"{abs(amount):,f}".partition(".")
    rest = rest.rstrip("0").ljust(decimals, "0")
    sign = MINUS if amount < 0 else ""
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"
