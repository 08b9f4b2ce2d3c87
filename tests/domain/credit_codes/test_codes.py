"""How codes are written, who may redeem one when, and how many guesses there are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.credit_codes import codes
from app.domain.credit_codes.codes import Terms

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
OPEN = Terms("small", "USD", NOW + timedelta(seconds=1), 10, 9, 30)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("welcome10", "WELCOME10"),
        (" 7k3m9-q2w5x ", "7K3M9-Q2W5X"),
        ("WEL COME", "WELCOME"),
        ("short", ""),
        ("A" * 31, ""),
        ("-WELCOME", ""),
        ("WELCOME--1", ""),
        ("WELCOMÉ", ""),
        ("ＷＥＬＣＯＭＥ", ""),
        ("", ""),
    ],
)
def test_a_code_is_kept_in_capitals_and_without_spaces(typed: str, code: str) -> None:
    assert codes.normal(typed) == code


@pytest.mark.parametrize(
    ("terms", "is_open"),
    [
        (OPEN, True),
        (replace(OPEN, redeem_until=NOW), False),
        (replace(OPEN, redeem_until=None, most=None), True),
        (replace(OPEN, redeemed=10), False),
        (replace(OPEN, is_withdrawn=True), False),
        (replace(OPEN, catalog="other"), False),
        (replace(OPEN, credit_unit="tokens"), False),
    ],
)
def test_a_code_is_open_until_its_end_and_its_number_to_the_customers_of_its_catalog(
    terms: Terms, is_open: bool
) -> None:
    assert terms.is_open_to("small", "USD", NOW) is is_open


def test_its_credit_lasts_from_the_day_it_is_redeemed() -> None:
    assert OPEN.expires_at(NOW) == NOW + timedelta(days=30)
    assert replace(OPEN, lasts_days=None).expires_at(NOW) is None


@pytest.mark.parametrize(
    ("minutes_ago", "waits"),
    [
        ([], None),
        ([1] * 4, None),
        ([50, 40, 30, 20, 10], 10),
        ([60, 40, 30, 20, 10], None),
        ([59, 40, 30, 20, 10, 1], 20),
    ],
)
def test_there_are_five_guesses_an_hour(minutes_ago: list[int], waits: int | None) -> None:
    found = codes.next_guess_at([NOW - timedelta(minutes=each) for each in minutes_ago], NOW)
    assert found == (None if waits is None else NOW + timedelta(minutes=waits))
