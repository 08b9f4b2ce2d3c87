"""Amounts as they are typed on pages: read as the pages write them, by one function (`domain/typed_numbers.py`)."""

import re
from decimal import Decimal

from app import locale
from app.domain import language
from app.domain.amounts import GROUP, CreditUnit, decimals_of, decimals_to_type
from app.domain.currencies import exponent, shown_decimals
from app.domain.errors import Refused
from app.domain.language import _
from app.domain.money import Credits, Money
from app.domain.spend_management import MOST, out_of_bounds
from app.domain.typed_numbers import FINEST, PERCENTAGE, WHOLE, Field, SoughtAmount, missing, money_field, signs
from app.domain.typed_numbers import sought as find

EIGHTY = Decimal(80)
_OF_PROGRAMS = re.compile(r"[0-9]{1,12}\.([0-9]+)", re.ASCII)


def money(text: str, currency: str, name: str = "amount") -> Money:
    """Return the amount that was typed, also below zero, or refuse it beside its field. Its bounds are the caller's."""
    field = money_field(currency, name)
    value = locale.read(text, field)
    if value is None:
        raise missing(field)
    return Money(int(value.scaleb(field.decimals)), currency)


def typed(amount: Money) -> str:
    """Return the amount as its field shows it."""
    return number(amount.major, shown_decimals(amount.currency))


def number(value: Decimal, decimals: int = 0) -> str:
    """Return the number as its field shows it: as it is read there, without marks between thousands.

    With one more zero where its three decimals may be taken for thousands (docs/decisions/0064).
    """
    return locale.number(value, decimals_to_type(value, decimals)).replace(locale.marks().group, "")


def of_link(text: str, currency: str, written_in: str = "") -> str:
    """Return an amount that a link brings along as its field shows it: mails write it as programs do, `25.00`.

    A link may name the language of the page that wrote it.
    """
    if (given := language.offered(written_in)) and given != language.current():
        language.typed_in(given)
        try:
            amount = money(text, currency)
        except Refused:
            return text
        finally:
            language.typed_in("")
        return typed(amount)
    found = _OF_PROGRAMS.fullmatch(text)
    if found is None or locale.marks().decimal == "." or len(found[1]) > exponent(currency) or len(found[1]) == GROUP:
        return text
    return number(Decimal(text), shown_decimals(currency))


def credits(text: str, name: str, unit: CreditUnit) -> Credits | None:  # noqa: A001  # the word of the product
    """Return the limit or threshold that was typed, None for nothing, or refuse it beside its field."""
    value = locale.read(text, Field(name, 6, signs(unit), example_decimals=decimals_of(unit)))
    if value is None:
        return None
    if value < 0 or value > MOST.units:
        raise out_of_bounds(name)
    return Credits(int(value.scaleb(6)))


def percent(text: str, name: str) -> Decimal | None:
    """Return the percent that was typed, None where the text is none, or refuse it beside its field."""
    if not text.strip().endswith("%"):
        return None
    value = locale.read(text, Field(name, 2, ("%",), words=PERCENTAGE, example=EIGHTY))
    if value is None or not 0 < value <= 100:
        raise Refused(_("Enter a percentage above 0 and of at most 100."), f"{name}_out_of_bounds", 422, name)
    return value


def sought(text: str, unit: CreditUnit) -> SoughtAmount | None:
    """Return the amount that is looked for, None where the text is none; its sign counts where one was typed."""
    plus = text.startswith("+")
    try:
        value = locale.read(text[plus:], _sought(unit))
    except Refused:
        return None
    if value is None:
        return None
    typed = -int(value.as_tuple().exponent) if locale.marks().decimal in text else 0
    return find(value, max(decimals_of(unit), typed), -1 if value.is_signed() else int(plus))


def sought_problem(text: str, unit: CreditUnit) -> str:
    """Return the right form of what was meant as an amount to look for and is none; nothing for words."""
    if not text or any(each.isalpha() for each in text) or not any(each.isdigit() for each in text):
        return ""
    try:
        locale.read(text.removeprefix("+"), _sought(unit))
    except Refused as refused:
        return refused.sentence
    return ""


def _sought(unit: CreditUnit) -> Field:
    return Field("q", FINEST, signs(unit), example_decimals=decimals_of(unit), is_searched=True)


def whole(text: str, name: str, unit: str) -> int | None:
    """Return the whole number that was typed, None for nothing, or refuse it; the unit may stand beside it."""
    words = PERCENTAGE if unit == "%" else WHOLE
    value = locale.read(text, Field(name, 0, (unit,), words=words, example=EIGHTY))
    return None if value is None else int(value)
