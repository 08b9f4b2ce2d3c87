"""The sandbox looked at from inside: one's own side of it, and faults planted by a form."""

from typing import Any

from app.config import Settings
from app.gateways import sandbox
from tests.support.browser import Browser

PATH = "/dev/processor/"


def test_it_plants_and_lifts_faults(alice: Browser, settings: Settings) -> None:
    page = alice.opens(PATH)
    assert "The processor behaves." in page.text
    page = alice.submits(page, "#dev_processor-plant", call="confirm_intent", fault="reset_after", times="2")
    assert page.status == 200 and sandbox.planted(settings) == [("confirm_intent", "reset_after", 2)]
    alice.submits(page, 'form[action$="/clear"]')
    assert sandbox.planted(settings) == []


def test_a_fault_that_cannot_happen_is_refused(alice: Browser, settings: Settings) -> None:
    page = alice.opens(PATH)
    refused = alice.submits(page, "#dev_processor-plant", call="confirm_intent", fault="lose", times="1")
    assert refused.status == 422 and refused.value("call") == "confirm_intent"
    assert sandbox.planted(settings) == []


def test_it_is_closed_to_strangers_and_to_who_may_only_look(visitor: Browser, bob: Browser, settings: Settings) -> None:
    assert visitor.opens(PATH).path.startswith("/sign-in")
    page = bob.opens(PATH)
    assert bob.submits(page, "#dev_processor-plant", call="*", fault="refuse", times="1").status == 403
    assert sandbox.planted(settings) == []


def test_it_shows_nothing_of_other_customers(alice: Browser, mallory: Browser, intent: Any) -> None:
    for browser in (alice, mallory):
        page = browser.opens(PATH)
        assert page.status == 200 and intent.id not in page.text and intent.payment_id not in page.text
