"""Two tiers: `make test` keeps every promise once; `make proof` (`--proof`) runs everything, on both databases.

In `make test` a test that asks for a `database` runs on SQLite, and on PostgreSQL too where the database matters: in the
rooms named here, and where a test or a module says so with `pytest.mark.both_databases`. What only `make proof` runs is
marked `proof`.
"""

import os
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

import pytest

PROOF = "PURSER_PROOF"
ROOT = Path(__file__).resolve().parent.parent.parent
BOTH_DATABASES = {
    "tests/architecture": "migrations, tables, row-level security, statements",
    "tests/services/authorizations": "written once for each database",
    "tests/services/alerts": "locks",
    "tests/cli/test_credits.py": "locks and the roles of a command",
    "tests/services/ledger/test_books.py": "locks",
    "tests/services/ledger/test_corrections.py": "locks",
    "tests/services/ledger/test_posting.py": "locks and the order of postings",
    "tests/services/mail/test_sending.py": "claims with SKIP LOCKED",
    "tests/services/notices/test_decisions.py": "upserts",
    "tests/services/operations": "partitions and deletes in batches",
    "tests/services/payment_methods/test_changes.py": "upserts",
    "tests/services/payments/test_concurrency.py": "locks",
    "tests/services/payments/test_purchase_statements.py": "statements and locks",
    "tests/services/payments/test_settlement.py": "locks and upserts",
    "tests/services/payments/test_settlement_mismatches.py": "locks and upserts",
    "tests/services/reconciliation": "claims with SKIP LOCKED and upserts",
    "tests/services/reversals/test_at_once.py": "locks",
    "tests/services/reversals/test_refunds.py": "locks",
    "tests/services/test_jobs.py": "claims with SKIP LOCKED",
    "tests/services/usage/test_at_once.py": "locks",
    "tests/services/usage/test_events.py": "upserts and sums",
    "tests/services/usage/test_events_time.py": "sums by day",
    "tests/services/usage/test_posting_schedule.py": "claims and locks",
    "tests/services/usage/test_upkeep.py": "partitions",
    "tests/services/verification": "SQL that no service shares",
    "tests/services/webhooks/test_deliveries.py": "claims with SKIP LOCKED",
}
"""The rooms, and single files, of which every test runs on both databases, and why."""

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


def only_for_proof(item: pytest.Item) -> bool:
    """Return whether `make test` leaves the test out."""
    if item.get_closest_marker("proof"):
        return True
    params = getattr(item, "callspec", None)
    if params is None or params.params.get("database") != "postgresql" or _chosen_by_the_test(item):
        return False
    return not item.get_closest_marker("both_databases") and not _in_a_room_of_both(item)


def _chosen_by_the_test(item: pytest.Item) -> bool:
    """A test that names its databases by `parametrize` runs on those."""
    return any("database" in str(mark.args[0]) for mark in item.iter_markers("parametrize"))


def _in_a_room_of_both(item: pytest.Item) -> bool:
    places = {ROOT / place for place in BOTH_DATABASES}
    return not places.isdisjoint({item.path, *item.path.parents})
