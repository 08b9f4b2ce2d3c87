"""How long a new balance lasts, and by when a payment on its way arrives, in words."""

from datetime import UTC, date, datetime

import pytest

from app.domain.forecast.paces import Batch
from app.domain.forecast.run_out import Forecast, with_more
from app.domain.money import Credits
from app.domain.numbers import Numbers, compute
from app.domain.payments import debit_expected
from app.models.payments import Payment
from app.presenters.add_credits import expected, lasts, under_way
from app.services.balance.after_purchase import AfterPurchase

TODAY = date(2026, 11, 27)


def on(day: date) -> Forecast:
    return Forecast(day, day, day)


@pytest.mark.parametrize(
    ("balance", "forecast", "has_pace", "words"),
    [
        (25, None, False, "Nothing was used lately, so nobody can say"),
        (25, None, True, "More than ten years"),
        (25, on(date(2026, 11, 27)), True, "Until today"),
        (25, on(date(2026, 11, 28)), True, "About 1 day, to 28 Nov"),
        (25, on(date(2026, 12, 17)), True, "About 20 days, to 17 Dec"),
        (25, on(date(2027, 12, 17)), True, "About 385 days, to 17 Dec 2027"),
        (-5, on(date(2026, 12, 1)), True, "About 4 days, to 1 Dec, with your overage protection"),
    ],
)
def test_how_long_it_lasts(balance: int, forecast: Forecast | None, has_pace: bool, words: str) -> None:
    assert lasts(AfterPurchase(Credits(balance * 1_000_000), forecast, has_pace), numbers(50), TODAY) == words


@pytest.mark.parametrize(
    ("protection", "exposure", "words"),
    [
        (200, 200, "About 4 days, to 1 Dec, with what you may pay later"),
        (250, 200, "About 4 days, to 1 Dec, with what you may pay later and your overage protection"),
    ],
)
def test_who_pays_later_lasts_by_that(protection: int, exposure: int, words: str) -> None:
    after = AfterPurchase(Credits(-5_000_000), on(date(2026, 12, 1)), has_pace=True)
    assert lasts(after, numbers(protection, exposure), TODAY) == words


def numbers(protection: int, exposure: int = 0) -> Numbers:
    line, later = protection * 1_000_000, exposure * 1_000_000
    return compute(
        granted=0, usage=0, balance=0, overage_limit=line, standing="good", credit_unit="USD", exposure=later
    )


def payment(state: str, rail: str) -> Payment:
    at = datetime(2026, 11, 26, 9, tzinfo=UTC)
    return Payment(id="pay_1", state=state, rail=rail, amount_minor=2500, currency="EUR", created_at=at)


def test_a_debit_is_expected_after_business_days() -> None:
    assert debit_expected(date(2026, 11, 26)) == (date(2026, 12, 8), date(2026, 12, 16)), "from a Thursday"
    assert debit_expected(date(2026, 11, 28)) == (date(2026, 12, 9), date(2026, 12, 17)), "from a Saturday"
    assert expected(payment("processing", "sepa_debit"), TODAY) == "Usually by 8 Dec, at the latest about 16 Dec"
    assert expected(payment("processing", "crypto"), TODAY) == "Usually within minutes"
    assert expected(payment("requires_action", "sepa_debit"), TODAY) == ""


def test_what_is_under_way_says_whose_turn_it_is() -> None:
    rows = [
        ("requires_action", "card"),
        ("requires_action", "paypal"),
        ("processing", "sepa_debit"),
        ("confirming", "card"),
    ]
    said = under_way([payment(state, rail) for state, rail in rows], TODAY)
    assert [(each.waits.removeprefix('<strong class="num">€25.00</strong> '), each.is_ours) for each in said] == [
        ("waits for you to confirm it with your bank", True),
        ("waits for your approval at PayPal", True),
        ("is on its way by SEPA direct debit", False),
        ("waits for an answer of our payment processor, and is not charged twice", False),
    ]


def test_what_is_bought_is_used_before_what_lasts_longer() -> None:
    soon, later, ever = Batch(1, date(2026, 12, 1)), Batch(2, date(2027, 1, 1)), Batch(3)
    assert with_more([soon, later, ever], Batch(9, date(2026, 12, 10))) == [
        soon,
        Batch(9, date(2026, 12, 10)),
        later,
        ever,
    ]
    assert with_more([soon, later, ever], Batch(9)) == [soon, later, ever, Batch(9)]
