"""Quantities with their unit, as people write them: one of a thing is in the singular, many bytes are gigabytes."""

import re
from decimal import Decimal
from itertools import count

from app.domain.money import divided

_ENDINGS = (
    (re.compile(r"[a-z]ies$"), 3, "y"),
    (re.compile(r"(ch|sh|ss|x|z)es$"), 2, ""),
    (re.compile(r"[a-z][^sui\W]s$"), 1, ""),
)
BYTES = ("bytes", "kB", "MB", "GB", "TB", "PB")
"""Units of which a thousand make the next one."""
_SPELLED = {"b": 0, "byte": 0, "bytes": 0, "kb": 1, "mb": 2, "gb": 3, "tb": 4, "pb": 5}


def quantity(value: int, unit: str = "") -> str:
    """Return the quantity with its unit: `41,200 users`, `1 user`, `1 MB`."""
    return f"{value:,} {one(unit) if value == 1 else unit}".strip()


def one(unit: str) -> str:
    """Return the unit for one of it. Catalogs name units in the plural; what does not look like it stays as it is."""
    for ending, length, instead in _ENDINGS:
        if ending.search(unit):
            return unit[:-length] + instead
    return unit


def readable(value: int, unit: str, *, is_left: bool = False) -> tuple[Decimal, str]:
    """Return the quantity in a unit that reads well, with at most one decimal: 20.4 GB for 20,412 MB.

    What is left is rounded down: it is never shown better than it is.
    """
    place = _SPELLED.get(unit.casefold())
    if place is None:
        return Decimal(value), unit
    steps = _steps(value, place)
    if not steps:
        return Decimal(value), unit
    shown = Decimal(value * 10 // 1000**steps).scaleb(-1) if is_left else _scaled(value, steps, 1)
    return _plain(shown), BYTES[place + steps]


def readable_of(value: int, basis: int, unit: str) -> tuple[Decimal, Decimal, str]:
    """Return the quantity and what it is measured against, both in the unit that reads well for the latter.

    What is neither nothing nor all of it is never shown so: it gets the decimals that distinguish them.
    """
    place = _SPELLED.get(unit.casefold())
    if place is None or not (steps := _steps(basis, place)):
        return Decimal(value), Decimal(basis), unit
    # Three decimals for each step are exact: no search goes on beyond them.
    fine = next(n for n in count(1) if _is(_scaled(basis, steps, n), basis, steps))
    whole = _scaled(basis, steps, fine)
    shown = (_scaled(value, steps, n) for n in count(fine))
    used = next(each for each in shown if _is(each, value, steps) or each not in {whole, 0})
    return _plain(used), _plain(whole), BYTES[place + steps]


def _steps(value: int, place: int) -> int:
    """Return how many times a thousand of the unit make one of the next, as long as one of it is there."""
    return min(max(0, (len(str(abs(value))) - 1) // 3), len(BYTES) - 1 - place)


def _scaled(value: int, steps: int, decimals: int) -> Decimal:
    finer = divided(value * 10**decimals, 1000**steps)
    return Decimal(finer).scaleb(-decimals)


def _plain(value: Decimal) -> Decimal:
    """Return the number without decimals that say nothing: 50 for 50.0."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def _is(shown: Decimal, value: int, steps: int) -> bool:
    return shown.scaleb(3 * steps) == value
