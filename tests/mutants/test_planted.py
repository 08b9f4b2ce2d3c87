"""The planted bugs still fit the code, and name tests that are there."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.mutants import bug_finding
from tests.mutants.bug import Bug
from tests.mutants.every import BUGS
from tests.support import tiers

ROOT = Path(__file__).resolve().parent.parent.parent


def test_each_bug_fits_one_place_and_is_code() -> None:
    assert {bug.name: found for bug in BUGS if (found := wrong_with(bug))} == {}


def wrong_with(bug: Bug) -> str:
    """Return why a bug cannot be planted or is none; nothing where it can be."""
    source = read(bug.file)
    changed = source.replace(bug.old, bug.new)
    if source.count(bug.old) != 1:
        return f"{source.count(bug.old)} places"
    if changed.split() == source.split() or (
        bug.file.endswith(".py") and ast.dump(ast.parse(changed)) == dump(bug.file)
    ):
        return "changes nothing"
    return "" if bug.tests and all((ROOT / test.partition("::")[0]).is_file() for test in bug.tests) else "no such test"


@cache
def read(file: str) -> str:
    return (ROOT / file).read_text()


@cache
def dump(file: str) -> str:
    return ast.dump(ast.parse(read(file)))


def test_make_test_runs_a_test_that_finds_each_bug(pytestconfig: pytest.Config) -> None:
    """One at least that is named for the bug; where only some tests were collected, those bugs are looked at."""
    found = pytestconfig.stash[tiers.COLLECTED]
    seen = [bug for bug in BUGS if found.every.issuperset(bug.tests)]
    kept = {bug.name: found.kept_on_postgresql if bug.is_on_postgresql else found.kept for bug in seen}
    assert [bug.name for bug in seen if kept[bug.name].isdisjoint(bug.tests)] == []


def test_no_bug_is_planted_twice() -> None:
    assert len({bug.name for bug in BUGS}) == len({(bug.file, bug.old, bug.new) for bug in BUGS}) == len(BUGS)


def test_the_tests_that_are_red_without_a_bug_are_distinguished() -> None:
    failed = bug_finding.failed_in(
        ".F.E\nFAILED tests/a/test_a.py::test_one[sqlite-two words] - AssertionError: assert 1 == 2\n"
        "FAILED tests/b/test_b.py::test_whole\nERROR tests/c/test_c.py - ImportError: no module\n1 failed in 2.0s\n"
    )
    assert failed == [
        "tests/a/test_a.py::test_one[sqlite-two words]",
        "tests/b/test_b.py::test_whole",
        "tests/c/test_c.py",
    ]
    red = [
        "tests/a/test_a.py::test_one",
        "tests/a/test_a.py",
        "tests/b/test_b.py::test_whole",
        "tests/c/test_c.py::test_any",
    ]
    assert [each for each in red if not bug_finding.is_among(each, failed)] == []
    assert not bug_finding.is_among("tests/a/test_a.py::test_one_more", failed)
