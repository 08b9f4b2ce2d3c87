"""The history by day: usage lies between balances, so every row says the balance that was really there after it."""

from datetime import date, timedelta

import pytest

from app.services.balance.day_rows import Place, Step, Totals, read_place, rows

MONDAY = date(2026, 11, 23)
TUESDAY = MONDAY + timedelta(days=1)


def shown(totals: list[Totals], steps: list[Step], *, parted: bool = True) -> list[tuple[str, int, int]]:
    return [(str(row.place), row.change, row.balance_after) for row in rows(totals, steps, parted=parted)]


def test_a_day_of_usage_is_one_row_and_ends_at_the_days_balance() -> None:
    given = Step(1, MONDAY, 100, 100)
    totals = [Totals(TUESDAY, 0, 30, 60), Totals(MONDAY, 100, 10, 90)]
    assert shown(totals, [given]) == [
        ("2026-11-24.1d", -30, 60),
        ("2026-11-23.1d", -10, 90),
        ("2026-11-23.1m", 100, 100),
    ]


def test_usage_before_and_after_a_purchase_of_the_same_day_lies_on_both_sides_of_it() -> None:
    totals = [Totals(TUESDAY, 50, 17, 53), Totals(MONDAY, 20, 0, 20)]
    steps = [Step(9, TUESDAY, 50, 62), Step(1, MONDAY, 20, 20)]
    assert shown(totals, steps) == [
        ("2026-11-24.9d", -9, 53),
        ("2026-11-24.9m", 50, 62),
        ("2026-11-24.9u", -8, 12),
        ("2026-11-23.1m", 20, 20),
    ]
    before, after = (row for row in rows(totals, steps) if row.is_usage)
    assert (before.below, before.above, after.below, after.above) == (9, None, None, 9)


def test_where_only_some_rows_are_wanted_a_day_is_one_row_whatever_it_met() -> None:
    totals = [Totals(TUESDAY, 50, 17, 53)]
    assert shown(totals, [], parted=False) == [("2026-11-24.0d", -17, 53)]
    assert shown(totals, [Step(9, TUESDAY, 50, 62)], parted=False) == [
        ("2026-11-24.9d", -17, 53),
        ("2026-11-24.9m", 50, 62),
    ]


def test_a_day_without_usage_has_no_row_of_it() -> None:
    assert shown([Totals(MONDAY, 20, 0, 20)], [Step(1, MONDAY, 20, 20)]) == [("2026-11-23.1m", 20, 20)]
    assert shown([Totals(MONDAY, 0, 0, 20)], []) == []


def test_of_a_day_without_totals_nothing_is_said_but_the_days_above_it_know_what_is_below() -> None:
    totals = [Totals(TUESDAY, 0, 17, 53)]
    assert shown(totals, [Step(9, MONDAY, 70, 70)]) == [("2026-11-24.9d", -17, 53)]


def test_movements_that_midnight_booked_the_wrong_way_round_are_never_shown_as_usage() -> None:
    totals = [Totals(TUESDAY, 25, 4, 71), Totals(MONDAY, 50, 0, 50)]
    steps = [Step(2, MONDAY, 50, 75), Step(1, TUESDAY, 25, 25)]
    assert shown(totals, steps) == [
        ("2026-11-24.1d", -4, 71),
        ("2026-11-24.1m", 25, 75),
        ("2026-11-23.2m", 50, 50),
    ]


def test_places_are_ordered_like_their_rows_and_read_as_they_are_written() -> None:
    totals = [Totals(TUESDAY, 50, 17, 53), Totals(MONDAY, 20, 3, 20)]
    found = [row.place for row in rows(totals, [Step(9, TUESDAY, 50, 62), Step(1, MONDAY, 20, 23)])]
    assert found == sorted(found, key=lambda place: place.rank, reverse=True)
    assert [read_place(str(place)) for place in found] == found


@pytest.mark.parametrize("text", ["", "zebra", "2026-11-24", "2026-13-40.1m", "2026-11-24.-1m", "2026-11-24.٥m", "2026-11-24.01d", "2026-11-24.1x", "2026-11-24.1m\n"])  # fmt: skip
def test_what_is_no_place_is_none(text: str) -> None:
    assert read_place(text) is None


def test_a_place_lies_in_its_day() -> None:
    assert Place(TUESDAY, 1, "m").rank > Place(MONDAY, 9, "d").rank
