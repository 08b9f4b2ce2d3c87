"""Each acceptance case of what is built has a test that is marked with it: `pytest --cases` prints which."""

import re
from pathlib import Path

import pytest

from tests.support.cases import CASES, numbers

TESTS = Path(__file__).resolve().parent.parent
MARKED = re.compile(r"mark\.case\(([^)]*)\)")
OF_AUTO_RECHARGE = [*range(3, 16), 75, 76]
OF_PLANS_AND_DUNNING = [*range(23, 30), *range(45, 52), 74]


def marked() -> set[str]:
    said = (each for file in TESTS.rglob("test_*.py") for each in MARKED.findall(file.read_text()))
    return {case for names in said for name in re.findall(r'"([^"]+)"', names) for case in numbers(name)}


@pytest.mark.parametrize("number", OF_AUTO_RECHARGE)
def test_each_case_of_auto_recharge_has_a_test(number: int) -> None:
    assert f"AC-{number}" in marked()


@pytest.mark.parametrize("number", OF_PLANS_AND_DUNNING)
def test_each_case_of_plans_and_unpaid_invoices_has_a_test(number: int) -> None:
    assert f"AC-{number}" in marked()


def test_no_test_is_marked_with_a_case_that_nobody_knows() -> None:
    assert marked() <= set(CASES)
