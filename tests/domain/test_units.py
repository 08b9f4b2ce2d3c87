"""Quantities are written with their unit: one of a thing is in the singular."""

import pytest

from app.domain.units import one, quantity


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
