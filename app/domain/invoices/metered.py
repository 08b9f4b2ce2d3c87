"""What the line of a meter says beside its amount: how many units, the price of one, and how the price comes about.

A quantity at a price is said only where it comes to the line's amount, to the cent: whoever checks the invoice by hand
finds what it says.
"""

from dataclasses import dataclass
from decimal import Decimal

from app.domain.amounts import in_currency
from app.domain.invoices.e_invoice import product
from app.domain.money import MICROS, Money, divided
from app.domain.rating import Tariff
from app.domain.units import one, quantity


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
    taxed = ", tax included" if inclusive else ""
    if len(tariff.steps) > 1:
        return _in_steps(tariff, counted, micros, net.currency, taxed)
    meter, price = tariff.meter, tariff.steps[0][0]
    if price <= 0:
        return Metered()
    units, each = divided(micros * meter.per, price), _each(price, meter.per)
    at = f"at {_price(tariff, price, net.currency)}{taxed}"
    comes_to_it = each is not None and product(units, each, 1, net.currency) == net
    if units and (comes_to_it or units * price == micros * meter.per):
        return Metered(units, each if comes_to_it else None, f"{_beyond(tariff, units)} {at}")
    return Metered(words=at)  # a part of a unit, such as the seat at which the balance fell below zero


def _in_steps(tariff: Tariff, counted: Counted, micros: int, currency: str, taxed: str) -> Metered:
    """Return the steps in words. Units are said where all of them are asked for: a part has no place in the steps."""
    units, said, before = max(0, counted.quantity - tariff.allowance), list[str](), 0
    for price, up_to in tariff.steps:
        at = _price(tariff, price, currency)
        said.append(f"{before + 1:,} to {up_to:,} at {at}" if up_to is not None else f"from {before + 1:,} on at {at}")
        before = up_to or before
    is_all = micros == counted.micros
    words = f"{'' if is_all else 'of '}{_beyond(tariff, units)} ({'; '.join(said)}{taxed})"
    return Metered(units if is_all and units else 1, None, words)


def _beyond(tariff: Tariff, units: int) -> str:
    words = quantity(units, tariff.meter.unit)
    return f"{words} beyond the {tariff.allowance:,} of the plan" if tariff.allowance else words


def _price(tariff: Tariff, micros: int, currency: str) -> str:
    meter = tariff.meter
    per = one(meter.unit) if meter.per == 1 else quantity(meter.per, meter.unit)
    return f"{in_currency(Decimal(micros) / MICROS, currency)} per {per}"


def _each(micros: int, per: int) -> Decimal | None:
    """Return the price of one, exact; None where it has no end, as a third has none."""
    exactly = Decimal(micros) / (MICROS * per)
    return exactly.normalize() if exactly * MICROS * per == micros else None
