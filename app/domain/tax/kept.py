"""How a purchase is taxed, as text: it is kept with its order, and travels with the payment at the processor.

So the document of a payment says what was decided when it was ordered, whatever has changed by the time it is paid.
"""

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from app.domain.errors import Broken
from app.domain.money import Money
from app.domain.tax.prices import Price
from app.domain.tax.treatment import Category, Reason, Treatment, tax_within

KEY = "tax"
"""Where the processor's metadata carries it."""
PIECE = 500
"""So long is a value of the processor's metadata at most."""
_WORDS = {"name": 400, "country": 5, "buyer_number": 60, "seller_number": 400}


def written(treatment: Treatment, tax: Money) -> str:
    """Return the treatment and the tax that follows from it as text; the same is always the same text."""
    said = {
        "category": treatment.category.value,
        "percent": format(treatment.percent.normalize(), "f"),
        "name": treatment.name,
        "country": treatment.country,
        "reason": treatment.reason.value,
        "buyer_number": treatment.buyer_number,
        "seller_number": treatment.seller_number,
        "tax_minor": tax.amount_minor,
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def read(text: str, net: Money) -> tuple[Treatment, Price] | None:
    """Return what the text says of a purchase for `net`; None where it says nothing that can be kept."""
    try:
        said = json.loads(text)
        tax_minor, percent = said.pop("tax_minor"), Decimal(said.pop("percent"))
        words = all(isinstance(said[key], str) and len(said[key]) <= most for key, most in _WORDS.items())
        category, reason = Category(said.pop("category")), Reason(said.pop("reason"))
        treatment = Treatment(category=category, percent=percent, reason=reason, **said)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, InvalidOperation, Broken):
        return None
    fits = type(tax_minor) is int and 0 <= tax_minor <= net.amount_minor and 0 <= percent <= 100
    if not (words and fits) or (tax_minor and category is not Category.STANDARD):
        return None
    return treatment, Price(net, Money(tax_minor, net.currency))


def of_payment(text: str, net_minor: int | None, asked: Money, received: Money) -> tuple[Treatment, Price] | None:
    """Return how a payment that is asked for or received splits into price and tax; None where it carries none said.

    Of another amount than was asked for the tax is what is in it.
    """
    ordered = read(text, Money(net_minor, asked.currency)) if net_minor is not None and text else None
    if ordered is None or received.amount_minor in {0, asked.amount_minor}:
        return ordered
    tax = tax_within(received, ordered[0].percent)
    return ordered[0], Price(received - tax, tax)


def in_pieces(text: str) -> dict[str, str]:
    """Return the text in values that the processor's metadata takes: a tax may have a long name."""
    pieces = [text[place : place + PIECE] for place in range(0, len(text), PIECE)]
    return {_key(number): piece for number, piece in enumerate(pieces, 1)}


def joined(value: Callable[[str], str]) -> str:
    """Return the text that the metadata carries, whose values `value` returns; nothing where it carries none."""
    found, number = "", 1
    while piece := value(_key(number)):
        found, number = found + piece, number + 1
    return found


def _key(number: int) -> str:
    return KEY if number == 1 else f"{KEY}_{number}"
