"""What the documentation promises is shown by a test that exists: each claim by name, with how far it reaches."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LIST, RULES = ROOT / "docs" / "claims.md", ROOT / "app" / "domain" / "README.md"
READ = ("README.md", "docs/api.md", "docs/configuration.md", "docs/mail.md", "docs/operations.md", "docs/refunds.md", "docs/sandbox.md", "docs/security.md", "docs/stripe.md", "docs/webhooks.md")  # fmt: skip
"""`docs/catalog.md` is held against the schema by tests of its own; the others say what was chosen and why."""
PROMISES = re.compile(r"\b(never|always|exactly|at most|at least once)\b", re.IGNORECASE)
_TEST = re.compile(r"`(test_\w+)`")


@cache
def known() -> frozenset[str]:
    """Return the names of all tests, and of the files that hold them."""
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        found.add(path.stem)
        found |= {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}
    return frozenset(found)


def rows() -> list[list[str]]:
    """Return the cells of the list's two tables, but for their heads."""
    lines = [line for line in LIST.read_text().splitlines() if line.startswith("| ") and not line.startswith("| where")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def sentences(text: str) -> list[str]:
    """Return the text sentence by sentence, each on one line, without what stands in blocks of code."""
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    parts = [" ".join(part.split()) for part in re.split(r"\n\s*\n|\n(?=[-|#])", text)]
    return [sentence for part in parts for sentence in re.split(r"(?<=[.:;|]) ", part)]


def test_every_invariant_and_every_claim_names_tests_that_exist() -> None:
    for path in (RULES, LIST):
        named = set(_TEST.findall(path.read_text()))
        assert named
        assert named <= known(), f"{path.name} names {sorted(named - known())}"


def test_every_claim_has_its_bound_and_its_test() -> None:
    claims = [row for row in rows() if len(row) > 2]
    assert claims
    for row in claims:
        assert len(row) == 4, row
        assert row[2], row
        assert _TEST.search(row[3]), row


@pytest.mark.parametrize("name", READ)
def test_every_promise_of_a_page_is_in_the_list_and_every_line_of_the_list_is_still_said(name: str) -> None:
    said = sentences((ROOT / name).read_text())
    listed = [row[1][1:-1] if row[1][0] == row[1][-1] == "`" else row[1] for row in rows() if row[0] == name]
    promises = [each for each in said if PROMISES.search(each)]
    unlisted = [each for each in promises if not any(words in each for words in listed)]
    assert unlisted == [], "name it in docs/claims.md with its bound and its test, or take it out"
    assert [words for words in listed if not any(words in each for each in said)] == [], "it is no longer said"
