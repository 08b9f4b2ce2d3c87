"""Two years of each example catalog by the clock: every invariant after each day, every invoice reckoned a second time."""

import ast
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from tests.reference import two_years
from tests.support import tiers
from tests.support.two_years_story import BEGINS, Story

Counts = Callable[[str, object], None]
SAMPLE = {
    "analytics": BEGINS,
    "gateway": datetime(2027, 10, 20, 13, 5, 7, tzinfo=UTC),
    "identity": datetime(2028, 2, 12, 6, 0, 0, tzinfo=UTC),
    "platform": datetime(2027, 3, 17, 23, 59, 59, tzinfo=UTC),
}
"""From when on a few weeks of each are a sample: a 31st, clocks that go back and forward, the leap day."""
WEEKS = timedelta(days=31)
LEAST_PAPERS = {"analytics": 150, "gateway": 120, "identity": 250, "platform": 250}
"""So many papers at least are compared. The gateway sells no plan, the analytics little but plans and packs."""


def test_the_second_calculator_imports_nothing_of_the_portal() -> None:
    for file in Path(two_years.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            named = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            named += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert [each for each in named if each.startswith(("app", "tests.support"))] == [], file.name


@pytest.mark.parametrize(("catalog", "begins"), SAMPLE.items())
def test_weeks_of_every_catalog_are_what_a_second_calculator_says(app: Flask, catalog: str, begins: datetime) -> None:
    world = Story(app, catalog, "sample", customers=2, begins=begins, until=begins + WEEKS).runs()
    assert world.papers > 0


@pytest.mark.proof
@pytest.mark.parametrize("catalog", SAMPLE)
@pytest.mark.parametrize("seed", range(tiers.sample_of(1, proof=3)))
def test_two_years_of_every_catalog_are_what_a_second_calculator_says(
    app: Flask, catalog: str, seed: int, record_property: Counts
) -> None:
    story = Story(app, catalog, str(seed), customers=10)
    world = story.runs()
    record_property("simulated days", world.days)
    record_property("simulated papers", world.papers)
    assert min(world.days, story.acts) > 500
    assert world.papers > LEAST_PAPERS[catalog]
