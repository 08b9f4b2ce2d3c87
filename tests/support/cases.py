"""`pytest --cases` and `pytest --faults`: which acceptance cases and which faults have tests, and which have none yet."""

from collections import defaultdict
from collections.abc import Callable

import pytest

CASES = [f"AC-{number}" for number in range(1, 104)]
FAULTS = {
    "A1": "killed before the payment's row is committed",
    "A2": "killed after the payment's row is committed",
    "A3": "killed after the processor's intent exists, before its id is saved",
    "A4": "killed after its id is saved",
    "A5": "killed after the confirmation, before the outcome is saved",
    "A6": "killed inside the crediting transaction",
    "A7": "killed after its commit, before the reply",
    "A8": "killed after something was sent outside, before it is marked as sent",
    "A9": "killed inside an invoice's finalisation",
    "A10": "the PDF worker runs out of memory",
    "S1": "the processor refuses the connection",
    "S2": "the connection is reset before anything is executed",
    "S3": "the connection is reset after it was executed",
    "S4": "no answer in time",
    "S5": "500, nothing executed",
    "S6": "500, executed all the same",
    "S7": "409, the key is in use",
    "S8": "429, too many requests",
    "S9": "declined",
    "S10": "the bank's question is left unanswered",
    "S11": "a key is sent again with other parameters",
    "S12": "a key is too old to be replayed",
    "S13": "the card is detached at the processor meanwhile",
    "S14": "a late refund, dispute or failure",
    "S15": "another amount or currency is received",
    "S16": "an event of unknown type or version",
    "S17": "an event of another mode or account",
    "W1": "an event twice",
    "W2": "an event twice at the same moment",
    "W3": "events in another order",
    "W4": "an event three days late",
    "W5": "an event that never comes",
    "W6": "an event that is forged, or too old",
    "W7": "an event that is malformed",
    "W8": "an event before the answer to our own request",
    "W9": "an event that always fails: put aside, the rest flows",
    "O1": "a host's address answers 5xx",
    "O2": "a host's address does not answer in time",
    "O3": "a host's address redirects",
    "O4": "a host's address answers 410",
    "O5": "a host's address answers drop by drop",
    "O6": "a host's name is bound to another address",
    "O7": "a host's answer is huge",
    "O8": "a host's secret is rotated",
    "D1": "the database stops at once",
    "D2": "no space for the write-ahead log",
    "D3": "deadlock",
    "D4": "serialization failure",
    "D5": "no connection left in the pool",
    "D6": "the connection is cut during COMMIT",
    "D7": "SQLite is locked",
    "D8": "no space for SQLite",
    "D9": "an older backup is restored",
    "D10": "a replica lags behind",
    "T1": "the clock jumps back or forward",
    "T2": "midnight UTC in the middle of an authorization",
    "T3": "daylight saving begins and ends",
    "T4": "the end of a month, and leap day",
    "T5": "usage that is late for a closed period",
    "T6": "the worker's clock differs from the database's",
    "Q1": "a job runs twice",
    "Q2": "the queue is wiped",
    "Q3": "a worker wakes up after its lease",
    "H1": "double click",
    "H2": "two tabs",
    "H3": "back, and sent again",
    "H4": "settings change in flight",
    "H5": "suspended in flight",
    "H6": "the customer is closed in flight",
}


def numbers(name: str) -> list[str]:
    """Return the single cases that a marker's name stands for: `AC-19/20` is two."""
    prefix, _, rest = name.partition("-")
    if prefix != "AC" or not all(part.isdigit() for part in rest.split("/")):
        raise pytest.UsageError(f"not a case: {name!r}")
    return [f"AC-{part}" for part in rest.split("/")]


def by_case(items: list[pytest.Item]) -> dict[str, list[str]]:
    """Return the tests of each case."""
    return _by_name(items, "case", numbers)


def by_fault(items: list[pytest.Item]) -> dict[str, list[str]]:
    """Return the tests of each fault."""
    return _by_name(items, "fault", _known_fault)


def report(items: list[pytest.Item]) -> str:
    """Return the table of the cases."""
    found = by_case(items)
    lines = [f"{case:6} {'  '.join(found[case]) if case in found else '-'}" for case in CASES]
    return "\n".join([*lines, f"{sum(case in found for case in CASES)} of {len(CASES)} cases have tests."])


def faults_report(items: list[pytest.Item]) -> str:
    """Return the table of the faults: what each is, and the tests that let it happen."""
    found = by_fault(items)
    lines: list[str] = []
    for fault, words in FAULTS.items():
        lines.append(f"{fault:4} {words}{'' if fault in found else ' -'}")
        lines += [f"       {test}" for test in found.get(fault, [])]
    return "\n".join([*lines, f"{sum(fault in found for fault in FAULTS)} of {len(FAULTS)} faults have tests."])


def _known_fault(name: str) -> list[str]:
    if name not in FAULTS:
        raise pytest.UsageError(f"not a fault: {name!r}")
    return [name]


def _by_name(items: list[pytest.Item], marker_name: str, read: Callable[[str], list[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for item in items:
        for marker in item.iter_markers(marker_name):
            for each in (each for name in marker.args for each in read(name)):
                test = item.nodeid.partition("[")[0]
                if test not in found[each]:
                    found[each].append(test)
    return found
