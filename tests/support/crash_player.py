"""Plans played in a prepared process, from a test."""

import json
import os
import random
from dataclasses import replace
from typing import Any

from app.config import Settings
from tests.support import programs, tiers
from tests.support.crash_plan import MINUTE, Kill, Plan, Step, Wave, to_json
from tests.support.databases import environment

PATIENCE = 600
NOTHING: dict[str, Any] = {"charged": [], "states": []}
PAID: dict[str, Any] = {"charged": [2500], "states": ["succeeded"]}
GIVEN_UP: dict[str, Any] = {"charged": [], "states": ["canceled"]}
REFUSED: dict[str, Any] = {"charged": [], "states": ["failed"]}
BACK: dict[str, Any] = {"charged": [2500], "states": ["refunded"]}
WORK = Step("work")


def played(settings: Settings, portal: str, plans: list[Plan], *, until: str = "") -> list[dict[str, Any]]:
    """Play the plans in a prepared process, up to one that goes wrong in these words; return what came of each."""
    work = json.dumps({"portal": portal, "plans": [to_json(plan) for plan in plans], "until": until})
    program = programs.run("tests.programs.crash_runs", env=environment(settings), said=work, timeout=PATIENCE)
    assert program.returncode == 0, program.said[-8000:]
    if portal == "purser":
        assert "Traceback" not in program.said, program.said[-16000:]
    return [json.loads(line) for line in program.said.splitlines() if line.startswith("{")]


def drawn(settings: Settings, kills: tuple[Kill, ...]) -> tuple[Kill, ...]:
    """Return the points to be killed at: one of them, and in `make proof` on SQLite all of them.

    Which one, is drawn from the seed that the tests print: every run tries another.
    """
    if tiers.whole() and not settings.on_postgresql:
        return kills
    return (random.Random(f"{os.environ['CRASH_SEED']}:{kills}").choice(kills),)  # noqa: S311  # replayed, not secret


def killed(
    settings: Settings,
    step: Step,
    *kills: Kill,
    before: tuple[Step, ...] = (),
    after: tuple[Step, ...] = (),
    catalog: str = "gateway",
) -> list[dict[str, Any]]:
    """Let the step be killed at these kill_points, as `drawn`, each time for another customer; return what came of each.

    Other steps come before and after it, in peace, each after the grace of a call on its way; then the worker runs.
    """
    kills = drawn(settings, kills)
    plans = [
        Plan(
            str(kill),
            tuple(Wave(3 * MINUTE, (each,)) for each in (*before, replace(step, kill=kill), *after, WORK)),
            catalog,
        )
        for kill in kills
    ]
    runs = played(settings, "purser", plans)
    assert [run["wrong"] for run in runs] == [""] * len(kills)
    assert [run["died"] for run in runs] == [[f"{step.do} at {kill.what} {kill.at}"] for kill in kills], "not killed"
    return runs


def ends(runs: list[dict[str, Any]], when: str = "recovered") -> list[dict[str, Any]]:
    """Return how the runs stood after the recovery, or after the forms were sent again."""
    return [run[when] for run in runs]
