"""Randomized crash runs: processes die, answers and webhooks get lost, and every order is charged at most once.

The seed is printed when the tests begin; `CRASH_SEED=… make test ARGS="-k crash_runs"` plays the same plans again.
"""

import os
from collections.abc import Callable

import pytest

from app.config import Settings
from tests.reference import naive_portal
from tests.support import cast, tiers
from tests.support.crash_plan import WORLDS, World, calm, draw
from tests.support.crash_player import played
from tests.support.databases import Database

BATCH = 15
SAMPLE = {0: range(1, 4), 1: range(4, 5)}
"""The runs of a process in `make test`: the two, the dear one on PostgreSQL with one of them, take each of the `WORLDS`."""
WHOLE = [("sqlite", batch) for batch in range(12)] + [("postgresql", batch) for batch in range(12, 14)]
BATCHES = tiers.sample_of([("sqlite", 0), ("postgresql", 1)], proof=WHOLE)
NAIVE_RUNS = 30
Counts = Callable[[str, object], None]
"""Adds to the counts of `make proof`."""
SIMPLE = World("gateway", ("visa", "visa", "poor"), ("buy", "buy", "work"))


@pytest.mark.parametrize(("database", "batch"), BATCHES, indirect=["database"])
def test_whatever_dies_and_gets_lost_every_order_is_charged_at_most_once_and_credited_exactly_once(
    database: Database, settings: Settings, catalog: str, batch: int, record_property: Counts
) -> None:
    cast.apply_catalog("platform")
    seed = os.environ["CRASH_SEED"]
    numbers = range(batch * BATCH, (batch + 1) * BATCH) if tiers.whole() else SAMPLE[batch]
    plans = [draw(seed, number, WORLDS[number % len(WORLDS)]) for number in numbers]
    runs = played(settings, "purser", plans)
    assert [run for run in runs if run["wrong"]] == [], f"CRASH_SEED={seed}"
    assert len(runs) == len(numbers)
    record_property("crash runs", len(runs))
    fewest = tiers.sample_of(0, proof=BATCH // 2)  # of three runs it may happen that nobody gets as far as their kill
    assert sum(len(run["died"]) for run in runs) >= fewest, "hardly anybody died: these runs prove nothing"


@pytest.mark.proof
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("portal", "found"),
    [
        ("fresh_key", "an order was charged twice"),
        ("row_after", "charged and received differ"),
        ("timeout_is_failure", "charged and received differ"),
        ("credits_what_was_asked", "charged and received differ"),
    ],
)
def test_the_runs_find_what_is_wrong_with_a_naive_portal(
    database: Database, settings: Settings, catalog: str, portal: str, found: str
) -> None:
    calmly = played(settings, portal, [calm(number, SIMPLE) for number in range(3)])
    assert [run["wrong"] for run in calmly] == [""] * 3, "without misfortune it is right"
    plans = [draw("naive", number, SIMPLE) for number in range(NAIVE_RUNS)]
    runs = played(settings, portal, plans, until=found)
    assert found in runs[-1]["wrong"], runs


def test_every_naive_portal_is_tried() -> None:
    assert set(naive_portal.PORTALS) == {"fresh_key", "row_after", "timeout_is_failure", "credits_what_was_asked"}
