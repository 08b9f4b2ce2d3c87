"""The sandbox looked at from inside: one's own side of it, and faults planted by a form."""

from typing import Any

import pytest
from flask import Flask

from app.config import Settings
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from tests.support.browser import Browser, Page
from tests.support.shop import add_method, bought

PATH = "/dev/processor/"


def test_it_plants_and_lifts_faults(alice: Browser, settings: Settings) -> None:
    page = alice.opens(PATH)
    assert "No fault is planned." in page.text
    page = alice.submits(page, "#dev_processor-plant", call="confirm_intent", fault="reset_after", times="2")
    assert page.status == 200 and controls.planted(settings) == [("confirm_intent", "reset_after", 2)]
    alice.submits(page, 'form[action$="/clear"]')
    assert controls.planted(settings) == []


def test_a_fault_that_cannot_happen_is_refused(alice: Browser, settings: Settings) -> None:
    page = alice.opens(PATH)
    refused = alice.submits(page, "#dev_processor-plant", call="confirm_intent", fault="lose", times="1")
    assert refused.status == 422 and refused.value("call") == "confirm_intent"
    assert controls.planted(settings) == []


def test_it_is_closed_to_strangers_and_to_who_may_only_look(visitor: Browser, bob: Browser, settings: Settings) -> None:
    assert visitor.opens(PATH).path.startswith("/sign-in")
    page = bob.opens(PATH)
    assert bob.submits(page, "#dev_processor-plant", call="*", fault="refuse", times="1").status == 403
    assert controls.planted(settings) == []


def test_it_shows_nothing_of_other_customers(alice: Browser, mallory: Browser, intent: Any) -> None:
    for browser in (alice, mallory):
        page = browser.opens(PATH)
        assert page.status == 200 and intent.id not in page.text and intent.payment_id not in page.text


@pytest.fixture
def bought_with(app: Flask, alice: Browser, alice_actor: Actor) -> Any:
    """Let Alice buy with a test method; return the intent as the sandbox has it."""

    def buy(name: str) -> dict[str, Any]:
        with app.app_context():
            method = add_method(alice_actor, name)
            assert bought(alice, method=method.id).status == 200
        return controls.objects(app.extensions["purser.settings"], "payment_intent")[0]

    return buy


def button(page: Page, act: str) -> str:
    """The form that lets it happen, which the page must offer."""
    page.find(f"form:has([value={act}])")
    return f"form:has([value={act}])"


def one(settings: Settings, kind: str) -> dict[str, Any]:
    (found,) = controls.objects(settings, kind)
    return found


@pytest.mark.parametrize(("act", "status"), [("arrive", "succeeded"), ("fail", "requires_payment_method")])
def test_money_on_its_way_ends_by_a_button(
    alice: Browser, settings: Settings, bought_with: Any, act: str, status: str
) -> None:
    controls.plant(settings, "confirm_intent", "processing")
    assert bought_with("pm_card_visa")["status"] == "processing"
    page = alice.opens(PATH)
    assert alice.submits(page, button(page, act)).status == 200
    assert one(settings, "payment_intent")["status"] == status


def test_a_refund_and_a_dispute_happen_by_buttons(alice: Browser, settings: Settings, bought_with: Any) -> None:
    bought_with("pm_card_visa")
    page = alice.opens(PATH)
    page = alice.submits(page, button(page, "refund"))
    assert one(settings, "refund")["status"] == "succeeded"
    refused = alice.submits(page, button(page, "refund"))
    assert refused.status == 409 and "already been refunded" in refused.text
    page = alice.submits(page, button(page, "refund_fails"))
    assert one(settings, "refund")["status"] == "failed"
    page = alice.submits(page, button(page, "dispute"))
    page = alice.submits(page, button(page, "win"))
    assert one(settings, "dispute")["status"] == "won" and not page.soup.select("form:has([value=win])")


@pytest.mark.parametrize(("act", "status"), [("escalate", "needs_response"), ("drop", "warning_closed")])
def test_a_bank_asks_about_a_payment_by_buttons(
    alice: Browser, settings: Settings, bought_with: Any, act: str, status: str
) -> None:
    bought_with("pm_card_visa")
    page = alice.opens(PATH)
    page = alice.submits(page, button(page, "inquire"))
    alice.submits(page, button(page, act))
    assert one(settings, "dispute")["status"] == status


def test_a_method_is_removed_on_the_other_side_by_a_button(
    alice: Browser, settings: Settings, bought_with: Any
) -> None:
    bought_with("pm_card_visa")
    page = alice.opens(PATH)
    page = alice.submits(page, button(page, "detach"))
    assert one(settings, "payment_method")["customer"] is None and not page.soup.select("form:has([value=detach])")


def test_nothing_happens_to_what_is_anothers_or_by_who_may_only_look(
    bob: Browser, mallory: Browser, settings: Settings, bought_with: Any
) -> None:
    intent = bought_with("pm_card_visa")
    page = bob.opens(PATH)
    assert bob.submits(page, button(page, "refund")).status == 403
    token = str(mallory.opens(PATH).soup.select("[name=csrf_token]")[0]["value"])
    given = {"csrf_token": token, "act": "refund", "about": intent["id"]}
    assert mallory.posts(f"{PATH}acts", given).status == 404
    assert mallory.posts(f"{PATH}acts", {**given, "act": "explode"}).status == 400
    assert controls.objects(settings, "refund") == []
