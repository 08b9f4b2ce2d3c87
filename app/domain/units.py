"""Quantities with their unit, as people write them: one of a thing is in the singular."""

import re

_ENDINGS = (
    (re.compile(r"[a-z]ies$"), 3, "y"),
    (re.compile(r"(ch|sh|ss|x|z)es$"), 2, ""),
    (re.compile(r"[a-z][^sui\W]s$"), 1, ""),
)


def quantity(value: int, unit: str = "") -> str:
    """Return the quantity with its unit: `41,200 users`, `1 user`, `1 MB`."""
    return f"{value:,} {one(unit) if value == 1 else unit}".strip()


def one(unit: str) -> str:
    """Return the unit for one of it. Catalogs name units in the plural; what does not look like it stays as it is."""
    for ending, length, instead in _ENDINGS:
        if ending.search(unit):
            return unit[:-length] + instead
    return unit
