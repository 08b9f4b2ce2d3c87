"""Top-ups and payments by the API: bought once for a key, waiting for the bank, gone on with, given up, and read."""

import pytest
from flask import Flask

from app.domain.money import Credits
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.services.payments import settlement
from tests.support import shop
from tests.support.api import Api, api_for, problem_of
from tests.support.browser import Browser

FIVE = {"amount": {"amount_minor": 2500, "currency": "USD"}}


def path(customer: Customer, what: str = "top_ups") -> str:
    return f"/customers/{customer.customer_id}/{what}"


@pytest.mark.both_databases
def test_it_is_bought_once_for_its_key_and_reads_as_on_the_page(
    app: Flask, api: Api, acme: Customer, alice_actor: Actor
) -> None:
    method = shop.add_method(alice_actor)
    shown = api.post(path(acme, "top_ups/preview"), FIVE).get_json()
    order = FIVE | {"preview": shown["preview"]}
    first, again = (api.post(path(acme), order, once="order-1") for _ in range(2))
    assert (first.status_code, first.get_json()) == (201, again.get_json())
    made = first.get_json()
    assert (made["state"], made["payment_method"], made["action_url"]) == ("succeeded", method.id, None)
    assert made["amount"] == made["received"] == shown["total"]
    assert made["credits"] == shown["credits"]
    assert shop.charges(app) == [shown["total"]["amount_minor"]]
    assert Credits(shop.remaining(acme)) == Credits(25_000_000)
    read = api.get(path(acme, f"payments/{made['id']}")).get_json()
    assert read == {name: value for name, value in made.items() if name != "action_url"}
    assert api.get(path(acme, "payments")).get_json() == {"data": [read], "next_cursor": None}


def test_a_pack_is_bought_and_what_is_not_sold_is_refused(api: Api, acme: Customer, alice_actor: Actor) -> None:
    assert problem_of(api.post(path(acme), FIVE)) == (422, "method_missing")
    shop.add_method(alice_actor)
    wrong = [
        ({}, "one_of", "amount"),
        (FIVE | {"pack": "small"}, "one_of", "amount"),
        ({"pack": "no-such"}, "pack_unknown", "pack"),
        ({"amount": {"amount_minor": 1, "currency": "USD"}}, "amount_out_of_bounds", "amount"),
        ({"amount": {"amount_minor": 2500, "currency": "EUR"}}, "currency_mismatch", "amount.currency"),
    ]
    for body, reason, field in wrong:
        for where in ("top_ups", "top_ups/preview"):
            answer = api.post(path(acme, where), body)
            assert (problem_of(answer), [each["field"] for each in answer.get_json()["errors"]]) == (
                (422, reason),
                [field],
            ), (where, body)
    assert problem_of(api.post(path(acme), FIVE | {"payment_method": "pm_nobodys"})) == (404, "not_found")
    assert problem_of(api.post(path(acme), FIVE | {"preview": "1 USD"})) == (409, "total_changed")


def test_without_a_key_the_same_again_is_asked_about_and_with_one_it_is_an_order(
    app: Flask, api: Api, acme: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    assert api.post(path(acme), FIVE).status_code == 201
    assert problem_of(api.post(path(acme), FIVE)) == (409, "bought_just_now")
    assert api.post(path(acme), FIVE, once="two").status_code == 201
    assert len(shop.charges(app)) == 2
    other = api.post(path(acme), {"amount": {"amount_minor": 2600, "currency": "USD"}}, once="two")
    assert problem_of(other) == (409, "idempotency_key_reused")


def test_a_decline_is_a_payment_that_failed(app: Flask, api: Api, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor, shop.BROKE)
    failed = api.post(path(acme), FIVE, once="broke").get_json()
    assert (failed["state"], failed["problem"]) == ("failed", "insufficient_funds")
    assert failed["detail"]
    assert shop.charges(app) == []


@pytest.mark.parametrize("off_session", [False, True])
def test_what_the_bank_asks_about_waits_and_is_given_up_or_confirmed(
    app: Flask, api: Api, acme: Customer, alice_actor: Actor, off_session: bool
) -> None:
    shop.add_method(alice_actor, shop.ASKS)
    given_up = api.post(path(acme), FIVE | {"off_session": off_session}, once="one").get_json()
    assert given_up["state"] == "requires_action"
    assert bool(given_up["action_url"]) is not off_session  # who is not there is sent a mail
    resumed = api.post(path(acme, f"payments/{given_up['id']}/resume")).get_json()
    assert resumed["action_url"]
    for _ in range(2):
        ended = api.post(path(acme, f"payments/{given_up['id']}/cancel")).get_json()
        assert ended["state"] == "canceled"
    waits = api.post(path(acme), FIVE, once="another").get_json()
    intents = controls.objects(app.extensions["purser.settings"], "payment_intent")
    (intent,) = [each for each in intents if each["status"] == "requires_action"]
    controls.answer_challenge(app.extensions["purser.settings"], intent["id"], approved=True)
    settlement.settle(waits["id"])
    assert api.get(path(acme, f"payments/{waits['id']}")).get_json()["state"] == "succeeded"
    assert problem_of(api.post(path(acme, "payments/pay_nobodys/cancel"))) == (404, "not_found")


def test_the_list_is_paged(api: Api, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    made = [api.post(path(acme), FIVE, once=str(number)).get_json()["id"] for number in range(3)]
    first = api.get(path(acme, "payments"), limit=2).get_json()
    rest = api.get(path(acme, "payments"), limit=2, cursor=first["next_cursor"]).get_json()
    assert [each["id"] for each in [*first["data"], *rest["data"]]] == made[::-1]
    assert rest["next_cursor"] is None
    assert problem_of(api.get(path(acme, "payments"), cursor="WzEsMl0")) == (422, "cursor_malformed")


def test_methods_are_listed_chosen_and_removed_as_on_the_page(
    api: Api, acme: Customer, alice: Browser, alice_actor: Actor
) -> None:
    visa, mastercard = shop.add_method(alice_actor), shop.add_method(alice_actor, "pm_card_mastercard")
    listed = api.get(path(acme, "payment_methods")).get_json()
    assert [(each["id"], each["name"], each["is_default"]) for each in listed["data"]] == [
        (visa.id, "Visa ending in 4242", True),
        (mastercard.id, "Mastercard ending in 4444", False),
    ]
    assert listed["add_url"].endswith("/billing/payment-methods/")
    for _ in range(2):
        chosen = api.post(path(acme, f"payment_methods/{mastercard.id}/default")).get_json()
        assert [each["id"] for each in chosen["data"]] == [mastercard.id, visa.id]
    assert "Mastercard ending in 4444" in alice.opens("/billing/payment-methods/").text
    left = api.open("DELETE", path(acme, f"payment_methods/{mastercard.id}")).get_json()
    assert [(each["id"], each["is_default"]) for each in left["data"]] == [(visa.id, True)]
    assert problem_of(api.open("DELETE", path(acme, f"payment_methods/{mastercard.id}"))) == (404, "not_found")
    assert "Mastercard" not in alice.opens("/billing/payment-methods/").text


def test_a_customers_own_key_buys_for_itself_and_for_nobody_else(
    app: Flask, acme: Customer, globex: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    own = api_for(app, "billing:write", customer=acme)
    assert own.post(path(acme), FIVE).get_json()["state"] == "succeeded"
    assert problem_of(own.post(path(globex), FIVE)) == (404, "not_found")
