"""`pytest --cases`: which acceptance cases have tests, and which have none yet."""

from collections import defaultdict

import pytest

CASES = [f"AC-{number}" for number in range(1, 75)]


def numbers(name: str) -> list[str]:
    """Return the single cases that a marker's name stands for: `AC-19/20` is two."""
    prefix, _, rest = name.partition("-")
    if prefix != "AC" or not all(part.isdigit() for part in rest.split("/")):
        raise pytest.UsageError(f"not a case: {name!r}")
    return [f"AC-{part}" for part in rest.split("/")]


def by_case(items: list[pytest.Item]) -> dict[str, list[str]]:
    """Return the tests of each case."""
    found: dict[str, list[str]] = defaultdict(list)
    for item in items:
        for marker in item.iter_markers("case"):
            for name in marker.args:
                for case in numbers(name):
                    test = item.nodeid.partition("[")[0]
                    if test not in found[case]:
                        found[case].append(test)
    return found


def report(items: list[pytest.Item]) -> str:
    """Return the table."""
    found = by_case(items)
    lines = [f"{case:6} {'  '.join(found[case]) if case in found else '-'}" for case in CASES]
    return "\n".join([*lines, f"{sum(case in found for case in CASES)} of {len(CASES)} cases have tests."])
