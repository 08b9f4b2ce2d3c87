"""After declines: 1 hour, 6 hours, a day, then no more; what nobody declined counts for nothing (AC-4)."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.auto_recharge.retries import Ended, Retry, after

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def ended(*codes: str) -> list[Ended]:
    return [Ended(NOW + place * HOUR, code, was_asked=True) for place, code in enumerate(codes)]


@pytest.mark.case("AC-4")
@pytest.mark.parametrize(
    ("codes", "wanted"),
    [
        ((), Retry()),
        (("card_declined",), Retry(1, NOW + HOUR)),
        (("card_declined", "insufficient_funds"), Retry(2, NOW + 7 * HOUR)),
        (("card_declined",) * 3, Retry(3, NOW + 26 * HOUR)),
        (("card_declined",) * 4, Retry(4, None, "card_declined")),
        (("card_declined",) * 9, Retry(9, None, "card_declined")),
        (("unavailable", "interrupted", "method_removed"), Retry()),
        (("card_declined", "unavailable"), Retry(1, NOW + HOUR)),
        (("not_confirmed",), Retry(1, None, "not_confirmed")),
        (("given_up",), Retry(1, None, "given_up")),
        (("authentication_required",), Retry(1, None, "authentication_required")),
        (("refused_by_processor",), Retry(1, None, "refused_by_processor")),
    ],
)
def test_what_follows_from_charges_without_money(codes: tuple[str, ...], wanted: Retry) -> None:
    assert after(ended(*codes)) == wanted


def test_a_new_consent_answers_the_banks_question_and_no_decline() -> None:
    asked = ended("not_confirmed", "given_up")
    assert after(asked, NOW + 2 * HOUR) == Retry()
    assert after(asked, NOW + HOUR) == Retry(1, None, "given_up")
    assert after(ended("card_declined"), NOW + 2 * HOUR) == Retry(1, NOW + HOUR)


def test_a_charge_that_was_interrupted_before_anybody_answered_is_no_decline() -> None:
    assert after([Ended(NOW, "not_confirmed", was_asked=False)]) == Retry()
    assert after([Ended(NOW, "not_confirmed", was_asked=True)]) == Retry(1, None, "not_confirmed")
