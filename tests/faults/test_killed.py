"""A1–A7: the process dies (kill -9) at every moment of a purchase, and nothing is charged twice, lost or given away.

After each death the worker recovers what is left; then the customer sends the same form again.
"""

from typing import Any

import pytest

from app.config import Settings
from tests.support import tiers
from tests.support.crash_plan import Kill, Step
from tests.support.crash_player import GIVEN_UP, NOTHING, PAID, REFUSED, ends, killed

VISA, POOR = Step("buy", method="visa"), Step("buy", method="poor")
CREDITING = (
    Kill("insert into transfers"),
    Kill("insert into grants"),
    Kill("insert into audit_entries", 2),
    Kill("insert into outbox_events"),
)


@pytest.mark.fault("A1")
def test_killed_before_the_order_is_committed_there_was_none(settings: Settings, catalog: str) -> None:
    runs = killed(settings, VISA, Kill("insert into payments"), Kill("before commit"))
    assert ends(runs) == [NOTHING] * len(runs)
    assert ends(runs, "resubmitted") == [PAID] * len(runs), "sent again, it is an order as any other"


@pytest.mark.fault("A2")
def test_killed_after_the_order_is_committed_it_is_given_up(settings: Settings, catalog: str) -> None:
    runs = killed(settings, VISA, Kill("after commit"), Kill("before create_intent"))
    assert ends(runs) == ends(runs, "resubmitted") == [GIVEN_UP] * len(runs)


@pytest.mark.fault("A3")
@pytest.mark.case("AC-22")
def test_killed_before_the_intents_id_is_saved_it_is_found_and_given_up(settings: Settings, catalog: str) -> None:
    runs = killed(settings, VISA, Kill("after create_intent"), Kill("before commit", 2))
    assert ends(runs) == ends(runs, "resubmitted") == [GIVEN_UP] * len(runs)


@pytest.mark.fault("A4")
@pytest.mark.case("AC-9", "AC-24")
def test_killed_before_the_confirmation_it_is_given_up_at_the_processor(settings: Settings, catalog: str) -> None:
    runs = killed(
        settings,
        VISA,
        Kill("after commit", 2),
        Kill("insert into attempts"),
        Kill("after commit", 3),
        Kill("before confirm_intent"),
    )
    assert ends(runs) == ends(runs, "resubmitted") == [GIVEN_UP] * len(runs)


@pytest.mark.fault("A5")
@pytest.mark.case("AC-22")
@pytest.mark.parametrize(("method", "end"), tiers.some(1, [("visa", PAID), ("poor", REFUSED), ("asks", GIVEN_UP)]))
def test_killed_after_the_confirmation_the_processors_word_counts(
    settings: Settings, catalog: str, method: str, end: dict[str, Any]
) -> None:
    runs = killed(
        settings,
        Step("buy", method=method),
        Kill("after confirm_intent"),
        Kill("before fetch_intent"),
        Kill("after fetch_intent"),
    )
    assert ends(runs) == ends(runs, "resubmitted") == [end] * len(runs)


@pytest.mark.fault("A6")
def test_killed_inside_the_crediting_transaction_it_is_credited_once(settings: Settings, catalog: str) -> None:
    runs = killed(settings, VISA, *CREDITING, Kill("before commit", 4))
    assert ends(runs) == ends(runs, "resubmitted") == [PAID] * len(runs)


@pytest.mark.fault("A7")
@pytest.mark.case("AC-9")
def test_killed_before_the_reply_the_form_sent_again_shows_the_same_payment(settings: Settings, catalog: str) -> None:
    runs = killed(settings, VISA, Kill("after commit", 4))
    assert ends(runs) == ends(runs, "resubmitted") == [PAID]


@pytest.mark.proof
def test_a_declined_purchase_killed_anywhere_stays_uncharged(settings: Settings, catalog: str) -> None:
    kills = (
        Kill("before cancel_intent"),
        Kill("after cancel_intent"),
        Kill("before commit", 4),
        Kill("after commit", 4),
    )
    runs = killed(settings, POOR, *kills)
    assert ends(runs) == ends(runs, "resubmitted") == [REFUSED] * len(runs)
