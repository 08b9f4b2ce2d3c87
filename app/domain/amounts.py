"""How amounts of a currency are written for people: on pages, in mails and in the descriptions of movements."""

from decimal import Decimal

from app.domain.money import Money, exponent

MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"
_SYMBOLS = {
    "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$", "ILS": "₪", "VND": "₫",
    "CAD": "CA$", "AUD": "A$", "NZD": "NZ$", "HKD": "HK$", "MXN": "MX$", "TWD": "NT$",
}  # fmt: skip


def money_words(value: Money) -> str:
    """Return the amount with its currency: `$1,234.50`."""
    return in_currency(value.major, value.currency)


def in_currency(amount: Decimal, currency: str) -> str:
    """Return the amount, which may be finer than the currency is, with its currency."""
    sign = MINUS if amount < 0 else ""
    symbol = _SYMBOLS.get(currency, f"{currency}{NO_BREAK}")
    return f"{sign}{symbol}{digits(abs(amount), exponent(currency))}"


def digits(amount: Decimal, decimals: int) -> str:
    """Return every digit that counts, and at least `decimals` after the point."""
    whole, _, rest = f"{abs(amount):,f}".partition(".")
    rest = rest.rstrip("0").ljust(decimals, "0")
    sign = MINUS if amount < 0 else ""
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"
