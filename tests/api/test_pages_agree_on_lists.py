"""What a settings page keeps as a list reads the same by the API, and the reverse: tax numbers, payment methods, members, plan."""

from flask import Flask

from app import clock
from app.domain.people import Actor
from app.models.customers import Customer
from tests.api.test_pages_agree import path
from tests.pages.test_tax_settings import PATH as TAX
from tests.pages.test_tax_settings import adds as adds_number
from tests.support import cast, plans, shop
from tests.support.api import Api, api_for
from tests.support.browser import Browser
from tests.support.methods_page import OTHER
from tests.support.methods_page import PATH as METHODS


def test_a_tax_number_is_added_and_removed_by_either(api: Api, acme: Customer, alice: Browser) -> None:
    where = path(acme, "tax_registrations")
    made = api.post(where, {"country": "DE", "type": "eu_vat", "value": "DE136695976"}).get_json()
    assert "DE136695976" in alice.opens(TAX).text
    adds_number(alice, "FR40303265045")
    assert sorted(each["value"] for each in api.get(where).get_json()["data"]) == ["DE136695976", "FR40303265045"]
    assert api.open("DELETE", f"{where}/{made['id']}").status_code == 200
    page = alice.opens(TAX)
    assert "DE136695976" not in page.text and "FR40303265045" in page.text


def test_the_default_method_is_chosen_by_either(api: Api, acme: Customer, alice: Browser, alice_actor: Actor) -> None:
    first, second = shop.add_method(alice_actor).id, shop.add_method(alice_actor, OTHER).id
    where = path(acme, "payment_methods")

    def default() -> list[str]:
        return [each["id"] for each in api.get(where).get_json()["data"] if each["is_default"]]

    assert default() == [first]
    alice.submits(alice.opens(METHODS), "form[action$='/default']")
    assert default() == [second]
    api.post(f"{where}/{first}/default")
    assert default() == [first]
    assert alice.opens(METHODS).find("form[action$='/default']")["action"] == f"{METHODS}{second}/default"


def test_a_plan_is_cancelled_by_the_api_and_kept_on_its_page(app: Flask, origin: str) -> None:
    whose = plans.customer()
    manager = plans.manager(whose)
    shop.add_method(manager)
    api, where = api_for(app), path(whose, "subscription")
    with clock.at(plans.HALF):
        alice = cast.signed_in(app, origin, manager)
        mark = api.post(f"{where}/preview", {"plan": "personal"}).get_json()["preview"]
        api.post(f"{where}/changes", {"plan": "personal", "preview": mark})
        assert api.open("DELETE", where).get_json()["cancel_at"] == "2027-07-01T00:00:00Z"
        page = alice.opens("/billing/plan/")
        assert "1 Jul" in page.text
        alice.submits(page, "form[aria-label='Keep the plan']", button="#plan-keep")
        assert api.get(where).get_json()["cancel_at"] is None
