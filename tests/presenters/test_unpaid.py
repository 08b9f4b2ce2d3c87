"""How a customer with unpaid invoices stands: in one or two sentences, with what to do and when what follows."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.catalog_terms import Dunning
from app.domain.dunning.schedule import Attempt, Outcome
from app.domain.dunning.standing import Unpaid
from app.presenters.unpaid import StandingWords, charged_on, standing

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
FAILED = Attempt(0, NOW, Outcome.FAILED, NOW)
TRIED = Unpaid("inv_1", NOW, date(2026, 11, 2), (FAILED, Attempt(1, NOW + DAY, Outcome.WAITING)))
LEFT = Unpaid("inv_2", NOW, date(2026, 11, 2))
VISA = "Visa ending in 4242"
ONE = "Pay it, or add another payment method, which pays it at once."
TWO = "Pay them, or add another payment method, which pays them at once."
AGAIN = f"We charge {VISA} on 3 Nov 2026, 09:00 UTC."
ENDS = "If nobody pays, your account is suspended on 7 Nov 2026, 09:00 UTC."
SERVED = "You are served again as soon as nothing is overdue."
REFUSED = "Your account is suspended: calls are refused."
PROCESSING = "A payment is being processed: until your bank has answered, nothing else is charged."


@pytest.mark.parametrize(
    ("now", "invoices", "charged", "paying", "fact", "follows"),
    [
        ("past_due", [TRIED], VISA, False, "An invoice is past due.", f"{AGAIN} {ONE} {ENDS}"),
        ("past_due", [TRIED], "", False, "An invoice is past due.", f"{ONE} {ENDS}"),
        ("past_due", [LEFT], VISA, False, "An invoice is past due.", ONE),
        ("past_due", [TRIED, LEFT], VISA, True, "2 invoices are past due.", f"{PROCESSING} {TWO} {ENDS}"),
        ("suspended", [LEFT], VISA, False, f"{REFUSED} An invoice is not paid.", f"{ONE} {SERVED}"),
        ("suspended", [TRIED, LEFT], VISA, False, f"{REFUSED} 2 invoices are not paid.", f"{AGAIN} {TWO} {SERVED}"),
    ],
)
def test_it_says_what_is_so_and_what_to_do(
    now: str, invoices: list[Unpaid], charged: str, paying: bool, fact: str, follows: str
) -> None:
    found = standing(now, invoices, Dunning(), charged, is_processing=paying)
    assert found == StandingWords(fact, follows, now == "suspended")


def test_who_has_paid_everything_reads_nothing() -> None:
    assert standing("good", [LEFT], Dunning(), VISA, is_processing=False) is None
    assert charged_on(LEFT, VISA) == charged_on(TRIED, "") == ""
    assert charged_on(TRIED, VISA) == AGAIN
