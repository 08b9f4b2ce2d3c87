"""docs/security.md says of each requirement of OWASP ASVS 5.0 that applies how it is met; its test is named after it."""

import re
from functools import cache

import pytest

from tests.architecture.source import ROOT
from tests.architecture.test_claims import known

LEVEL_1 = """
    6.1.1 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.3.1 6.3.2 6.4.1 6.4.2
    7.2.1 7.2.2 7.2.3 7.2.4 7.4.1 7.4.2 8.1.1 8.2.1 8.2.2 8.3.1 9.1.1 9.1.2 9.1.3 9.2.1
"""
LEVEL_2_OF_SESSIONS = "7.1.1 7.1.2 7.1.3 7.3.1 7.3.2 7.4.3 7.4.4 7.4.5 7.5.1 7.5.2 7.6.1 7.6.2"
LEVEL_2_OF_RECOVERY = "6.4.3 6.4.4"
LEVEL_2_OF_SEVERAL_FACTORS = "6.3.3 6.5.1 6.5.2 6.5.3 6.5.4 6.5.5 6.6.1 6.6.2 6.6.3"
MORE = "6.2.9 6.3.7 6.3.8 6.8.1 6.8.2 6.8.4 7.5.3 9.2.2 9.2.3 10.1.2 10.5.1"
"""What the product promises beside them: longer passwords, mails, nobody is found out, and identity providers."""
WANTED = f"{LEVEL_1} {LEVEL_2_OF_SESSIONS} {LEVEL_2_OF_RECOVERY} {LEVEL_2_OF_SEVERAL_FACTORS} {MORE}".split()
TEST, IN_WORDS = re.compile(r"`(test_\w+)`"), ("documented: ", "does not apply: ")


def numbers_of(name: str) -> list[str]:
    """Return the requirements that a test is named after: one, or all that are listed of a section, as `9.1`."""
    found = re.match(r"test_asvs_(\d+)_(\d+)_(?:(\d+)_)?", name)
    if not found:
        return []
    begins = ".".join(each for each in found.groups() if each)
    return [begins] if found[3] else [each for each in WANTED if each.startswith(f"{begins}.")]


@cache
def rows() -> dict[str, tuple[str, str]]:
    """Return of each requirement what is said of it, and what shows it."""
    lines = (ROOT / "docs" / "security.md").read_text().splitlines()
    cells = [
        [each.strip() for each in line.strip("| ").split(" | ")] for line in lines if re.match(r"\| \d+\.\d+", line)
    ]
    return {number: (said, shown) for number, _level, said, shown in cells}


def test_each_requirement_has_its_line_once_and_no_other_has() -> None:
    assert sorted(rows()) == sorted(WANTED)
    lines = re.findall(r"^\| (\d+\.\d+\.\d+) ", (ROOT / "docs" / "security.md").read_text(), re.MULTILINE)
    assert sorted(lines) == sorted(WANTED)


@pytest.mark.parametrize("number", WANTED)
def test_each_requirement_has_its_test_named_after_it(number: str) -> None:
    said, shown = rows()[number]
    assert said
    if shown.startswith(IN_WORDS):
        assert len(shown) > 40, "say where, or why"
        return
    named = TEST.findall(shown)
    assert named
    assert set(named) <= known(), sorted(set(named) - known())
    assert any(number in numbers_of(name) for name in named), named


def test_each_test_that_is_named_after_a_requirement_stands_in_its_line() -> None:
    for name in sorted(known()):
        for number in numbers_of(name):
            assert name in rows()[number][1], f"{name} belongs into the line of {number}"
