"""The charts: exact, readable at any scale and width, and said line by line to whoever cannot see them."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.amounts import MINUS, CreditUnit
from app.presenters.charts import (
    Ahead,
    Axis,
    Chart,
    Column,
    Mark,
    Measure,
    Point,
    axis,
    axis_label,
    balance_line,
    columns,
)
from app.presenters.charts.drawing import DEEP, HEIGHT, TOP

FIRST = date(2026, 11, 1)
UNITS = st.sampled_from(["USD", "EUR", "CHF", "tokens"])
# Up to the largest figure that the database holds, and as small as a single micro.
MICROS = st.one_of(st.integers(-(10**18), 10**18), st.integers(-(10**8), 10**8), st.integers(-9, 9))
DOLLARS = Measure(CreditUnit("USD"))
MARKS = (
    Mark("limit", 250_000_000, "Daily limit", "At or over your $250.00 daily limit"),
    Mark("threshold", 200_000_000, "E-mail at", "From your $200.00 e-mail threshold on"),
)


def days_of(*values: int) -> list[Column]:
    return [Column(FIRST + timedelta(number), (value,), f"/{number}") for number, value in enumerate(values)]


def points_of(*values: int) -> list[Point]:
    return [Point(FIRST + timedelta(number), value, f"/{number}") for number, value in enumerate(values)]


def used(days: list[Column], measure: Measure = DOLLARS, *series: str, **more: object) -> Chart:
    drawn = columns(days, measure=measure, name="Used", series=series or ("Used",), **more)  # type: ignore[arg-type]
    assert drawn is not None
    return drawn


def line(points: list[Point], ahead: Ahead | None = None, floor: int = 0, unit: str = "USD") -> Chart:
    mark = Mark("floor", floor, "End of your overage protection")
    drawn = balance_line(points, ahead, measure=Measure(CreditUnit(unit)), name="Balance", floor=mark)
    assert drawn is not None
    return drawn


def tree(drawn: Chart) -> Element:
    return ElementTree.fromstring(f"<figure>{drawn.drawing}</figure>")


def classed(drawn: Chart, css: str) -> list[Element]:
    return [each for each in tree(drawn).iter() if css in (each.get("class") or "").split()]


def slots(drawn: Chart) -> list[Element]:
    return [each for each in classed(drawn, "chart__plot")[0] if each.get("tabindex")]


def titles(drawn: Chart) -> list[str]:
    return [each.findtext("title") or "" for each in slots(drawn)]


def bars(drawn: Chart) -> list[Element]:
    return [each for slot in slots(drawn) for each in slot.iter("rect") if (each.get("class") or "")[0] == "s"]


def names(drawn: Chart) -> list[str]:
    return [each.text or "" for each in classed(drawn, "chart__days")[0]]


def percent(written: str | None) -> float:
    return float((written or "").removesuffix("%"))


def boxes_below(drawn: Chart, width: int, level: int) -> list[tuple[float, float]]:
    """Where the names of days begin and end on a plot so wide, at 7.2 px a character (13 px Inter measures less)."""
    found = []
    for each in classed(drawn, "chart__days")[0]:
        if int((each.get("class") or "x9")[1:]) <= level:
            wide, at = len(each.text or "") * 7.2, percent(each.get("x")) * width / 100
            start = {"start": at, "end": at - wide}.get(each.get("text-anchor") or "", at - wide / 2)
            found.append((start, start + wide))
    return sorted(found)


def assert_names_apart(drawn: Chart) -> None:
    for width, level in ((220, 1), (320, 2), (560, 3), (900, 3)):
        boxes = boxes_below(drawn, width, level)
        assert boxes and boxes[0][0] > -1 and boxes[-1][1] <= width + 1
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


@given(st.lists(MICROS, min_size=1, max_size=40), UNITS, st.integers(0, 400), st.booleans())
def test_the_balance_stays_inside_and_its_days_apart(values: list[int], unit: str, wait: int, runs_out: bool) -> None:
    today = points_of(*values)[-1].day
    ahead = Ahead(today + timedelta(wait // 2), today + timedelta(wait), today + timedelta(2 * wait))
    drawn = line(points_of(*values), ahead if runs_out else None, floor=-(10**7), unit=unit)
    assert_names_apart(drawn)
    assert "Today" in names(drawn)
    dots = [(float(each.get("cy", "")), each.get("cx")) for each in tree(drawn).iter("circle")]
    assert len(dots) == len(values) and all(TOP <= y <= TOP + DEEP and x == "50%" for y, x in dots)


@given(st.lists(st.lists(st.integers(0, 10**18), min_size=3, max_size=3), min_size=1, max_size=90), UNITS)
def test_the_columns_stay_inside_and_every_used_day_is_seen(values: list[list[int]], unit: str) -> None:
    days = [Column(FIRST + timedelta(number), tuple(each)) for number, each in enumerate(values)]
    measure = Measure(CreditUnit(unit))
    drawn = columns(days, measure=measure, name="Used", series=("A", "B", "C"))
    assert (drawn is None) == (not any(map(sum, values)))
    if drawn is None:
        return
    for day, slot in zip(values, slots(drawn), strict=True):
        found = [each for each in slot.iter("rect") if (each.get("class") or "")[0] == "s"]
        tall = [(float(each.get("y", "")), float(each.get("height", ""))) for each in found]
        assert all(high >= 1 and y >= TOP and y + high <= TOP + DEEP for y, high in tall)
        assert bool(tall) == (sum(day) > 0), "a day with any use is seen, and no other"
        assert sum(high for _, high in tall) <= DEEP
        assert (slot.findtext("title") or "").partition("\n")[0].endswith(f": {measure.shown(sum(day))}")
    assert_names_apart(drawn)


def test_a_stack_is_as_high_as_its_sum_and_keeps_its_series_apart() -> None:
    drawn = used([Column(FIRST, (75_000_000, 75_000_000, 0))], DOLLARS, "Requests", "Data out", "Minutes")
    low, high = bars(drawn)
    assert (low.get("class"), low.get("y"), low.get("height")) == ("s1", str(TOP + DEEP // 2), str(DEEP // 2))
    assert (high.get("class"), high.get("y")) == ("s2", str(TOP))
    assert int(high.get("y", "")) + int(high.get("height", "")) == int(low.get("y", "")) - 1, "one pixel between them"
    assert titles(drawn) == ["1 Nov 2026: $150.00\nData out: $75.00\nRequests: $75.00"]
    assert drawn.legend == (("s1", "Requests"), ("s2", "Data out"), ("s3", "Minutes"))
    assert drawn.head == ("Day", "Requests", "Data out", "Minutes", "Together")
    assert drawn.rows[0].cells == ("$75.00", "$75.00", "$0.00", "$150.00")


def test_the_period_before_stands_beside_it_also_on_days_to_come() -> None:
    before = [
        Column(FIRST, (20,), "/1", 30, date(2026, 10, 1)),
        Column(date(2026, 11, 2), (), "", 40, date(2026, 10, 2)),
    ]
    drawn = used(before, Measure(of="users"), "Users", before="Last period", today=FIRST)
    assert titles(drawn) == [
        "1 Nov 2026: 20 users\nLast period, 1 Oct: 30 users",
        "2 Nov 2026\nLast period, 2 Oct: 40 users",
    ]
    assert [each.tag for each in slots(drawn)] == ["a", "g"], "a day to come opens nothing"
    assert len(classed(drawn, "was")) == 2 and ("was", "Last period") in drawn.legend
    assert [row.cells for row in drawn.rows] == [("20 users", "30 users")]
    assert names(drawn)[0] == "Today"


def test_figures_are_those_of_the_pages_and_exact_in_the_table() -> None:
    owed = line(points_of(1_000_000, -37_568_400))
    assert [each.partition(": ")[2] for each in titles(owed)] == ["$1.00", f"{MINUS}$37.57"]
    assert owed.rows[0].cells == (f"{MINUS}$37.5684",)
    spent = used(days_of(2_504_900))
    assert titles(spent)[0].endswith(": $2.50") and spent.rows[0].cells == ("$2.5049",)
    assert titles(used([Column(FIRST, (7,))], Measure(of="users"), "Users"))[0].endswith(": 7 users")


def test_what_is_below_zero_is_drawn_downwards() -> None:
    up, down = bars(used(days_of(10_000_000, -10_000_000)))
    zero = int(up.get("y", "")) + int(up.get("height", ""))
    assert int(down.get("y", "")) == zero and up.get("height") == down.get("height")


def test_a_higher_balance_is_drawn_higher() -> None:
    path = classed(line(points_of(0, 10, 5)), "line")[0].get("d") or ""
    low, high, middle = [float(point.split()[1]) for point in path[1:].split("L")]
    assert high < middle < low and middle == (low + high) / 2


def test_the_forecast_is_dashed_from_today_to_the_day_it_ends() -> None:
    drawn = line(points_of(30, 20, 10), Ahead(date(2026, 11, 8), date(2026, 11, 12), date(2026, 11, 20)))
    assert classed(drawn, "fore") and "20 Nov" in names(drawn)
    assert [css for css, _ in drawn.legend] == ["line", "fore"]


def test_without_a_forecast_nothing_is_dashed_and_the_last_day_says_today() -> None:
    drawn = line(points_of(30, 20, 10))
    assert not classed(drawn, "fore") and names(drawn).count("Today") == 1 and not drawn.legend
    assert titles(drawn)[-1] == "3 Nov 2026, so far: <$0.01"


def test_the_end_of_the_overage_protection_shows_only_below_zero() -> None:
    below, above = line(points_of(5, -5), floor=-50), line(points_of(5, 1), floor=-50)
    assert "".join(classed(below, "mark")[0].itertext()) == f"End of your overage protection {MINUS}$0.00005"
    assert not classed(above, "mark")


def test_a_limit_is_a_line_and_days_over_it_or_the_threshold_stand_out_and_say_so() -> None:
    drawn = used(days_of(10**8, 2 * 10**8, 25 * 10**7, 3 * 10**8), marks=MARKS)
    assert [each.get("class") for each in slots(drawn)] == [None, "near", "over", "over"]
    lines = [(each.get("data-words"), each.findtext("text")) for each in classed(drawn, "mark")]
    assert lines == [("Daily limit", "Daily limit $250.00"), ("E-mail at", "E-mail at $200.00")]
    over = "At or over your $250.00 daily limit"
    assert [row.note for row in drawn.rows] == [over, over, "From your $200.00 e-mail threshold on", ""]
    assert titles(drawn)[2] == f"3 Nov 2026: $250.00\n{over}"
    assert not classed(used(days_of(1)), "mark")


def test_a_day_from_before_a_limit_held_is_not_judged_by_it() -> None:
    marks = tuple(replace(each, since=FIRST + timedelta(1)) for each in MARKS)
    drawn = used(days_of(3 * 10**8, 3 * 10**8), marks=marks)
    assert [each.get("class") for each in slots(drawn)] == [None, "over"]
    assert [row.note for row in drawn.rows] == ["At or over your $250.00 daily limit", ""]


def test_a_line_that_is_not_set_waits_out_of_sight_and_the_plot_says_its_scale() -> None:
    drawn = used(days_of(10**8), marks=(Mark("limit", None, "Daily limit"),))
    assert [each.get("class") for each in classed(drawn, "mark")] == ["mark mark--limit mark--hidden"]
    plot = classed(drawn, "chart__plot")[0]
    assert [plot.get(f"data-{each}") for each in ("low", "high", "top", "deep", "whole")] == [
        "0", "100000000", str(TOP), str(DEEP), "1000000"
    ]  # fmt: skip
    assert [each.get("data-figure") for each in slots(drawn)] == ["100000000"]


def test_no_days_draw_nothing() -> None:
    assert balance_line([], None, measure=DOLLARS, name="") is None
    for nothing in ([], days_of(0), days_of(0, 0)):
        assert columns(nothing, measure=DOLLARS, name="", series=("Used",)) is None


def test_one_day_is_a_slim_column_and_a_balance_of_one_day_is_a_dot() -> None:
    slot = slots(used(days_of(5)))[0][1]
    assert percent(slot.get("width")) < 10
    drawn = line(points_of(5))
    assert not classed(drawn, "line") and len(list(tree(drawn).iter("circle"))) == 1


def test_it_is_a_group_with_a_sentence_and_one_tab_stop_and_words_cannot_break_out() -> None:
    days = [Column(FIRST, (1,), '/?a="><script>'), Column(date(2026, 11, 2), (2,), "/2")]
    drawn = columns(days, measure=DOLLARS, name='"><script>', series=("A",), marks=(Mark("limit", 1, "<script>"),))
    assert drawn is not None and "<script" not in drawn.drawing and "style=" not in drawn.drawing
    plot = classed(drawn, "chart__plot")[0]
    assert (plot.get("role"), plot.get("aria-label")) == ("group", '"><script>')
    assert [each.get("tabindex") for each in slots(drawn)] == ["-1", "0"]
    assert [each.get("href") for each in slots(drawn)] == ['/?a="><script>', "/2"]


@given(st.lists(st.integers(0, 10**15), min_size=1, max_size=90))
def test_quantities_are_drawn_in_whole_steps(values: list[int]) -> None:
    drawn = columns(days_of(*values), measure=Measure(of="requests"), name="Requests", series=("Requests",))
    if drawn is None:
        assert not any(values)
        return
    steps = [each.text or "" for each in classed(drawn, "chart__steps")[0]]
    assert all("." not in each or each.endswith(("M", "bn", "tn")) for each in steps), "half of one cannot be counted"
    assert HEIGHT == TOP + DEEP + 8


def test_the_last_day_of_a_period_that_is_over_is_not_today() -> None:
    assert names(used(days_of(1, 2, 3)))[0] == "3 Nov"
