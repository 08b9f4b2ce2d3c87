"""The two tiers of tests: what `make test` must run on both databases, and what `make proof` says of itself."""

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.making import PAGES
from tests import proof
from tests.architecture.source import ROOT
from tests.support import tiers

API = {
    "authorizations", "balances", "customers", "once", "spend_management", "usage", "usage_alerts", "usage_events",
    "webhooks",
}  # fmt: skip


@pytest.mark.parametrize("page", [name.rpartition(".")[2] for name in PAGES])
def test_every_page_is_tested_on_both_databases(page: str) -> None:
    found = [path for path in (ROOT / "tests" / "pages").glob(f"test_{page}*.py") if _says_both(path)]
    assert found or page in {"home", "confirm_email", "confirm_billing_email", "invitation", "access_link"}


def test_the_api_is_tested_on_both_databases() -> None:
    said = {path.stem.removeprefix("test_") for path in (ROOT / "tests" / "api").glob("test_*.py") if _says_both(path)}
    assert said >= API


def test_what_is_named_for_both_databases_is_there_with_its_reason() -> None:
    assert [place for place in tiers.BOTH_DATABASES if not (ROOT / place).exists()] == []
    assert all(tiers.BOTH_DATABASES.values())


def test_every_value_of_a_sampled_product_stays_in_make_test() -> None:
    every = tiers.each_once(["a", "b", "c", "d"], [1, 2, 3])
    kept = [each.values for each in every if not each.marks]
    assert len(every) == 12 and len(kept) == 4
    assert {values[0] for values in kept} == {"a", "b", "c", "d"} and {values[1] for values in kept} == {1, 2, 3}


def test_some_keeps_the_first_and_the_last() -> None:
    assert [each.values[0] for each in tiers.some(3, range(1, 9)) if not each.marks] == [1, 5, 8]


def test_a_proof_counts_what_its_tests_recorded(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="tests.faults.test_a" name="x"><properties>'
        '<property name="crash runs" value="15"/></properties></testcase>'
        '<testcase classname="tests.faults.test_a" name="y"><failure/></testcase></testsuite></testsuites>'
    )
    rooms, counts = proof.read(report)
    assert rooms == {"tests/faults": Counter(passed=1, failed=1)} and counts == {"crash runs": 15}
    done = proof.Proof([], "ab", rooms, counts, "1 of 1 found", {"domain": "all 3 tried"}, 61.2, green=False)
    page = proof.page_of(done, {"Python": "3.11"}, datetime(2026, 11, 28, 9, tzinfo=UTC))
    assert "| Result | **red** |" in page and "| Crash runs | 15 |" in page and "| **all** | 1 | 1 | 0 |" in page
    assert "| Mutants of `domain` | all 3 tried |" in page
    part = proof.Proof(["tests/faults"], "ab", rooms, counts, "not run", {}, 1, green=True)
    assert "only `tests/faults`, not the whole" in proof.page_of(part, {}, datetime(2026, 11, 28, 9, tzinfo=UTC))


def test_the_last_proof_names_no_machine() -> None:
    assert not re.search(r"/(home|root|tmp|Users|work)/", (ROOT / "docs" / "proof.md").read_text())


def _says_both(path: Path) -> bool:
    return "both_databases" in path.read_text()
