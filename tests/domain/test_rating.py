"""Rating: every kind of meter, allowance before credits, and a sum that no order and no batching changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalog import Meter, MeterKind, MeterTier
from app.domain.errors import Broken
from app.domain.money import Credits
from app.domain.rating import (
    AHEAD,
    LARGEST,
    OLDEST,
    Tally,
    Tariff,
    UsageReport,
    counted,
    digest,
    malformed,
    properties_text,
    refusal,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVENT = UsageReport("evt-1", "acme", "requests")
KINDS = (MeterKind.COUNT, MeterKind.SUM, MeterKind.UNIQUE, MeterKind.MAX)


def tariff(*, allowance: int = 0, rate: Credits | None = None, per: int = 1, price: int | None = 400_000) -> Tariff:
    meter = Meter("requests", "Requests", "", "requests", credits=None if price is None else Credits(price), per=per)
    return Tariff(meter, allowance, None, rate)


def shown(kind: MeterKind, *events: tuple[int, str, int]) -> Tally:
    """Return what a meter shows after (quantity, subject, minute) events."""
    tally, seen = Tally(), set()
    for quantity, subject, minute in events:
        is_new = subject not in seen
        seen.add(subject)
        tally = counted(kind, tally, quantity, NOW + timedelta(minutes=minute), is_new=is_new)
    return tally


EVENTS = [(5, "ann", 1), (9, "ben", 3), (2, "ann", 2)]


@pytest.mark.parametrize(
    ("kind", "quantity"),
    [(MeterKind.SUM, 16), (MeterKind.UNIQUE, 2), (MeterKind.MAX, 9), (MeterKind.LAST, 9)],
)
def test_a_meter_counts_by_its_kind(kind: MeterKind, quantity: int) -> None:
    assert shown(kind, *EVENTS).quantity == quantity


def test_count_counts_events() -> None:
    assert shown(MeterKind.COUNT, (1, "", 1), (1, "", 1), (1, "", 0)).quantity == 3


def test_last_shows_the_latest_value_whatever_order_the_events_come_in() -> None:
    assert shown(MeterKind.LAST, (9, "", 3), (5, "", 1)) == Tally(9, NOW + timedelta(minutes=3))
    assert shown(MeterKind.LAST, (9, "", 3), (5, "", 4)).quantity == 5


def test_of_two_values_at_one_moment_the_later_report_is_the_last() -> None:
    assert shown(MeterKind.LAST, (9, "", 3), (5, "", 3)).quantity == 5


def test_what_is_included_costs_nothing_and_the_first_beyond_it_does() -> None:
    paid = tariff(allowance=1000)
    assert paid.step(0, 1000) == 0
    assert paid.step(999, 1001) == 400_000
    assert paid.step(1000, 1001) == 400_000


def test_a_plans_own_price_is_for_what_is_beyond_the_allowance() -> None:
    paid = tariff(allowance=10, rate=Credits(100))
    assert paid.step(5, 15) == 500


def test_tiers_begin_after_the_allowance() -> None:
    tiers = (MeterTier(Credits(20), up_to=100), MeterTier(Credits(10)))
    tiered = Tariff(Meter("hours", "", "", "", tiers=tiers), allowance=50)
    assert tiered.cost(150) == 2000
    assert tiered.step(150, 151) == 10


def test_a_quantity_that_falls_gives_nothing_back() -> None:
    assert tariff().step(10, 5) == 0


def test_a_meter_without_a_price_is_counted_for_nothing() -> None:
    free = tariff(price=None)
    assert free.is_free
    assert free.step(0, 10**12) == 0


def test_an_event_too_small_to_cost_is_paid_by_the_one_that_completes_a_micro() -> None:
    third = tariff(price=1, per=3)
    assert [third.step(before, after) for before, after in pairwise(range(7))] == [0, 1, 0, 0, 1, 0]


@given(
    quantities=st.lists(st.integers(0, 10**6), max_size=30),
    allowance=st.integers(0, 10**6),
    price=st.integers(0, 10**7),
    per=st.integers(1, 1000),
)
def test_what_events_cost_is_what_their_sum_costs(quantities: list[int], allowance: int, price: int, per: int) -> None:
    rated = tariff(allowance=allowance, price=price, per=per)
    costs, total = [], 0
    for quantity in quantities:
        costs.append(rated.step(total, total + quantity))
        total += quantity
    assert sum(costs) == rated.cost(total)
    assert all(cost >= 0 for cost in costs)


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from(["ann", "ben", "cyd"]), st.integers(0, 5)), max_size=20))
def test_no_order_of_events_changes_what_a_priced_meter_shows(events: list[tuple[int, str, int]]) -> None:
    for kind in KINDS:
        assert shown(kind, *events).quantity == shown(kind, *reversed(events)).quantity


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"id": ""}, "id_malformed"),
        ({"id": "x" * 200}, ""),
        ({"id": "x" * 201}, "id_malformed"),
        ({"id": "a\nb"}, "id_malformed"),
        ({"id": "\ud800"}, "id_malformed"),
        ({"id": "hold_1"}, "id_reserved"),
        ({"id": "my_hold_1"}, ""),
        ({"subject": "x" * 201}, "subject_malformed"),
        ({"subject": "a\0"}, "subject_malformed"),
        ({"quantity": -1}, "quantity_out_of_range"),
        ({"quantity": LARGEST}, ""),
        ({"quantity": LARGEST + 1}, "quantity_out_of_range"),
        ({"properties": {"note": "x" * 4000}}, "properties_too_long"),
    ],
)
def test_what_no_table_can_hold_is_named(change: dict[str, object], reason: str) -> None:
    report = replace(EVENT, **change)  # type: ignore[arg-type]
    assert malformed(report, properties_text(report.properties)) == reason


@pytest.mark.parametrize(
    ("kind", "change", "reason"),
    [
        (MeterKind.SUM, {"quantity": 0}, ""),
        (MeterKind.COUNT, {"quantity": 2}, "quantity_not_one"),
        (MeterKind.UNIQUE, {"subject": "ann", "quantity": 0}, "quantity_not_one"),
        (MeterKind.UNIQUE, {"subject": ""}, "subject_missing"),
        (MeterKind.UNIQUE, {"subject": "ann"}, ""),
        (MeterKind.SUM, {"time": NOW - OLDEST}, ""),
        (MeterKind.SUM, {"time": NOW - OLDEST - timedelta(microseconds=1)}, "too_old"),
        (MeterKind.SUM, {"time": NOW + AHEAD}, ""),
        (MeterKind.SUM, {"time": NOW + AHEAD + timedelta(microseconds=1)}, "in_the_future"),
    ],
)
def test_what_a_meter_cannot_count_is_named(kind: MeterKind, change: dict[str, object], reason: str) -> None:
    assert refusal(replace(EVENT, **change), kind, NOW) == reason  # type: ignore[arg-type]


def key_of(report: UsageReport) -> str:
    return digest(report, properties_text(report.properties))


def test_the_same_event_is_known_again_however_it_is_written() -> None:
    first = replace(EVENT, properties={"a": 1, "b": [2]}, time=NOW)
    again = replace(EVENT, properties={"b": [2], "a": 1}, time=NOW.astimezone(timezone(timedelta(hours=5))))
    assert key_of(first) == key_of(again)
    assert len(key_of(first)) == 32


@pytest.mark.parametrize(
    "change",
    [{"meter": "runs"}, {"quantity": 2}, {"subject": "ann"}, {"time": NOW}, {"properties": {"a": 1}}],
)
def test_another_event_has_another_key(change: dict[str, object]) -> None:
    assert key_of(replace(EVENT, **change)) != key_of(EVENT)  # type: ignore[arg-type]


def test_a_moment_without_a_zone_is_a_bug() -> None:
    with pytest.raises(Broken):
        key_of(replace(EVENT, time=NOW.replace(tzinfo=None)))


def test_a_plans_own_price_is_its_only_step() -> None:
    assert tariff(rate=Credits(7)).steps == ((7, None),)
    assert tariff().steps == ((400_000, None),)
