"""What the line of a meter says beside its amount: how many units, the price of one, and how the price comes about.

A quantity at a price is said only where it comes to the line's amount, to the cent: whoever checks the invoice by hand
finds what it says.
"""

from dataclasses import dataclass
from decimal import Decimal

from app.domain.invoices.e_invoice import product
from app.domain.invoices.written import in_currency, number, quantity
from app.domain.language import _
from app.domain.money import MICROS, Money, divided
from app.domain.rating import Tariff
from app.domain.units import one


@dataclass(frozen=True, slots=True)
class Metered:
    """What is said of the units: how many, the price of one where they have one, and both in words."""

    quantity: int = 1
    unit_price: Decimal | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a meter counted in a billing period, and what all of that cost, in micros."""

    quantity: int
    micros: int


def metered(tariff: Tariff, counted: Counted, micros: int, net: Money, *, inclusive: bool = False) -> Metered:
    """Return what a line says that asks `micros` of the meter's cost, which are `net` before tax.

    Nothing is said where the whole did not cost what the tariff says: prices have changed in the period.
    """
    if tariff.is_free or tariff.cost(counted.quantity) != counted.micros:
        return Metered()
    if len(tariff.steps) > 1:
        return _in_steps(tariff, counted, micros, net.currency, inclusive=inclusive)
    meter, price = tariff.meter, tariff.steps[0][0]
    if price <= 0:
        return Metered()
    units, each = divided(micros * meter.per, price), _each(price, meter.per)
    at = _price(tariff, price, net.currency)
    comes_to_it = each is not None and product(units, each, 1, net.currency) == net
    if units and (comes_to_it or units * price == micros * meter.per):
        said = _("{units} at {price}, tax included") if inclusive else _("{units} at {price}")
        return Metered(units, each if comes_to_it else None, said.format(units=_beyond(tariff, units), price=at))
    said = _("at {price}, tax included") if inclusive else _("at {price}")
    return Metered(
        words=said.format(price=at)
    )  # a part of a unit, such as the seat at which the balance fell below zero


def _in_steps(tariff: Tariff, counted: Counted, micros: int, currency: str, *, inclusive: bool) -> Metered:
    """Return the steps in words. Units are said where all of them are asked for: a part has no place in the steps."""
    units, said, before = max(0, counted.quantity - tariff.allowance), list[str](), 0
    for price, up_to in tariff.steps:
        begins, at = _whole(before + 1), _price(tariff, price, currency)
        if up_to is None:
            said.append(_("from {first} on at {price}", first=begins, price=at))
        else:
            said.append(_("{first} to {last} at {price}", first=begins, last=_whole(up_to), price=at))
        before = up_to or before
    is_all, steps = micros == counted.micros, "; ".join(said)
    steps = _("{steps}, tax included", steps=steps) if inclusive else steps
    words = _("{units} ({steps})") if is_all else _("of {units} ({steps})")
    words = words.format(units=_beyond(tariff, units), steps=steps)
    return Metered(units if is_all and units else 1, None, words)


def _beyond(tariff: Tariff, units: int) -> str:
    words, allowance = quantity(units, tariff.meter.unit), tariff.allowance
    return (
        _("{units} beyond the {allowance} of the plan", units=words, allowance=_whole(allowance))
        if allowance
        else words
    )


def _price(tariff: Tariff, micros: int, currency: str) -> str:
    meter = tariff.meter
    per = one(meter.unit) if meter.per == 1 else quantity(meter.per, meter.unit)
    return _("{price} per {unit}", price=in_currency(Decimal(micros) / MICROS, currency), unit=per)


def _whole(value: int) -> str:
    return number(Decimal(value))


def _each(micros: int, per: int) -> Decimal | None:
    """Return the price of one, exact; None where it has no end, as a third has none."""
    exactly = Decimal(micros) / (MICROS * per)
    return exactly.normalize() if exactly * MICROS * per == micros else None
