"""The chart of the Usage page: the same sums as the tables, whatever was used, and the same days before beside it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.amounts import CreditUnit
from app.domain.catalog import Meter, MeterKind
from app.domain.money import Credits
from app.domain.rating import Tariff
from app.presenters import usage_charts
from app.presenters.charts import MOST_SERIES
from app.services.usage.meters import DayUse, MeterUse
from app.services.usage.stretches import Compared

FIRST, TODAY = date(2026, 11, 6), date(2026, 11, 28)
BEFORE, LAST = date(2026, 10, 6), date(2026, 12, 5)
DOLLARS = CreditUnit("USD")


def address(slug: str, day: date) -> str:
    return f"/{slug}/{day}"


def meters_of(*keys: str, kind: MeterKind = MeterKind.SUM) -> list[MeterUse]:
    return [
        MeterUse(Tariff(Meter(key, key.title(), "", "calls", kind=kind)), 0, 0, Credits(0), None, ()) for key in keys
    ]


def used(day: date, meter: str, micros: int, quantity: int = 1) -> DayUse:
    return DayUse(day, meter, quantity, 1, Credits(micros))


def stretch(*days: DayUse) -> Compared:
    now, earlier = (tuple(each for each in days if (each.day >= FIRST) == is_now) for is_now in (True, False))
    return Compared(FIRST, LAST, TODAY, BEFORE, now, earlier, is_period=True)


KEYS = [f"meter_{number}" for number in range(20)]
USES = st.dictionaries(
    st.tuples(st.integers(0, (TODAY - BEFORE).days), st.sampled_from(["", "gone", *KEYS])), st.integers(0, 10**12)
)


@given(USES, st.integers(1, 20))
def test_a_chart_adds_up_to_what_was_used_however_many_meters_there_are(
    uses: dict[tuple[int, str], int], many: int
) -> None:
    days = [used(BEFORE + timedelta(at), meter, micros) for (at, meter), micros in sorted(uses.items())]
    shown = stretch(*days)
    drawn = usage_charts.cost_of_all(shown, meters_of(*KEYS[:many]), DOLLARS, address)
    spent = {day: sum(each.cost.micros for each in days if each.day == day) for day in {each.day for each in days}}
    now = sum(cost for day, cost in spent.items() if day >= FIRST)
    if drawn.chart is None:
        assert not now
        return
    assert len(drawn.chart.head) <= MOST_SERIES + 3
    together = drawn.chart.head.index("Together") - 1 if "Together" in drawn.chart.head else 0
    for row in drawn.chart.rows:
        assert FIRST <= row.day <= TODAY
        assert row.cells[together] == f"${_written(spent.get(row.day, 0))}"
        assert bool(row.href) == (row.day in spent)
    assert drawn.total == f"${_shown(now)}" or (0 < now < 5000 and drawn.total == "<$0.01")


def _written(micros: int) -> str:
    whole, rest = divmod(micros, 10**6)
    return f"{whole:,}.{f'{rest:06}'.rstrip('0').ljust(2, '0')}"


def _shown(micros: int) -> str:
    cents = (micros + 5000) // 10_000
    return f"{cents // 100:,}.{cents % 100:02}"


def test_the_smallest_of_many_meters_stand_together_and_colours_follow_the_catalog() -> None:
    days = [used(TODAY, key, 10**6 * (number + 1)) for number, key in enumerate(KEYS)]
    chart = usage_charts.cost_of_all(stretch(*days), meters_of(*KEYS), DOLLARS, address).chart
    assert chart is not None
    dearest = [(f"s{number}", f"Meter_{14 + number}") for number in range(1, 6)]
    assert chart.legend == (*dearest, ("s6", "Other meters"))
    assert chart.rows[0].cells == ("$16.00", "$17.00", "$18.00", "$19.00", "$20.00", "$120.00", "$210.00")


def test_one_meter_that_costs_is_no_stack() -> None:
    days = (used(FIRST, "a", 2_000_000), used(FIRST, "b", 0))
    drawn = usage_charts.cost_of_all(stretch(*days), meters_of("a", "b"), DOLLARS, address)
    assert drawn.chart is not None and drawn.chart.legend == ()
    assert drawn.chart.head == ("Day", "A") and drawn.chart.rows[-1].href == f"/all-meters/{FIRST}"


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (3, 2, "$2.00 from 6 Oct to 28 Oct, now 50 % more"),
        (1, 4, "$4.00 from 6 Oct to 28 Oct, now 75 % less"),
        (2, 2, "$2.00 from 6 Oct to 28 Oct, as much"),
        (2, 0, ""),
    ],
)
def test_it_is_compared_with_as_many_days_of_the_period_before(now: int, before: int, words: str) -> None:
    late = used(date(2026, 10, 29), "a", 99 * 10**6)
    days = (used(TODAY, "a", now * 10**6), used(date(2026, 10, 28), "a", before * 10**6), late)
    drawn = usage_charts.cost_of_all(stretch(*days), meters_of("a"), DOLLARS, address)
    assert (drawn.total, drawn.beside) == (f"${now}.00", words)


def test_a_longer_period_before_has_days_that_stand_beside_none() -> None:
    days = Compared(date(2026, 2, 6), date(2026, 3, 5), date(2026, 2, 6), date(2026, 1, 6), (), (), is_period=True)
    assert days.beside(date(2026, 2, 6)) == date(2026, 1, 6)
    assert days.beside(date(2026, 3, 5)) == date(2026, 2, 2)
    first = Compared(date(2026, 3, 6), date(2026, 4, 5), date(2026, 3, 6), date(2026, 2, 6), (), (), is_period=True)
    assert first.beside(date(2026, 4, 5)) is None, "February has no such day"
    assert (first.beside(date(2026, 4, 2)), first.beside(date(2026, 4, 3))) == (date(2026, 3, 5), None)


def test_a_meter_is_drawn_in_what_it_counts_with_its_cost_in_the_readout() -> None:
    shown, use = stretch(used(TODAY, "a", 1_500_000, 40), used(date(2026, 10, 28), "a", 0, 50)), meters_of("a")[0]
    drawn = usage_charts.quantity_of_one(shown, use, DOLLARS, address)
    assert drawn.chart is not None
    assert "28 Nov 2026: 40 calls\nLast period, 28 Oct: 50 calls\nCost: $1.50" in drawn.chart.drawing
    assert (drawn.total, drawn.beside) == ("40 calls", "50 calls from 6 Oct to 28 Oct, now 20 % less")
    assert f"/a/{TODAY}" in drawn.chart.drawing


def test_the_latest_value_stays_until_another_is_reported_and_adds_up_to_nothing() -> None:
    shown = stretch(used(date(2026, 10, 20), "a", 0, 7), used(date(2026, 11, 10), "a", 0, 9))
    drawn = usage_charts.quantity_of_one(shown, meters_of("a", kind=MeterKind.LAST)[0], DOLLARS, address)
    assert drawn.chart is not None and (drawn.total, drawn.beside) == ("", "")
    cells = {row.day: row.cells[0] for row in drawn.chart.rows}
    assert [cells[date(2026, 11, day)] for day in (6, 9, 10, 28)] == ["7 calls", "7 calls", "9 calls", "9 calls"]
