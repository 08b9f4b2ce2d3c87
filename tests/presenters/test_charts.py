"""The charts: exact, readable at any scale, and one sentence to a screen reader."""

from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from app.domain.amounts import MINUS
from app.presenters.charts import (
    FULL,
    HALF,
    NARROW,
    WIDE,
    Ahead,
    Axis,
    Size,
    axis,
    axis_label,
    balance_chart,
    daily_columns,
    quantity_columns,
)

FIRST = date(2026, 11, 1)
UNITS = st.sampled_from(["USD", "EUR", "CHF", "tokens"])
# Up to the largest figure that the database holds, and as small as a single micro.
MICROS = st.one_of(st.integers(-(10**18), 10**18), st.integers(-(10**8), 10**8), st.integers(-9, 9))


def days_of(values: list[int]) -> list[tuple[date, int]]:
    return [(FIRST + timedelta(number), value) for number, value in enumerate(values)]


def texts(drawing: Markup) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(drawing).iter("text")]


def boxes_below(drawing: Markup, size: Size) -> list[tuple[float, float]]:
    """Where the labels under the plot begin and end, at 6.2 px a character (11 px Inter measures less)."""
    found = []
    for each in ElementTree.fromstring(drawing).iter("text"):
        if each.get("y") == str(size.height - 5):
            half = len(each.text or "") * 3.1
            found.append((float(each.get("x", "")) - half, float(each.get("x", "")) + half))
    return sorted(found)


def assert_in_order(drawing: Markup, size: Size) -> None:
    boxes = boxes_below(drawing, size)
    assert boxes and boxes[-1][1] <= size.width
    assert all(before[1] < after[0] for before, after in pairwise(boxes))


@given(MICROS, MICROS, st.integers(2, 5))
def test_an_axis_holds_its_figures_and_zero_in_even_whole_steps(one: int, other: int, count: int) -> None:
    scale = axis(min(one, other), max(one, other), count)
    assert scale.ticks[0] <= min(one, other, 0) and scale.ticks[-1] >= max(one, other, 0)
    assert 0 in scale.ticks and 2 <= len(scale.ticks) <= count + 3
    assert {after - before for before, after in pairwise(scale.ticks)} == {scale.step}


@given(MICROS, MICROS, UNITS)
def test_two_ticks_never_read_the_same(one: int, other: int, unit: str) -> None:
    scale = axis(min(one, other), max(one, other), 4)
    labels = [axis_label(tick, scale, unit) for tick in scale.ticks]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("micros", "step", "top", "unit", "words"),
    [
        (4_000_000_000, 2_000_000_000, 6_000_000_000, "USD", "$4,000"),
        (-250_000_000, 250_000_000, 500_000_000, "EUR", f"{MINUS}€250"),
        (2_500_000, 2_500_000, 7_500_000, "USD", "$2.50"),
        (1_500_000_000_000, 500_000_000_000, 2_000_000_000_000, "tokens", "1.5 M"),
        (20, 10, 30, "USD", "$0.00002"),
        (0, 500_000_000_000, 2_000_000_000_000, "tokens", "0"),
        (4_000_000, 2_000_000, 6_000_000, "CHF", "CHF\N{NO-BREAK SPACE}4"),
    ],
)
def test_a_tick_is_written_in_the_unit_and_no_longer_than_needed(
    micros: int, step: int, top: int, unit: str, words: str
) -> None:
    assert axis_label(micros, Axis((0, top), step), unit) == words


@given(
    st.lists(MICROS, min_size=1, max_size=40),
    UNITS,
    st.sampled_from([WIDE, NARROW]),
    st.integers(0, 400),
    st.booleans(),
)
def test_the_balance_chart_stays_inside_and_its_labels_apart(
    values: list[int], unit: str, size: Size, wait: int, runs_out: bool
) -> None:
    today = days_of(values)[-1][0]
    ahead = (
        Ahead(today + timedelta(wait // 2), today + timedelta(wait), today + timedelta(2 * wait)) if runs_out else None
    )
    drawing = balance_chart(days_of(values), ahead, unit=unit, name="Balance", floor=-(10**7), size=size)
    assert_in_order(drawing, size)
    assert "Today" in texts(drawing)
    for each in ElementTree.fromstring(drawing).iter("circle"):
        assert 0 < float(each.get("cx", "")) <= size.width and 0 < float(each.get("cy", "")) < size.height


@given(st.lists(st.integers(0, 10**18), min_size=1, max_size=40), UNITS, st.sampled_from([HALF, NARROW]))
def test_the_columns_stay_inside_and_every_used_day_is_seen(values: list[int], unit: str, size: Size) -> None:
    drawing = daily_columns(days_of(values), unit=unit, name="Used", size=size)
    columns = list(ElementTree.fromstring(drawing).iter("rect"))
    assert len(columns) == sum(value > 0 for value in values)
    assert all(float(each.get("height", "")) >= 1 and float(each.get("y", "")) >= 0 for each in columns)
    assert_in_order(drawing, size)


def test_a_higher_balance_is_drawn_higher() -> None:
    path = next(
        each
        for each in ElementTree.fromstring(balance_chart(days_of([0, 10, 5]), None, unit="USD", name="")).iter("path")
        if each.get("class") == "line"
    )
    low, high, middle = [float(point.split()[1]) for point in (path.get("d") or "")[1:].split("L")]
    assert high < middle < low and middle == (low + high) / 2


def test_the_forecast_is_dashed_from_today_to_the_day_it_ends() -> None:
    ahead = Ahead(date(2026, 11, 8), date(2026, 11, 12), date(2026, 11, 20))
    drawing = balance_chart(days_of([30, 20, 10]), ahead, unit="USD", name="")
    assert 'class="fore"' in drawing
    assert "20 Nov" in texts(drawing)


def test_without_a_forecast_nothing_is_dashed_and_the_last_day_says_today() -> None:
    drawing = balance_chart(days_of([30, 20, 10]), None, unit="USD", name="")
    assert 'class="fore"' not in drawing
    assert texts(drawing).count("Today") == 1


def test_the_end_of_the_overage_protection_shows_only_below_zero() -> None:
    words = "End of your overage protection"
    assert words in texts(balance_chart(days_of([5, -5]), None, unit="USD", name="", floor=-50))
    assert words not in texts(balance_chart(days_of([5, 1]), None, unit="USD", name="", floor=-50))


def test_a_daily_limit_is_a_line_and_days_over_it_or_the_alert_stand_out() -> None:
    days = days_of([10**8, 2 * 10**8, 25 * 10**7, 3 * 10**8])
    drawing = daily_columns(days, unit="USD", name="", limit=250_000_000, alert=200_000_000)
    kinds = [each.get("class") for each in ElementTree.fromstring(drawing).iter("rect")]
    assert kinds == ["col", "col col--near", "col col--over", "col col--over"]
    assert drawing.count('class="limit"') == 1
    assert not any("limit" in each for each in texts(drawing)), "the legend below says what the line is"
    assert 'class="limit"' not in daily_columns(days_of([1]), unit="USD", name="")


def test_no_days_draw_nothing() -> None:
    assert balance_chart([], None, unit="USD", name="") == daily_columns([], unit="USD", name="") == ""


def test_it_is_one_image_with_a_sentence_and_words_cannot_break_out() -> None:
    drawing = balance_chart(days_of([1, 2]), None, unit="USD", name='"><script>')
    root = ElementTree.fromstring(drawing)
    assert root.get("role") == "img" and root.get("aria-label") == '"><script>'
    assert "<script" not in drawing and "style=" not in drawing


@given(st.lists(st.integers(0, 10**15), min_size=1, max_size=90), st.sampled_from([FULL, WIDE, NARROW]))
def test_quantities_are_drawn_in_whole_steps_and_stay_inside(values: list[int], size: Size) -> None:
    drawing = quantity_columns(days_of(values), name="Requests", size=size)
    assert_in_order(drawing, size)
    columns = [each for each in ElementTree.fromstring(drawing).iter() if "col" in (each.get("class") or "")]
    assert len(columns) == sum(value > 0 for value in values)
    assert all(float(each.get("x", "")) + float(each.get("width", "")) <= size.width for each in columns)
    steps = [each for each in texts(drawing) if not any(letter.isalpha() for letter in each)]
    assert all("." not in each for each in steps), "half of one cannot be counted"


def test_the_last_day_of_a_period_that_is_over_is_not_today() -> None:
    drawing = quantity_columns(days_of([1, 2, 3]), name="Requests", last="")
    assert "Today" not in texts(drawing) and "3 Nov" in texts(drawing)
    assert "col--today" not in drawing
