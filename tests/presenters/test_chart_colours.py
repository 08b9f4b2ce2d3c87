"""The colours of charts: 3:1 against the card in both themes, and apart for readers who see some colours badly."""

import re
from itertools import combinations, pairwise

import pytest

from tests.architecture.source import APP

SHEETS = "".join((APP / "static" / name).read_text() for name in ("portal.css", "charts.css"))
SERIES = ("accent", "chart-2", "chart-3", "chart-4", "chart-5", "chart-rest")
Colour = tuple[float, float, float]
# Machado, Oliveira and Fernandes 2009, severity 1: how a colour is seen without one of the three kinds of cones.
SIGHTS = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def colour(token: str, theme: int) -> Colour:
    """Return a token's colour in linear light."""
    found = re.search(rf"--{token}:\s*light-dark\((#\w{{6}}), (#\w{{6}})\)", SHEETS)
    assert found, token
    return tuple(_linear(int(found[theme + 1][at : at + 2], 16) / 255) for at in (1, 3, 5))  # type: ignore[return-value]


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def contrast(one: Colour, other: Colour) -> float:
    low, high = sorted(0.2126 * each[0] + 0.7152 * each[1] + 0.0722 * each[2] for each in (one, other))
    return (high + 0.05) / (low + 0.05)


def distance(one: Colour, other: Colour, sight: str) -> float:
    """Return how far apart two colours are to that sight, in hundredths of Oklab."""
    return 100 * sum((a - b) ** 2 for a, b in zip(_lab(one, sight), _lab(other, sight), strict=True)) ** 0.5


def _lab(of: Colour, sight: str) -> Colour:
    red, green, blue = (min(1.0, max(0.0, sum(a * b for a, b in zip(row, of, strict=True)))) for row in SIGHTS[sight])
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.793617785 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.428592205 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.808675766 * short,
    )


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_each_series_keeps_three_to_one_and_apart_from_the_others(theme: int) -> None:
    panel, series = colour("panel", theme), [colour(token, theme) for token in SERIES]
    assert all(
        contrast(each, panel) >= 3 for each in (*series, *(colour(f"{kind}-fill", theme) for kind in ("warn", "bad")))
    )
    for sight in SIGHTS:
        assert all(distance(one, other, sight) >= 14 for one, other in pairwise(series)), sight
        assert all(distance(one, other, sight) >= 6.5 for one, other in combinations(series, 2)), sight
