"""Whatever happened, each figure is what its rows come to, added up by another way than the one that gave it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app import clock
from app.domain.errors import Refused
from app.domain.money import MICROS, Credits
from app.models.scope import as_customer
from app.services import jobs
from app.services.balance import history
from app.services.balance.history import HistoryQuery
from app.services.ledger import corrections
from app.services.usage import recording
from tests.services.authorizations.test_both_ways_agree import BEGIN, STEPS, Side, metered
from tests.support import tiers
from tests.support.meters import accept_one
from tests.support.second_path import differing

_names = count(1)
MORE = st.one_of(
    STEPS,
    STEPS,
    st.tuples(st.just("record"), st.integers(1, 20)),
    st.tuples(st.just("correct"), st.integers(0, 3)),
    st.tuples(st.just("seen"), st.integers(1, 6)),
    st.tuples(st.just("value"), st.sampled_from(["storage", "peak"]), st.integers(0, 50)),
    st.tuples(st.just("work")),
    st.tuples(st.just("wait"), st.sampled_from([59, 3_601, 86_400, 32 * 86_400])),
)


class Lived(Side):
    """A customer to whom more happens than asking: direct use, corrections, other kinds of meters, and the jobs."""

    def lives(self, step: tuple[Any, ...], number: int) -> object:
        match step:
            case ("record", tenths):
                micros = Credits(tenths * MICROS // 10)
                return recording.record(self.id, key=f"use-{number}", credits=micros, description="Requests").amount
            case ("correct", which):
                with as_customer(self.id):
                    rows = history.history(replace(HistoryQuery(limit=50), kind="usage")).entries
                if which < len(rows):
                    corrections.correct(rows[which].id, by="support", reason="Counted twice")
                return None
            case ("seen", who):
                return accept_one(self.id, id=f"event-{number}", meter="users", subject=f"user-{who}")
            case ("value", meter, units):
                return accept_one(self.id, id=f"event-{number}", meter=meter, quantity=units)
            case ("work",):
                jobs.run_due()
                return None
        return super().lives(step, number)


def live(app: Flask, steps: Sequence[tuple[Any, ...]], look_each: int = 1) -> None:
    """Let the steps happen, and look at every figure after each, or after so many, and at the end."""
    moment, name = BEGIN, f"Lived{next(_names)}"
    with clock.at(moment):
        side = Lived(app, name, metered)
        side.does(("grant", 5, None), 0)
    for number, step in enumerate(steps, 1):
        moment += timedelta(milliseconds=1)  # no two reports arrive at one microsecond
        if step[0] == "wait":
            moment += timedelta(seconds=step[1])
        elif step[0] not in {"again", "capture", "release"} or step[1] < len(side.holds):
            with clock.at(moment), suppress(Refused):
                side.does(step, number)
        if number % look_each == 0 or number == len(steps):
            with clock.at(moment):
                assert differing(side.id) == {}, (number, step)


LIFE = [
    ("plan", "paid"), ("limit", 4), ("report", "requests", 5_000), ("ask", "requests", 900, False, 60),
    ("ask", "", MICROS, False, 86_400), ("record", 3), ("seen", 1), ("seen", 1), ("seen", 2), ("value", "storage", 9),
    ("value", "peak", 7), ("value", "storage", 4), ("ask", "runs", 1, True, 60), ("capture", 1, 300, True, ""),
    ("wait", 61), ("correct", 0), ("wait", 86_400), ("report", "hours", 130), ("work",), ("correct", 1),
    ("ask", "hours", 20, False, 86_400), ("wait", 20 * 86_400), ("ask", "hours", 20, False, 86_400),
    ("wait", 10 * 86_400), ("report", "requests", 40), ("standing", "suspended"), ("work",), ("wait", 32 * 86_400),
]  # fmt: skip


@pytest.mark.both_databases
def test_every_figure_is_what_its_rows_come_to(app: Flask) -> None:
    live(app, LIFE, tiers.sample_of(4, proof=1))


@settings(
    max_examples=tiers.sample_of(3, proof=150), deadline=None, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(st.lists(MORE, min_size=4, max_size=16))
@example(
    [("plan", "paid"), ("ask", "requests", 500, False, 60), ("wait", 61)]
)  # a hold that is over, and no job has seen it
@example([("plan", "paid"), ("report", "requests", 900), ("wait", 32 * 86_400)])  # a period that is over likewise
@example([("grant", 2, 1), ("report", "requests", 9_000), ("wait", 3_601)])  # credit that is over likewise
def test_after_each_step_of_any_history_every_figure_is_what_its_rows_come_to(
    app: Flask, steps: list[tuple[Any, ...]]
) -> None:
    live(app, steps)
