"""What a settings page keeps as a list reads the same by the API, and the reverse: tax numbers, payment methods, members, plan."""

from flask import Flask

from app import clock
from app.domain.people.members import Actor, Role
from app.models.customers import Customer
from tests.api.test_pages_agree import path
from tests.pages.test_tax_settings import PATH as TAX
from tests.pages.test_tax_settings import adds as adds_number
from tests.support import cast, plans, shop
from tests.support.api import Api, api_for
from tests.support.browser import Browser
from tests.support.host import host_of
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


def test_seats_are_changed_and_read_by_either(app: Flask, origin: str) -> None:
    whose = plans.customer()
    manager = plans.manager(whose)
    shop.add_method(manager)
    api, where = api_for(app), path(whose, "subscription")
    with clock.at(plans.HALF):
        alice = cast.signed_in(app, origin, manager)
        wants = {"plan": "team", "seats": 4}
        mark = api.post(f"{where}/preview", wants).get_json()["preview"]
        assert api.post(f"{where}/changes", wants | {"preview": mark}).status_code == 201
        assert api.open("PATCH", where, json={"seats_used": 3}).get_json()["seats_used"] == 3
        page = alice.opens("/billing/plan/")
        assert page.texts("#plan-seats_now") == ["3 used of 4"]
        review = alice.opens("/billing/plan/change?seats=6")
        alice.submits(review, "form[aria-label='Confirm the change']", button="#plan_change-confirm")
        now = api.get(where).get_json()
    assert (now["seats"], now["seats_used"], now["price_minor"]) == (6, 3, 9400)
    with clock.at(plans.HALF):
        assert alice.opens("/billing/plan/").texts("#plan-seats_now") == ["3 used of 6"]


def test_a_member_made_by_the_api_is_named_on_the_pages_and_lets_itself_be_asked(
    app: Flask, origin: str, api: Api, acme: Customer, bob: Browser
) -> None:
    where = path(acme, "members")
    new = {"email": "carol@acme.example", "name": "Carol Clark", "role": "billing_manager"}
    assert api.post(where, new).status_code == 201
    assert "Carol Clark" in " ".join(bob.opens("/billing/add-credits/").texts("main p"))
    viewer = api.post(where, {"email": "dan@acme.example", "name": "Dan Dorn", "role": "viewer"}).get_json()
    dan = Actor(viewer["id"], acme.customer_id, Role.VIEWER, viewer["name"], viewer["email"], acme.name)
    frame = host_of(app, origin, dan).frame()
    assert "Dan Dorn" in frame.page.text and "Ask" in frame.opens("/billing/add-credits/").text
    assert {each["name"] for each in api.get(where).get_json()["data"]} >= {"Carol Clark", "Dan Dorn"}


def test_a_digest_is_one_members_own_and_changes_nothing_that_the_api_says(
    api: Api, acme: Customer, alice: Browser, bob: Browser
) -> None:
    reads = ("members", "notification_channel", "invoice_notifications", "usage_alerts")
    before = [api.get(path(acme, each)).get_json() for each in reads]
    page, form = "/billing/notifications/", "#notifications-digest_form"
    alice.submits(alice.opens(page), form, digest=True, time_zone="UTC")
    shown = [each.opens(page).find("[name=digest]").has_attr("checked") for each in (alice, bob)]
    assert (shown, [api.get(path(acme, each)).get_json() for each in reads]) == ([True, False], before)
