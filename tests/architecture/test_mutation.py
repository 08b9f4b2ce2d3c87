"""What `make proof` does to the rules: which changes count, that a property's body is changed too, and how a sample is drawn."""

import ast
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.mutation.__main__ import EQUIVALENT, Result
from tests.mutation.places import MONEY_ROOMS, PLACES
from tests.mutation.words import is_about_words
from tests.mutation.workspace import Mutant, drawn, with_plain_properties

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize(
    ("old", "new", "is_words"),
    [
        ('raise Refused("Enter it.", "missing", 422)', 'raise Refused("XXEnter it.XX", "missing", 422)', True),
        ('raise Refused("Enter it.", "missing", 422)', 'raise Refused(None, "missing", 422)', True),
        ('raise Refused("Enter it.", "missing", 422)', 'raise Refused("Enter it.", "MISSING", 422)', False),
        ('raise Refused("Enter it.", "missing", 422)', 'raise Refused("Enter it.", None, 422)', False),
        ('raise Refused("Enter it.", "missing", 422)', 'raise Refused("Enter it.", "missing", 423)', False),
        ('ensure(amount > 0, f"{amount} is none")', 'ensure(amount >= 0, f"{amount} is none")', False),
        ('ensure(amount > 0, f"{amount} is none")', "ensure(amount > 0, None)", True),
        ('return "a" if left else "b"', 'return "a" if left else "XXbXX"', False),
    ],
)  # fmt: skip
def test_the_words_of_a_sentence_do_not_count(old: str, new: str, is_words: bool) -> None:
    assert is_about_words(old, new) is is_words


def test_a_property_is_written_so_that_its_body_is_changed_too() -> None:
    source = "class A:\n    @property\n    def half(self) -> int:\n        return 2\n\n    def whole(self) -> int:\n        return 4\n"
    scope: dict[str, type] = {}
    exec(compile(ast.parse(with_plain_properties(source)), "a", "exec"), scope)  # noqa: S102  # our own words
    assert (scope["A"]().half, scope["A"]().whole()) == (2, 4)
    assert "@property" not in with_plain_properties(source)


def _changes(names: Sequence[str]) -> list[Mutant]:
    """Every third changes the words of a sentence alone, which is left out."""
    return [Mutant(name, "a.py", "a", "b") for name in names if int(name) % 3]


def test_a_sample_is_the_same_for_the_same_seed_and_full_without_those_that_change_words() -> None:
    names = [str(number) for number in range(90)]
    assert drawn(names, 50, "ab", _changes) == drawn(names, 50, "ab", _changes) != drawn(names, 50, "cd", _changes)
    assert len({each.name for each in drawn(names, 50, "ab", _changes)}) == 50
    assert len(drawn(names, 100, "ab", _changes)) == 60
    assert drawn(names, None, "ab", _changes) == _changes(names)


def test_the_result_says_how_many_survive_that_could_be_found() -> None:
    result = Result(PLACES[0], 30, 22, 2, (Mutant("a", "a.py", "a", "b"),))
    assert result.percent == 5
    assert result.words.startswith("22 of 30 tried: 19 found, 2 equivalent, 1 survive (5.0 %); earlier: ")


def test_every_place_and_every_equivalent_names_what_is_there() -> None:
    for place in PLACES:
        assert all(list(ROOT.glob(pattern)) for pattern in place.files), place.name
        assert all((ROOT / test.partition("::")[0]).exists() for test in place.tests), place.name
    assert all((ROOT / "app/services" / room).is_dir() for room in MONEY_ROOMS)
    for each in EQUIVALENT:
        assert each.why
        assert each.old.split(" ")[0] in (ROOT / each.file).read_text(), each
