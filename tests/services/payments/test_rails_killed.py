"""The process dies (kill -9) on the new ways through a payment: paid once, charged while nobody is there, gone on with.

What must hold after each line is written in docs/decisions/0007-every-rail-is-five-steps.md. After each death the worker
runs, the customer goes on with what waits for them, time passes, and the same form is sent again.
"""

from typing import Any

import pytest

from app.config import Settings
from tests.support.crash_plan import MINUTE, Kill, Plan, Step, Wave
from tests.support.crash_player import drawn, played

PAID: dict[str, Any] = {"charged": [2500], "states": ["succeeded"]}
GIVEN_UP: dict[str, Any] = {"charged": [], "states": ["canceled"]}


def ends(settings: Settings, first: tuple[Step, ...], then: Step, *kills: Kill) -> list[dict[str, Any]]:
    """Let the last of the first steps be killed at these moments, as `drawn`; return how it ended, each time twice."""
    kills = drawn(settings, kills)
    *before, victim = first
    plans = [
        Plan(
            str(kill),
            (
                *(Wave(0, (step,)) for step in before),
                Wave(MINUTE, (Step(victim.do, 0, victim.method, kill=kill),)),
                Wave(5 * MINUTE, (Step("work"),)),
                Wave(0, (then,)),
            ),
        )
        for kill in kills
    ]
    runs = played(settings, "purser", plans)
    assert [run["died"] for run in runs] == [[f"{victim.do} at {kill.what} {kill.at}"] for kill in kills]
    assert [run["wrong"] for run in runs] == [""] * len(kills)
    assert [run["recovered"] for run in runs] == [run["resubmitted"] for run in runs]
    return [run["recovered"] for run in runs]


@pytest.mark.case("AC-9", "AC-24")
def test_killed_before_the_wallet_is_asked_it_is_given_up(settings: Settings, catalog: str) -> None:
    kills = (
        Kill("before create_customer"),
        Kill("after create_customer"),
        Kill("after create_intent"),
        Kill("insert into attempts"),
        Kill("before confirm_one_time"),
    )
    found = ends(settings, (Step("buy", 0, "crypto_once"),), Step("return", 0, "crypto_once"), *kills)
    assert found == [GIVEN_UP] * len(found)


@pytest.mark.proof
@pytest.mark.case("AC-22")
def test_killed_after_the_wallet_is_asked_the_page_leads_there(settings: Settings, catalog: str) -> None:
    kills = (
        Kill("after confirm_one_time"),
        Kill("after fetch_intent"),
        Kill("before commit", 5),
        Kill("after commit", 5),
    )
    found = ends(settings, (Step("buy", 0, "paypal_once"),), Step("return", 0, "paypal_once"), *kills)
    assert found == [PAID] * len(found)


@pytest.mark.case("AC-11", "AC-22")
def test_killed_after_the_bank_asked_nobody_the_customer_can_go_on(settings: Settings, catalog: str) -> None:
    kills = (
        Kill("after confirm_intent"),
        Kill("after fetch_intent"),
        Kill("insert into outbox_events"),
        Kill("insert into mails"),
        Kill("before commit", 4),
        Kill("after commit", 4),
    )
    found = ends(settings, (Step("charge", 0, "asks"),), Step("resume", 0, "asks", part=1), *kills)
    assert found == [PAID] * len(found)


@pytest.mark.proof
def test_killed_before_the_bank_is_asked_a_charge_is_given_up(settings: Settings, catalog: str) -> None:
    kills = (Kill("after commit"), Kill("after create_intent"), Kill("after commit", 3), Kill("before confirm_intent"))
    found = ends(settings, (Step("charge", 0, "asks"),), Step("resume", 0, "asks", part=1), *kills)
    assert found == [GIVEN_UP] * len(found)


@pytest.mark.case("AC-9", "AC-12", "AC-24")
def test_killed_anywhere_while_going_on_it_can_be_gone_on_with_again(settings: Settings, catalog: str) -> None:
    kills = (
        Kill("after fetch_intent"),
        Kill("after commit"),
        Kill("insert into attempts"),
        Kill("before commit", 2),
        Kill("after commit", 2),
        Kill("before confirm_intent"),
        Kill("after confirm_intent"),
        Kill("before commit", 3),
        Kill("after commit", 3),
    )
    first = (Step("charge", 0, "asks"), Step("resume", 0, "asks"))
    found = ends(settings, first, Step("resume", 0, "asks", part=1), *kills)
    assert found == [PAID] * len(found)
