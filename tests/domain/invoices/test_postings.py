"""What rows of the history that stand for all meters are made of, held against histories that know it."""

from collections import defaultdict
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.invoices.postings import Counted, Made, Posted, made_of

FIRST = date(2026, 10, 20)
NEXT = FIRST + timedelta(days=1)
LATER = NEXT + timedelta(days=1)


def made(
    *rows: tuple[int, int, date], days: list[tuple[str, date, int, int]]
) -> dict[int, tuple[dict[str, int], bool]]:
    found = made_of([Posted(*each) for each in rows], [Counted(*each) for each in days])
    return {number: (dict(each.costs), each.is_exact) for number, each in found.items()}


def test_a_day_that_one_row_alone_can_have_is_in_it_as_a_whole() -> None:
    days = [("calls", FIRST, 300, 1), ("runs", FIRST, 200, 1), ("calls", NEXT, 70, 2), ("runs", LATER, 30, 2)]
    assert made((1, 500, NEXT), (2, 100, LATER), days=days) == {
        1: ({"calls": 300, "runs": 200}, True), 2: ({"calls": 70, "runs": 30}, True),
    }  # fmt: skip


def test_what_was_used_of_one_meter_on_a_day_of_two_rows_is_known_by_what_is_left() -> None:
    days = [("calls", FIRST, 300, 1), ("runs", FIRST, 200, 2)]
    assert made((1, 360, FIRST), (2, 140, FIRST), days=days) == {
        1: ({"calls": 300, "runs": 60}, True), 2: ({"runs": 140}, True),
    }  # fmt: skip


def test_where_two_meters_went_on_the_rows_share_them_by_what_they_cost_and_say_that_it_is_not_known() -> None:
    days = [("calls", FIRST, 300, 2), ("runs", FIRST, 100, 2)]
    assert made((1, 360, FIRST), (2, 40, FIRST), days=days) == {
        1: ({"calls": 270, "runs": 90}, False), 2: ({"calls": 30, "runs": 10}, False),
    }  # fmt: skip


def test_rows_and_days_that_do_not_add_up_are_made_of_nothing() -> None:
    days = [("calls", FIRST, 300, 1)]
    assert made((1, 299, FIRST), days=days) == {}
    assert made((1, 301, FIRST), days=days) == {}
    assert made((1, 300, FIRST), days=[*days, ("runs", NEXT, 1, 2)]) == {}
    assert made(days=[]) == {}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["calls", "runs", "seats"]), st.integers(1, 50)), st.just("post"), st.just("night")
    ),
    max_size=40,
)


@given(STEPS)
def test_rows_have_what_was_new_then_and_say_where_it_is_not_known(steps: list[str | tuple[str, int]]) -> None:
    rows, truth = list[Posted](), dict[int, dict[str, int]]()
    counted, last = defaultdict[tuple[str, date], int](int), dict[tuple[str, date], int]()
    pending, today = defaultdict[tuple[str, date], int](int), FIRST
    for step in [*steps, "post"]:
        if isinstance(step, tuple):
            pending[step[0], today] += step[1]
            counted[step[0], today] += step[1]
        elif step == "night":
            today += timedelta(days=1)
        elif pending:
            number, by_meter = len(rows) + 1, defaultdict[str, int](int)
            for key, micros in pending.items():
                last[key] = number
                by_meter[key[0]] += micros
            rows.append(Posted(number, sum(pending.values()), today))
            truth[number] = dict(by_meter)
            pending.clear()
    found = made_of(rows, [Counted(meter, day, micros, last[meter, day]) for (meter, day), micros in counted.items()])
    assert sorted(found) == sorted(truth)
    assert all(sum(found[each.number].costs.values()) == each.micros for each in rows)
    assert _in_all(found) == _in_all({number: Made(costs, is_exact=True) for number, costs in truth.items()})
    for number, each in found.items():
        if each.is_exact:
            assert dict(each.costs) == truth[number]


def _in_all(found: dict[int, Made]) -> dict[str, int]:
    sums = defaultdict[str, int](int)
    for each in found.values():
        for meter, micros in each.costs.items():
            sums[meter] += micros
    return dict(sums)
