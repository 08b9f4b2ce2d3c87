"""Words in a chart stay inside of the picture, apart from each other and from the dot of today."""

import pytest

from app.domain.amounts import MINUS
from app.presenters.charts import Chart, Mark, balance_line
from app.presenters.charts.drawing import HEIGHT, LONGEST
from tests.presenters.test_charts import DOLLARS, classed, days_of, points_of, tree, used


def said_at(drawn: Chart) -> list[str]:
    return ["".join(each.itertext()) for each in classed(drawn, "mark")]


def taken_by(drawn: Chart) -> list[tuple[int, int]]:
    """Return from where to where the letters at each line across go, in pixels from the top."""
    found = []
    for mark in classed(drawn, "mark"):
        y = int(mark.get("transform", "").removeprefix("translate(0 ").removesuffix(")"))
        at = [y + int(each.get("y", "")) for each in mark.iter("text")]
        found.append((min(at) - 9, max(at) + 2))
    return found


@pytest.mark.parametrize("now", [-40, -44, -45, -47, -49, -50, -20, 0])
def test_the_words_of_a_floor_keep_away_from_the_dot_and_inside_of_the_picture(now: int) -> None:
    """In German they were longer than a phone is wide, and the dot of a balance near the floor lay on them."""
    words = "Ende Ihres Überziehungsschutzes"
    drawn = balance_line(
        points_of(10**8, now * 10**6 - 1),
        None,
        measure=DOLLARS,
        name="",
        floor=Mark("floor", -50 * 10**6, words),
    )
    assert drawn is not None and said_at(drawn) == [f"{words} {MINUS}$50.00"]
    assert all(len(each.text or "") <= LONGEST for each in classed(drawn, "mark")[0].iter("text"))
    [(start, end)] = taken_by(drawn)
    dot = int(list(tree(drawn).iter("circle"))[-1].get("cy", ""))
    assert 0 <= start < end <= HEIGHT and (end <= dot - 4 or dot + 4 <= start)


@pytest.mark.parametrize("threshold", [300, 295, 280, 270, 200, 5, 1])
def test_the_words_of_a_limit_and_of_a_threshold_do_not_lie_on_each_other(threshold: int) -> None:
    marks = (Mark("limit", 300 * 10**6, "Daily limit"), Mark("threshold", threshold * 10**6, "E-mail at"))
    for highest in (10**6, 3 * 10**8, 10**9):
        (start, end), (other, last) = sorted(taken_by(used(days_of(highest), marks=marks)))
        assert 0 <= start < end <= other < last <= HEIGHT


@pytest.mark.parametrize(
    ("figures", "place"),
    [
        ([290, *[10] * 29], "100%"),
        ([10, 10, 290, *[10] * 27], "100%"),
        ([*[10] * 29, 290], "2"),
        ([10] * 30, "2"),
        ([290, *[10] * 28, 290], "2"),
    ],
)
def test_the_words_of_a_threshold_stand_where_no_column_is_behind_them(figures: list[int], place: str) -> None:
    """On a phone they lay over a column of the first days. Where columns are at both ends they have an edge."""
    mark = Mark("threshold", 200 * 10**6, "E-mail at")
    drawn = used(days_of(*(each * 10**6 for each in figures)), marks=(mark,))
    [line] = classed(drawn, "mark")
    assert [each.get("x") for each in line.iter("text")] == [place]
    assert ("mark--end" in line.get("class", "")) is (place == "100%")
