"""Two tiers: `make test` keeps every promise once; `make proof` (`--proof`) runs everything, on both databases.

In `make test` a test that asks for a `database` runs on SQLite, and on PostgreSQL too where the database matters: in the
rooms named here, and where a test or a module says so with `pytest.mark.both_databases`. What only `make proof` runs is
marked `proof`.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

import pytest

PROOF = "PURSER_PROOF"
ROOT = Path(__file__).resolve().parent.parent.parent
BOTH_DATABASES = {
    "tests/architecture": "migrations, tables, row-level security, statements",
    "tests/services/authorizations": "written once for each database",
    "tests/services/ledger/test_books.py": "locks",
    "tests/services/operations": "partitions and deletes in batches",
    "tests/services/payment_methods/test_changes.py": "upserts",
    "tests/services/payments/test_concurrency.py": "locks",
    "tests/services/payments/test_purchase_statements.py": "statements and locks",
    "tests/services/reversals/test_at_once.py": "locks",
    "tests/services/test_jobs.py": "claims with SKIP LOCKED",
    "tests/services/usage/test_at_once.py": "locks",
    "tests/services/usage/test_events_time.py": "sums by day",
    "tests/services/usage/test_upkeep.py": "partitions",
    "tests/services/verification/test_verify.py": "SQL that no service shares",
}
"""The rooms, and single files, of which every test runs on both databases, and why."""
EVERY_VALUE = ("tests/architecture", "tests/services/authorizations")
"""Where a test of several values takes each of them to PostgreSQL. Elsewhere it takes the first: the rest is not SQL."""
LONGEST = (
    "tests/browser/test_auto_recharge.py",
    "tests/demo",
    "tests/faults/test_crash_runs.py",
    "tests/faults/test_demo_ends.py",
    "tests/faults/test_first_install.py",
    "tests/faults/test_killed_elsewhere.py",
    "tests/faults/test_overshoot.py",
    "tests/faults/test_pgbouncer.py",
    "tests/faults/test_recharge_at_once.py",
    "tests/gateways/stripe/test_types.py",
    "tests/gateways/stripe/test_webhook_fuzz.py",
    "tests/security/test_mallory.py",
    "tests/services/authorizations/test_both_ways_agree.py",
    "tests/services/payments/test_concurrency.py",
    "tests/services/receivables/test_closing_killed.py",
    "tests/services/usage/test_at_once.py",
)
"""Files with tests of ten seconds and more: begun near the end, one keeps a process busy while the others are done."""


@dataclass(frozen=True)
class Collected:
    """What pytest found, and what of it `make test` runs; each test by its name without values, and by its file."""

    every: frozenset[str]
    kept: frozenset[str]
    kept_on_postgresql: frozenset[str]


COLLECTED = pytest.StashKey[Collected]()

Value = TypeVar("Value")


def whole() -> bool:
    """Return whether everything is run: the tests were started with `--proof`."""
    return PROOF in os.environ


def sample_of(sample: Value, *, proof: Value) -> Value:
    """Return how much of a long run is run: a sample in `make test`, the whole in `make proof`."""
    return proof if whole() else sample


def each_once(*axes: Sequence[Any]) -> list[Any]:
    """Return every combination for `parametrize`, all but a few for `make proof` alone: each value stays at least once."""
    longest = max(len(axis) for axis in axes)
    kept = {tuple(number % len(axis) for axis in axes) for number in range(longest)}
    return [
        _combined([axis[place] for axis, place in zip(axes, places, strict=True)], proof=places not in kept)
        for places in product(*(range(len(axis)) for axis in axes))
    ]


def some(many: int, values: Iterable[Any], ids: Sequence[str] = ()) -> list[Any]:
    """Return the values for `parametrize`, all but so many, the first and the last among them, for `make proof` alone."""
    every = list(values)
    kept = {round(number * (len(every) - 1) / max(1, many - 1)) for number in range(many)}
    named = ids or [""] * len(every)
    return [
        _combined([pytest.param(value, id=name) if name else value], proof=place not in kept)
        for place, (value, name) in enumerate(zip(every, named, strict=True))
    ]


def _combined(values: list[Any], *, proof: bool) -> Any:
    marks, ids, plain = [], [], []
    for value in values:
        each = value if hasattr(value, "marks") else pytest.param(*(value if isinstance(value, tuple) else (value,)))
        marks += list(each.marks)
        ids.append(each.id or "-".join(map(str, each.values)))
        plain += list(each.values)
    return pytest.param(*plain, marks=[*marks, *([pytest.mark.proof] if proof else [])], id="-".join(ids))


def collected(items: Sequence[pytest.Item]) -> Collected:
    """Return what was found."""
    kept = [item for item in items if not only_for_proof(item)]
    on_postgresql = [item for item in kept if "postgresql" in item.name]
    return Collected(_names(items), _names(kept), _names(on_postgresql))


def _names(items: Iterable[pytest.Item]) -> frozenset[str]:
    plain = {item.nodeid.partition("[")[0] for item in items}
    return frozenset(plain | {name.partition("::")[0] for name in plain})


def only_for_proof(item: pytest.Item) -> bool:
    """Return whether `make test` leaves the test out."""
    if item.get_closest_marker("proof"):
        return True
    params = getattr(item, "callspec", None)
    if params is None or params.params.get("database") != "postgresql" or _chosen_by_the_test(item):
        return False
    if not item.get_closest_marker("both_databases") and not _in_one_of(BOTH_DATABASES, item):
        return True
    is_first = all(place == 0 for name, place in params.indices.items() if name != "database")
    return not is_first and not _in_one_of(EVERY_VALUE, item)


def _chosen_by_the_test(item: pytest.Item) -> bool:
    """A test that names its databases by `parametrize` runs on those."""
    return any("database" in str(mark.args[0]) for mark in item.iter_markers("parametrize"))


def _in_one_of(places: Iterable[str], item: pytest.Item) -> bool:
    return _lies_in(tuple(places), item.path)


@cache
def _lies_in(places: tuple[str, ...], path: Path) -> bool:
    """Asked several times for each of ten thousand tests, which lie in a few hundred files."""
    return any(path.is_relative_to(ROOT / place) for place in places)


def the_longest_first(items: list[pytest.Item]) -> None:
    """Move what takes longest to the front: begun last, it would leave the other processes with nothing to do."""
    items.sort(key=lambda item: not _in_one_of(LONGEST, item))
