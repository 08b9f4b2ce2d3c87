"""What a plan costs for a period that begins: its lines, and on which days."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.domain.invoices.lines import Rate
from app.domain.subscriptions.choice import Choice, Interval
from app.domain.subscriptions.fees import fees
from app.domain.subscriptions.proration import plan_period
from tests.domain.subscriptions.test_change import FREE, PERSONAL, TEAM, of

VAT = Rate("S", Decimal(25))


def test_a_plan_and_its_seats_beyond_the_included_ones_are_a_line_each() -> None:
    june = plan_period(datetime(2027, 6, 1, tzinfo=UTC), 1, Interval.MONTHLY)
    year = plan_period(datetime(2027, 6, 1, tzinfo=UTC), 1, Interval.ANNUAL)
    table: list[tuple[Choice, list[tuple[str, int, int, str]]]] = [
        (of(FREE), []),
        (of(PERSONAL), [("Personal, 1–30 June 2027", 1200, 1, "12.00")]),
        (of(TEAM, 3), [("Team, 1–30 June 2027", 4900, 1, "49.00")]),
        (of(TEAM, 5), [("Team, 1–30 June 2027", 4900, 1, "49.00"), ("2 seats, 1–30 June 2027", 3000, 2, "15.00")]),
        (
            of(TEAM, 4, "annual"),
            [
                ("Team, 1 June 2027 – 31 May 2028", 49000, 1, "490.00"),
                ("1 seat, 1 June 2027 – 31 May 2028", 15000, 1, "150.00"),
            ],
        ),
    ]
    for choice, expected in table:
        span = june if choice.interval is Interval.MONTHLY else year
        found = [
            (line.description, line.net.amount_minor, line.quantity, f"{line.unit_price:f}")
            for line in fees(choice, span, VAT)
        ]
        assert found == expected


@pytest.mark.parametrize(
    ("begins", "interval", "ends"),
    [
        ("2027-01-31", "monthly", ["2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]),
        ("2028-02-29", "monthly", ["2028-03-29", "2028-04-29"]),
        ("2028-02-29", "annual", ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
        ("2027-12-31", "annual", ["2028-12-31", "2029-12-31"]),
    ],
)
@pytest.mark.case("AC-82")
def test_plan_periods_are_counted_from_the_day_of_the_first(begins: str, interval: str, ends: list[str]) -> None:
    start = datetime.fromisoformat(f"{begins}T00:00Z")
    anchor, found = start.day, list[str]()
    for _each in ends:
        start = plan_period(start, anchor, Interval(interval)).ends_at
        found.append(f"{start:%F}")
    assert found == ends
