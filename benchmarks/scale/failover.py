"""The primary is killed under load and the replica promoted: what was lost, and how long nobody was served (D10)."""

import itertools
import time
from dataclasses import dataclass

from benchmarks.scale import proof
from benchmarks.scale.cast import Seed
from benchmarks.scale.load import Acknowledged, Answers, Calls, Clients
from benchmarks.scale.machines import Machines
from benchmarks.scale.proof import Compared

BEFORE, AFTER, APART = 4.0, 10.0, 1.0
"""Seconds of load before the primary dies and after another took its place, and that the line is cut before."""


@dataclass(frozen=True)
class Story:
    """How the two servers stand to each other, and what happens."""

    name: str
    synchronous: bool
    cut: bool
    """Whether nothing reaches the replica any more for a second before the primary dies."""


STORIES = (
    Story("synchronous", synchronous=True, cut=False),
    Story("synchronous-cut", synchronous=True, cut=True),
    Story("asynchronous", synchronous=False, cut=False),
    Story("asynchronous-cut", synchronous=False, cut=True),
)


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    compared: list[Compared]
    violations: list[str]
    promoted: float
    """Seconds from the kill until the replica took writes and PgBouncer led to it."""
    outage: dict[str, float]
    """Seconds from the kill, or from the cut where it stopped commits, until a call of the kind was acknowledged."""
    between: dict[str, float]
    """The longest that nothing of the kind was acknowledged."""
    again: int
    given_up: int
    refused: dict[str, int]


def played(machines: Machines, story: Story, seed: Seed) -> Outcome:
    """Play it."""
    calls, clients = Calls(story.name, seed.customers), Clients(machines.webs, seed.access)
    with clients.asking(calls.mixed) as answers:
        time.sleep(BEFORE)
        if story.cut:
            machines.cut_the_line()
            time.sleep(APART)
        killed = time.monotonic()
        machines.kill_the_primary()
        machines.fail_over()
        promoted = time.monotonic() - killed
        time.sleep(AFTER)
    new = machines.replica.cluster
    return Outcome(
        compared=proof.compared(machines, new, answers),
        violations=proof.violations(machines, new),
        promoted=promoted,
        outage={kind: _after(answers.of(kind), killed) for kind in _kinds(answers)},
        between={kind: _longest(answers.of(kind)) for kind in _kinds(answers)},
        again=sum(each.tries > 1 for each in answers.acknowledged),
        given_up=len(answers.given_up),
        refused=dict(answers.refused.most_common()),
    )


def _kinds(answers: Answers) -> list[str]:
    return list(dict.fromkeys(each.call.kind for each in answers.acknowledged))


def _after(acknowledged: list[Acknowledged], killed: float) -> float:
    return min((each.at - killed for each in acknowledged if each.at > killed), default=float("inf"))


def _longest(acknowledged: list[Acknowledged]) -> float:
    moments = sorted(each.at for each in acknowledged)
    return max((later - one for one, later in itertools.pairwise(moments)), default=0.0)
