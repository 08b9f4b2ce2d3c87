"""Spans of UTC days, and what the entries of a statement come to."""

from datetime import date

import pytest

from app.domain.errors import Refused
from app.domain.invoices.statement import EARLIEST, LATEST, Span, presets, span, sums


@pytest.mark.parametrize(
    ("today", "months", "years"),
    [
        ("2026-11-29", ("2026-11-01 2026-11-30", "2026-10-01 2026-10-31"), (2026, 2025)),
        ("2026-01-01", ("2026-01-01 2026-01-31", "2025-12-01 2025-12-31"), (2026, 2025)),
        ("2026-12-31", ("2026-12-01 2026-12-31", "2026-11-01 2026-11-30"), (2026, 2025)),
        ("2028-03-31", ("2028-03-01 2028-03-31", "2028-02-01 2028-02-29"), (2028, 2027)),
    ],
)
def test_presets_are_months_and_years_of_the_utc_calendar(
    today: str, months: tuple[str, str], years: tuple[int, int]
) -> None:
    found = [f"{each.first} {each.last}" for each in presets(date.fromisoformat(today)).values()]
    assert found == [*months, *(f"{year}-01-01 {year}-12-31" for year in years)]


def test_where_one_span_ends_the_next_one_begins() -> None:
    """Also in the nights in which other zones move their clocks."""
    for day in (date(2026, 3, 29), date(2026, 10, 25), date(2028, 2, 29), date(2026, 12, 31)):
        following = date.fromordinal(day.toordinal() + 1)
        one, two = Span(day, day), Span(following, following)
        assert one.ends == two.begins
        assert (one.ends - one.begins).total_seconds() == 24 * 3600


def test_days_that_no_statement_has_are_refused() -> None:
    assert span(EARLIEST, LATEST) == Span(EARLIEST, LATEST)
    for first, last, reason in (
        (date(2026, 2, 2), date(2026, 2, 1), "days_out_of_order"),
        (date.min, date(2026, 2, 1), "day_out_of_range"),
        (date(2026, 2, 1), date.max, "day_out_of_range"),
    ):
        with pytest.raises(Refused) as refused:
            span(first, last)
        assert (refused.value.reason, refused.value.status) == (reason, 422)


def test_no_kind_of_entry_is_left_out_of_the_sums() -> None:
    kinds = [
        "invoice", "receipt", "sale", "credit_note", "refund_receipt", "sale_returned", "voided", "credits_applied",
        "payment", "cash_in", "money_refunded", "cash_out",
    ]  # fmt: skip
    found = sums(1, {kind: 10**place for place, kind in enumerate(kinds)})
    assert (found.charged, found.credited, found.voided, found.applied) == (111, 111_000, 10**6, 10**7)
    assert (found.paid, found.paid_back, found.closing) == (11 * 10**8, 11 * 10**10, 111_111_111_112)
