"""The process dies (kill -9) while an invoice is paid: it is charged once or not at all, and paid exactly if charged."""

import pytest

from app.config import Settings
from tests.support.crash_plan import Kill, Step
from tests.support.crash_player import GIVEN_UP, PAID, ends, killed

PAY = Step("pay", 0, "visa")


@pytest.mark.case("AC-9", "AC-24")
def test_killed_before_the_processor_is_asked_it_is_given_up_and_the_invoice_stays_due(
    settings: Settings, catalog: str
) -> None:
    kills = (
        Kill("after commit"),
        Kill("after create_intent"),
        Kill("insert into attempts"),
        Kill("after commit", 3),
        Kill("before confirm_intent"),
    )
    found = ends(killed(settings, PAY, *kills))
    assert found == [GIVEN_UP] * len(found)


@pytest.mark.case("AC-22", "AC-24")
def test_killed_after_it_was_charged_the_invoice_is_paid_once(settings: Settings, catalog: str) -> None:
    kills = (
        Kill("after confirm_intent"),
        Kill("after fetch_intent"),
        Kill("update documents set"),
        Kill("insert into mails"),
        Kill("before commit", 4),
        Kill("after commit", 4),
    )
    runs = killed(settings, PAY, *kills)
    assert ends(runs) == ends(runs, "resubmitted") == [PAID] * len(runs)
