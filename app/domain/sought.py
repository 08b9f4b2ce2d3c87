"""An amount that somebody looks for in a list: what is shown as that amount matches, with the decimals that it has."""

from dataclasses import dataclass
from decimal import Decimal

FINEST = 6
"""Credits have so many decimals."""


@dataclass(frozen=True)
class SoughtAmount:
    """The micros from `low` up to `high`, without it, that are shown as the amount; sign 0: whatever went or came."""

    low: int
    high: int
    sign: int = 0


def sought(value: Decimal, decimals: int, sign: int = 0) -> SoughtAmount:
    """Return what is shown as the value with so many decimals, by the one rounding: half away from zero."""
    exact = int(abs(value).scaleb(FINEST))
    step = 10 ** max(0, FINEST - decimals)
    half = step // 2
    return SoughtAmount(max(0, exact - half), exact + step - half, sign)
