"""Quantities are written with their unit: one of a thing is in the singular."""

import pytest

from app.domain.units import one, quantity, readable, readable_of


@pytest.mark.parametrize(
    ("unit", "single"),
    [
        ("requests", "request"), ("organizations", "organization"), ("queries", "query"), ("minutes", "minute"),
        ("matches", "match"), ("boxes", "box"), ("GB-hours", "GB-hour"), ("active users", "active user"),
        ("MB", "MB"), ("GBs", "GBs"), ("access", "access"), ("status", "status"), ("analysis", "analysis"), ("", ""),
    ],
)  # fmt: skip
def test_one_of_a_thing_is_in_the_singular(unit: str, single: str) -> None:
    assert one(unit) == single
    assert quantity(1, unit) == f"1 {single}".strip()
    assert quantity(0, unit) == f"0 {unit}".strip()
    assert quantity(41_200, unit) == f"41,200 {unit}".strip()


def test_a_quantity_needs_no_unit() -> None:
    assert quantity(41_200) == "41,200"


@pytest.mark.parametrize(
    ("value", "unit", "shown", "left"),
    [
        (20_412, "MB", "20.4 GB", "20.4 GB"),
        (20_460, "MB", "20.5 GB", "20.4 GB"),
        (50_000, "MB", "50 GB", "50 GB"),
        (999, "bytes", "999 bytes", "999 bytes"),
        (1_000, "Bytes", "1 kB", "1 kB"),
        (2 * 10**18, "bytes", "2000 PB", "2000 PB"),
        (20_412, "requests", "20412 requests", "20412 requests"),
    ],
)
def test_many_bytes_are_written_in_a_unit_that_reads_well(value: int, unit: str, shown: str, left: str) -> None:
    assert "{} {}".format(*readable(value, unit)) == shown
    assert "{} {}".format(*readable(value, unit, is_left=True)) == left


@pytest.mark.parametrize(
    ("value", "basis", "unit", "shown"),
    [
        (1_500, 50_000, "MB", "1.5 of 50 GB"),
        (1_540, 50_000, "MB", "1.5 of 50 GB"),
        (30_000, 50_000, "MB", "30 of 50 GB"),
        (4, 50_000, "MB", "0.004 of 50 GB"),
        (49_999, 50_000, "MB", "49.999 of 50 GB"),
        (0, 50_250, "MB", "0 of 50.25 GB"),
        (10**18, 2 * 10**18, "bytes", "1000 of 2000 PB"),
        (400, 500, "MB", "400 of 500 MB"),
        (4, 50_000, "requests", "4 of 50000 requests"),
    ],
)
def test_what_is_used_and_what_there_is_are_in_one_unit_and_never_look_alike(
    value: int, basis: int, unit: str, shown: str
) -> None:
    assert "{} of {} {}".format(*readable_of(value, basis, unit)) == shown
