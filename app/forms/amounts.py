"""Amounts as they are typed on pages: read as the pages write them, by one function (`domain/typed_numbers.py`)."""

from decimal import Decimal

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.currencies import exponent, shown_decimals
from app.domain.errors import Refused
from app.domain.money import Credits, Money
from app.domain.spend_management import MOST, out_of_bounds
from app.domain.typed_numbers import Field, signs

EIGHTY = Decimal(80)


def money(text: str, currency: str, name: str = "amount") -> Money:
    """Return the amount that was typed, also below zero, or refuse it beside its field. Its bounds are the caller's."""
    decimals = exponent(currency)
    example = "25" if shown_decimals(currency) == 0 else f"25{locale.MARKS.decimal}{'0' * decimals}"
    many = "no decimals" if decimals == 0 else f"at most {decimals} decimals"
    field = Field(
        name,
        decimals,
        signs(CreditUnit(currency)),
        too_fine=f"An amount in {currency} has {many}, such as {example}.",
    )
    value = locale.read(text, field)
    if value is None:
        raise Refused("Enter an amount.", f"{name}_missing", 422, name)
    return Money(int(value.scaleb(decimals)), currency)


def credits(text: str, name: str, unit: CreditUnit) -> Credits | None:  # noqa: A001  # the word of the product
    """Return the limit or threshold that was typed, None for nothing, or refuse it beside its field."""
    value = locale.read(text, Field(name, 6, signs(unit), too_fine="An amount has at most six decimals."))
    if value is None:
        return None
    if value < 0 or value > MOST.units:
        raise out_of_bounds(name)
    return Credits(int(value.scaleb(6)))


def whole(text: str, name: str, unit: str) -> int | None:
    """Return the whole number that was typed, None for nothing, or refuse it; the unit may stand beside it."""
    words = "Enter a whole number in digits, such as 80."
    value = locale.read(text, Field(name, 0, (unit,), too_fine=words, what="a whole number", example=EIGHTY))
    return None if value is None else int(value)
