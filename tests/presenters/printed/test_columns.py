"""Lines on paper: figures have the room that they need, and a long text is cut between words, with nothing left out."""

import pytest

from app.presenters.printed import columns, texts

LONG = ["word " * 3000, "W" * 2000, "株式会社" * 500, "a " + "b" * 400 + " c", "", "short"]


@pytest.mark.parametrize("text", LONG)
def test_nothing_of_a_long_text_is_left_out_and_no_part_is_long(text: str) -> None:
    found = texts.parts(text)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(0 < len(each) <= texts.LONGEST for each in found) or found == ("",)


def test_a_text_is_cut_between_words() -> None:
    assert texts.parts("one two three four", 9) == ("one two", "three", "four")


def test_the_figures_stand_on_the_first_row_and_the_note_on_the_last() -> None:
    first, middle, last = columns.rows("word " * 160, "February", ("1", "€2.00"))
    assert (first.cells[1:], middle.cells[1:], last.cells[1:]) == (("1", "€2.00"), ("", ""), ("", ""))
    assert (first.note, middle.note, last.note) == ("", "", "February")
    assert [(each.is_more, each.goes_on) for each in (first, middle, last)] == [
        (False, True),
        (True, True),
        (True, False),
    ]


@pytest.mark.parametrize("figure", ["1", "50,000,000", "9,999,999,999,999.99", "1" * 90])
def test_columns_share_the_whole_width_and_the_description_keeps_its_part(figure: str) -> None:
    found = columns.of("Description", ("Qty", "Amount"), columns.rows("words", "", (figure, figure)))
    assert sum(each.width for each in found) == 100
    assert found[0].width >= columns.LEAST_FIRST
    if len(figure) < 25:
        assert found[1].width >= columns.DIGIT * len(figure)
