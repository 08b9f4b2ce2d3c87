"""What each kind of call costs each machine, in CPU; and how old exports are while a replica stands still."""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from benchmarks.scale import cast
from benchmarks.scale.cast import Seed
from benchmarks.scale.load import CLIENTS, EXPORT, Acknowledged, Call, Calls, Clients
from benchmarks.scale.machines import MAX_AGE_SECONDS, Machines

SECONDS, ROUNDS, HISTORY = 1.5, 3, 5_000
READERS = 2
"""So many clients export at once: each export is long."""
AT_REST = 4.0
STANDS_STILL = MAX_AGE_SECONDS + 4


@dataclass(frozen=True)
class Cost:
    """What one call costs beyond rest, in milliseconds of CPU of each machine; how many were answered a second here."""

    kind: str
    rate: float
    each: dict[str, float]


@dataclass(frozen=True)
class Aged:
    """An export while the replica stood still: how long so far, whence it was read, and until when it was whole."""

    after: float
    source: str
    as_of: str


@dataclass(frozen=True)
class Room:
    """What one row takes on disk, its indexes and the table's spare room included."""

    what: str
    rows: int
    bytes_each: float


_TABLES = {
    "usage event, its id apart": "usage_events",
    "id of a usage event, kept for 35 days": "usage_event_keys",
    "authorization": "authorizations",
}
_ROOM = """
    select coalesce(
      (select sum(pg_total_relation_size(relid)) from pg_partition_tree('{table}') where isleaf),
      pg_total_relation_size('{table}'))::bigint, (select count(*) from {table})"""


def measured(machines: Machines, seed: Seed) -> tuple[list[Cost], list[Room], list[Aged]]:
    """Measure what calls cost and rows take, and how old exports are."""
    cast.fill(machines, seed.reader, HISTORY)
    calls, clients = Calls("capacity", seed.customers), Clients(machines.webs, seed.access)
    kinds = (calls.authorization, calls.event, calls.batch, calls.grant, calls.page, calls.export)
    for kind in kinds:
        _asked(clients, kind, SECONDS)
    rest = _at_rest(machines)
    rounds: dict[str, list[Cost]] = {}
    for _ in range(ROUNDS):
        for kind in kinds:
            cost = _cost(machines, clients, kind, rest)
            rounds.setdefault(cost.kind, []).append(cost)
    costs = [_median(each) for each in rounds.values()]
    costs.append(Cost("at rest, a second", 0.0, {name: 1000 * spent for name, spent in rest.items()}))
    return costs, _room(machines), [*_standing_still(machines, clients, calls)]


def _room(machines: Machines) -> list[Room]:
    found = []
    with machines.superuser(machines.primary) as connection:
        for what, table in _TABLES.items():
            size, rows = (int(str(each)) for each in connection.execute(_ROOM.format(table=table)).fetchone() or (0, 1))  # type: ignore[call-overload]
            found.append(Room(what, rows, size / rows))
    return found


def _asked(clients: Clients, kind: Callable[[], Call], seconds: float) -> list[Acknowledged]:
    many = READERS if kind().kind == EXPORT else CLIENTS
    with clients.asking(lambda _number: (kind() for _ in itertools.count()), many) as answers:
        time.sleep(seconds)
    return answers.acknowledged


def _at_rest(machines: Machines) -> dict[str, float]:
    """Return the seconds of CPU that each takes in a second in which nobody asks."""
    time.sleep(AT_REST)  # what was asked before has its work done by then
    before = machines.cpu()
    time.sleep(AT_REST)
    return {name: (spent - before[name]) / AT_REST for name, spent in machines.cpu().items()}


def _cost(machines: Machines, clients: Clients, kind: Callable[[], Call], rest: dict[str, float]) -> Cost:
    before, began = machines.cpu(), time.monotonic()
    done = _asked(clients, kind, SECONDS)
    took, after = time.monotonic() - began, machines.cpu()
    each = {name: 1000 * max(0.0, after[name] - before[name] - rest[name] * took) / len(done) for name in before}
    return Cost(done[0].call.kind, len(done) / took, each)


def _median(costs: list[Cost]) -> Cost:
    each = {name: median(cost.each[name] for cost in costs) for name in costs[0].each}
    return Cost(costs[0].kind, median(cost.rate for cost in costs), each)


def _standing_still(machines: Machines, clients: Clients, calls: Calls) -> Iterator[Aged]:
    """Export again and again while others write and the replica replays nothing, and once more after it does again."""

    def asked(number: int) -> Iterator[Call]:
        return (calls.event() if number else calls.export() for _ in itertools.count())

    machines.replica.pause()
    began = time.monotonic()
    with clients.asking(asked, 2) as answers:
        time.sleep(STANDS_STILL)
    exports = [each for each in answers.acknowledged if each.source]
    last = ""
    for each in exports:
        if each.source != last:
            yield Aged(each.at - began, each.source, each.as_of)
        last = each.source
    machines.replica.resume()
    machines.replica.catch_up(machines.primary)
    (once, *_rest) = _asked(clients, calls.export, 0.5)
    yield Aged(once.at - began, once.source, once.as_of)
