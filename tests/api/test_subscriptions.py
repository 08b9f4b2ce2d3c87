"""Subscriptions by the API: read, previewed, changed once by the preview's mark, undone, cancelled and kept."""

from typing import Any

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.extensions import settings
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.documents import Document
from app.services.payments import settlement
from app.services.verification.verify import verify
from tests.support import plans
from tests.support.api import Api, api_for, problem_of
from tests.support.plans import HALF
from tests.support.shop import BROKE, GOOD, add_method


@pytest.fixture
def alice(app: Flask) -> Actor:
    """A manager of a customer on the free plan with a card."""
    made = plans.manager(plans.customer())
    add_method(made, GOOD)
    return made


@pytest.fixture
def acme(alice: Actor) -> Customer:
    """Her customer."""
    return plans.customer_of(alice)


@pytest.fixture
def api(app: Flask) -> Api:
    """The seller's program."""
    return api_for(app)


def path_of(whose: Customer, more: str = "") -> str:
    return f"/customers/{whose.customer_id}/subscription{more}"


def test_a_change_is_previewed_and_made_once(api: Api, acme: Customer) -> None:
    with clock.at(HALF):
        seen = api.post(path_of(acme, "/preview"), {"plan": "team", "seats": 4}).get_json()
        mark = seen.pop("preview")
        assert seen == {
            "plan": "team", "interval": "monthly", "seats": 4, "catalog_version": 1, "is_now": True,
            "effective_at": "2027-06-16T00:00:00Z", "period_ends_at": "2027-07-01T00:00:00Z", "currency": "USD",
            "lines": [
                {"description": "Team, 16–30 June 2027", "net_minor": 2450},
                {"description": "1 seat, 16–30 June 2027", "net_minor": 750},
            ],
            "net_minor": 3200, "tax_minor": 800, "total_minor": 4000, "charged_minor": 4000, "given_minor": 0,
            "renewal_price_minor": 6400,
            "tax_category": "S", "tax_reason": "no_address",
        }  # fmt: skip
        body = {"plan": "team", "seats": 4, "preview": mark}
        gone = api.post(path_of(acme, "/changes"), body | {"seats": 5})
        assert problem_of(gone) == (409, "preview_gone_by")
        made = [api.post(path_of(acme, "/changes"), body, once="host-1") for _twice in range(2)]
        assert [each.status_code for each in made] == [201, 201]
        order = made[0].get_json()
        assert (order, order["state"], order["total_minor"]) == (made[1].get_json(), "applied", 4000)
        assert api.get(path_of(acme, f"/changes/{order['id']}")).get_json() == order
        has = api.get(path_of(acme)).get_json()
    assert (has["plan"], has["seats"], has["price_minor"], has["seats_used"]) == ("team", 4, 6400, None)
    assert (has["period_ends_at"], has["scheduled"], has["change_under_way"]) == ("2027-07-01T00:00:00Z", None, None)
    assert plans.payments(acme) == [("succeeded", 4000)]
    assert verify() == []


def test_by_its_preview_alone_it_is_one_order_until_its_payment_failed(api: Api, alice: Actor, acme: Customer) -> None:
    broke = add_method(alice, BROKE).id
    with clock.at(HALF):
        mark = api.post(path_of(acme, "/preview"), {"plan": "personal"}).get_json()["preview"]
        body = {"plan": "personal", "preview": mark}
        failed = api.open("PUT", path_of(acme), json=body | {"payment_method": broke}).get_json()
        made = [api.open("PUT", path_of(acme), json=body).get_json() for _twice in range(2)]
    assert (failed["state"], failed["problem"]) == ("failed", "insufficient_funds")
    assert (made[0]["state"], made[0]) == ("applied", made[1])
    assert plans.payments(acme) == [("failed", 750), ("succeeded", 750)]


def test_an_order_that_waits_is_the_one_that_its_preview_names(api: Api) -> None:
    acme = plans.customer()
    with clock.at(HALF):
        mark = api.post(path_of(acme, "/preview"), {"plan": "team"}).get_json()["preview"]
        body = {"plan": "team", "preview": mark}
        first = api.post(path_of(acme, "/changes"), body).get_json()
        again = [api.open("PUT", path_of(acme), json=body).get_json() for _twice in range(2)]
    assert first["state"] == "waiting"
    assert again == [first, first]
    assert len(plans.payments(acme)) == 1


def test_what_was_undone_or_replaced_is_scheduled_again_by_its_preview(api: Api, acme: Customer) -> None:
    def put(wants: dict[str, object]) -> Any:
        mark = api.post(path_of(acme, "/preview"), wants).get_json()["preview"]
        return api.open("PUT", path_of(acme), json=wants | {"preview": mark}).get_json()

    with clock.at(HALF):
        put({"plan": "team", "seats": 5})
        first = put({"seats": 3})
        assert put({"seats": 3}) == first
        api.open("DELETE", path_of(acme, f"/changes/{first['id']}"))
        second = put({"seats": 3})
        third = put({"seats": 4})
        again = put({"seats": 3})
        assert [each["state"] for each in (second, third, again)] == ["scheduled"] * 3
        assert len({each["id"] for each in (first, second, third, again)}) == 4
        assert api.get(path_of(acme)).get_json()["scheduled"]["change"] == again["id"]


def test_what_is_announced_is_what_it_renews_for(api: Api, acme: Customer) -> None:
    with clock.at(HALF):
        mark = api.post(path_of(acme, "/preview"), {"plan": "team"}).get_json()["preview"]
        api.post(path_of(acme, "/changes"), {"plan": "team", "preview": mark})
        plans.applies(('monthly = "49.00"', 'monthly = "98.00"'))
        api.post(f"/customers/{acme.customer_id}/price_changes", {"version": 2, "on": "2027-07-01"})
        has = api.get(path_of(acme)).get_json()
        seen = api.post(path_of(acme, "/preview"), {"seats": 4}).get_json()
    assert (has["price_minor"], has["renewal_price_minor"]) == (4900, 9800)
    assert seen["renewal_price_minor"] == 9800 + 1500


def test_what_waits_is_shown_and_undone_and_a_plan_is_cancelled_and_kept(api: Api, acme: Customer) -> None:
    with clock.at(HALF):
        for wants in ({"plan": "team", "seats": 5}, {"seats": 3}):
            mark = api.post(path_of(acme, "/preview"), wants).get_json()["preview"]
            order = api.post(path_of(acme, "/changes"), wants | {"preview": mark}).get_json()
        waits = api.get(path_of(acme)).get_json()["scheduled"]
        assert (waits["change"], waits["seats"], waits["effective_at"]) == (order["id"], 3, "2027-07-01T00:00:00Z")
        undone = api.open("DELETE", path_of(acme, f"/changes/{order['id']}")).get_json()
        assert (undone["state"], api.get(path_of(acme)).get_json()["scheduled"]) == ("undone", None)
        assert api.open("DELETE", path_of(acme)).get_json()["cancel_at"] == "2027-07-01T00:00:00Z"
        assert problem_of(api.post(path_of(acme, "/preview"), {"seats": 6})) == (409, "canceled")
        assert api.open("DELETE", path_of(acme, "/cancellation")).get_json()["cancel_at"] is None
        assert api.post(path_of(acme, "/preview"), {"seats": 6}).status_code == 200


def test_fewer_seats_than_are_used_are_refused_with_the_reason(api: Api, acme: Customer) -> None:
    with clock.at(HALF):
        assert api.open("PATCH", path_of(acme), json={"seats_used": 26}).get_json()["seats_used"] == 26
        refused = api.post(path_of(acme, "/preview"), {"plan": "team"})
        assert problem_of(refused) == (422, "seats_in_use")
        assert refused.get_json()["detail"] == "26 seats are in use, and Team has at most 25. Free 1 of them first."
        api.open("PATCH", path_of(acme), json={"seats_used": 4})
        assert problem_of(api.post(path_of(acme, "/preview"), {"plan": "team", "seats": 3})) == (422, "seats_in_use")
        assert api.post(path_of(acme, "/preview"), {"plan": "team"}).get_json()["seats"] == 4
        assert api.open("PATCH", path_of(acme), json={"seats_used": -1}).status_code == 422


def test_a_plan_is_changed_by_its_subscription_and_not_with_the_customer(api: Api, acme: Customer) -> None:
    refused = api.open("PATCH", f"/customers/{acme.customer_id}", json={"plan": "team"})
    assert problem_of(refused) == (409, "plan_by_subscription")
    assert "/subscription" in refused.get_json()["detail"]
    assert (
        api.open("PATCH", f"/customers/{acme.customer_id}", json={"plan": None, "name": "Acme Ltd"}).status_code == 200
    )


def test_who_has_saved_no_method_is_sent_to_a_checkout(api: Api, app: Flask) -> None:
    acme = plans.customer()
    with clock.at(HALF):
        mark = api.post(path_of(acme, "/preview"), {"plan": "team"}).get_json()["preview"]
        order = api.post(path_of(acme, "/changes"), {"plan": "team", "preview": mark}).get_json()
        assert (order["state"], "/sandbox/checkout/" in order["action_url"]) == ("waiting", True)
        controls.pay_at_checkout(settings(), order["action_url"].rsplit("/", 1)[1], GOOD)
        settlement.settle(order["payment"])
        paid = api.get(path_of(acme, f"/changes/{order['id']}")).get_json()
    assert (paid["state"], paid["action_url"], paid["total_minor"]) == ("applied", None, 3063)
    (document,) = plans.rows(Document, acme)
    assert (document.id, document.payment_id, document.source_id) == (paid["invoice"], paid["payment"], paid["payment"])
