"""The process dies (kill -9) while a plan is changed: it is charged once or not at all, and had exactly if charged."""

from typing import Any

import pytest

from app.config import Settings
from tests.support import cast
from tests.support.crash_plan import Kill, Step
from tests.support.crash_player import GIVEN_UP, ends, killed

CHANGE = Step("change", 0, "visa")


@pytest.fixture
def catalog(catalog: str) -> str:
    """The catalog that warms the runs up, and beside it one with plans."""
    cast.apply_catalog("platform")
    return catalog


def upgrades(settings: Settings, *kills: Kill) -> list[dict[str, Any]]:
    """Let an upgrade be killed there; `verify` and the other side are asked after each."""
    return killed(settings, CHANGE, *kills, catalog="platform")


@pytest.mark.proof
@pytest.mark.case("AC-24")
def test_killed_before_the_processor_is_asked_it_is_given_up_and_the_plan_stays(
    settings: Settings, catalog: str
) -> None:
    found = upgrades(
        settings,
        Kill("after commit"),
        Kill("after create_intent"),
        Kill("insert into attempts"),
        Kill("before confirm_intent"),
    )
    assert ends(found) == [GIVEN_UP] * len(found)


@pytest.mark.proof
@pytest.mark.case("AC-22", "AC-24")
def test_killed_after_it_was_charged_the_plan_is_had_once(settings: Settings, catalog: str) -> None:
    found = upgrades(
        settings,
        Kill("after confirm_intent"),
        Kill("after fetch_intent"),
        Kill("update subscriptions set", 3),  # the first is the trial before it is charged
        Kill("insert into documents"),
        Kill("update plan_changes set"),
        Kill("insert into mails"),
        Kill("before commit", 4),
        Kill("after commit", 4),
    )
    for end in (*ends(found), *ends(found, "resubmitted")):
        assert (end["states"], len(end["charged"])) == (["succeeded"], 1)


@pytest.mark.proof
def test_killed_while_the_order_is_written_there_is_none(settings: Settings, catalog: str) -> None:
    found = upgrades(settings, Kill("insert into payments"), Kill("insert into plan_changes"), Kill("before commit"))
    assert [(end["charged"], end["states"]) for end in ends(found)] == [([], [])] * len(found)
