"""Payment methods: when a card's date is over, when a setup is, and what a mandate's file says."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.mandates import AcceptedMandate, MandateText, document, sepa_debit
from app.domain.methods import Expiry, Setup, SetupStatus, expiry, setup_is_over, setup_problem

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("month", "year", "today", "stands"),
    [
        (11, 2026, date(2026, 11, 30), Expiry.SOON),
        (11, 2026, date(2026, 12, 1), Expiry.OVER),
        (12, 2026, date(2026, 12, 31), Expiry.SOON),
        (12, 2026, date(2027, 1, 1), Expiry.OVER),
        (1, 2027, date(2026, 12, 2), Expiry.FINE),
        (1, 2027, date(2026, 12, 3), Expiry.SOON),
        (2, 2028, date(2028, 2, 29), Expiry.SOON),
        (8, 2034, date(2026, 11, 21), Expiry.FINE),
        (8, 1999, date(2026, 11, 21), Expiry.OVER),
        (None, None, date(2026, 11, 21), Expiry.FINE),
    ],
)
def test_a_card_is_good_to_the_last_day_of_its_month(
    month: int | None, year: int | None, today: date, stands: Expiry
) -> None:
    assert expiry(month, year, today) is stands


def setup(status: SetupStatus, code: str = "") -> Setup:
    return Setup("seti_1", status, "set_1", "cus_1", decline_code=code)


@pytest.mark.parametrize(
    ("status", "code", "age", "alone", "over"),
    [
        (SetupStatus.REQUIRES_PAYMENT_METHOD, "", timedelta(0), True, False),
        (SetupStatus.REQUIRES_PAYMENT_METHOD, "", timedelta(minutes=2), True, True),
        (SetupStatus.REQUIRES_PAYMENT_METHOD, "declined", timedelta(0), True, True),
        (SetupStatus.REQUIRES_PAYMENT_METHOD, "declined", 23 * HOUR, False, False),
        (SetupStatus.REQUIRES_CONFIRMATION, "", 24 * HOUR, False, True),
        (SetupStatus.REQUIRES_ACTION, "", 23 * HOUR, True, False),
        (SetupStatus.REQUIRES_ACTION, "", 24 * HOUR, True, True),
        (SetupStatus.PROCESSING, "", 99 * HOUR, True, False),
        (SetupStatus.SUCCEEDED, "", 99 * HOUR, True, False),
    ],
)
def test_a_setup_is_over_when_nobody_brings_it_further(
    status: SetupStatus, code: str, age: timedelta, alone: bool, over: bool
) -> None:
    assert setup_is_over(setup(status, code), age, alone=alone) is over


def test_the_secret_of_a_setup_is_not_in_what_is_logged() -> None:
    assert "hush" not in repr(Setup("seti_1", SetupStatus.SUCCEEDED, "set_1", "cus_1", client_secret="hush"))


def test_an_unknown_problem_is_the_banks() -> None:
    assert setup_problem("do_not_honor") == setup_problem("anything else")
    assert setup_problem("do_not_honor")[1] == "method_declined"


def accepted(**changes: object) -> AcceptedMandate:
    values: dict[str, object] = {
        "id": "man_1",
        "reference": "REF123",
        "creditor": ("Meridian Analytics GmbH", "Hafenstraße 12", "20457 Hamburg"),
        "debtor": "Initech",
        "account": "SEPA direct debit ending in 3000",
        "text": sepa_debit("Meridian Analytics GmbH"),
        "accepted_by": "Erika Ebner",
        "accepted_at": datetime(2026, 11, 21, 9, 30, 5, tzinfo=UTC),
        "address": "203.0.113.7",
        "user_agent": "Mozilla/5.0",
    }
    return AcceptedMandate(**(values | changes))  # type: ignore[arg-type]  # as written above


def test_the_file_says_who_accepted_what_when_and_from_where() -> None:
    text = document(accepted())
    for words in (
        "Mandate reference:    REF123",
        "Creditor:             Meridian Analytics GmbH, Hafenstraße 12, 20457 Hamburg",
        "Debtor:               Initech",
        "Account:              SEPA direct debit ending in 3000",
        "Accepted by:          Erika Ebner",
        "Accepted on:          2026-11-21 09:30:05 UTC",
        "Accepted from:        203.0.113.7",
        sepa_debit("Meridian Analytics GmbH").text,
    ):
        assert words in text


def test_a_value_cannot_add_a_line_of_its_own() -> None:
    text = document(accepted(user_agent="curl\nAccepted by: somebody else", debtor="Ini\r\ntech"))
    assert [line for line in text.splitlines() if line.startswith("Accepted by:")] == [
        "Accepted by:          Erika Ebner"
    ]
    assert "Ini tech" in text


def test_what_was_accepted_stays_when_the_text_changes() -> None:
    assert "The old words." in document(accepted(text=MandateText("sepa_debit-2020-01", "The old words.")))


@pytest.mark.parametrize(("month", "year"), [(11, None), (None, 2020)])
def test_half_a_date_is_none(month: int | None, year: int | None) -> None:
    assert expiry(month, year, date(2026, 11, 21)) is Expiry.FINE


def test_each_code_has_its_sentence_and_its_reason() -> None:
    assert setup_problem("incorrect_cvc")[0] == "The card's security code is wrong. Nothing was saved."
    assert setup_problem("not_a_test_method")[1] == "test_method_unknown"
    unheard_of = ("The bank does not accept this payment method. Choose another one.", "method_declined")
    assert setup_problem("never heard of") == unheard_of
