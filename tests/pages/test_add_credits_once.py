"""Add Credits bought once: double clicks, tabs, forms sent again, and totals never shown."""

import pytest
from flask import Flask

from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.payments import Payment, PaymentMethod
from app.services.payments import purchases
from tests.support import shop
from tests.support.browser import Browser
from tests.support.credits_page import FRAGMENT, visa
from tests.support.shop import ASKS, BROKE, BUY, FORM, PATH

__all__ = ["visa"]


@pytest.mark.case("AC-1")
@pytest.mark.fault("H3")
def test_the_same_form_twice_is_one_purchase_with_one_answer(
    app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    sent = shop.filled(shop.reviewed(alice))
    first, second = alice.posts(PATH, sent), alice.posts(PATH, sent)
    assert first.path == second.path
    assert (len(shop.payments(acme)), shop.charges(app), shop.remaining(acme)) == (1, [2500], 25_000_000)


@pytest.mark.case("AC-1")
def test_a_used_form_with_another_amount_is_refused(
    app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    sent = shop.filled(shop.reviewed(alice))
    alice.posts(PATH, sent)
    shown = str(alice.opens(f"{PATH}total?amount=30.00", **FRAGMENT).find(BUY)["value"])
    other = alice.posts(PATH, {**sent, "amount": "30.00", "seen": shown})
    assert other.status == 409
    assert "This form was already sent, with another choice. Nothing more was charged." in other.text
    assert other.value("form_key") != sent["form_key"]
    assert shop.charges(app) == [2500]


@pytest.mark.case("AC-1")
def test_a_declined_form_sent_again_is_declined_again_without_a_second_attempt(
    app: Flask, alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    shop.add_method(alice_actor, BROKE)
    sent = shop.filled(shop.reviewed(alice))
    first, second = alice.posts(PATH, sent), alice.posts(PATH, sent)
    assert (first.status, second.status, first.errors()) == (402, 402, second.errors())
    assert len(shop.payments(acme)) == 1


@pytest.mark.case("AC-2")
@pytest.mark.fault("H1")
def test_a_double_click_buys_once(app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod) -> None:
    sent = shop.filled(shop.reviewed(alice))
    answers = shop.at_once(app, alice, [sent] * 4)
    assert {answer.status for answer in answers} == {200}
    assert len({answer.path for answer in answers}) == 1
    assert (len(shop.payments(acme)), shop.charges(app), shop.remaining(acme)) == (1, [2500], 25_000_000)


@pytest.mark.case("AC-2")
@pytest.mark.fault("H3")
def test_back_and_resubmit_asks_before_it_buys_again(
    app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    shop.bought(alice)
    asked = shop.bought(alice)
    assert asked.status == 409
    assert "You bought the same credits a few minutes ago, for $25.00. Nothing more was charged." in asked.text
    assert shop.charges(app) == [2500]
    meant = alice.submits(asked, FORM, button=BUY)
    assert meant.texts("#add_credits-payment-title") == ["Added $25.00 to your balance"]
    assert shop.charges(app) == [2500, 2500]


@pytest.mark.case("AC-2")
def test_nothing_is_called_bought_that_was_not_paid(
    app: Flask, alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    shop.add_method(alice_actor, ASKS)
    shop.bought(alice)
    asked = shop.bought(alice)
    assert (asked.status, "You bought" in asked.text) == (409, False)
    assert (
        "Your payment of $25.00 for the same credits waits for your approval. Nothing was charged. "
        "To cancel it and begin a new payment, press the button again." in asked.text
    )
    alice.submits(asked, FORM, button=BUY)
    assert sorted(each.state for each in shop.payments(acme)) == ["canceled", "requires_action"]
    assert shop.charges(app) == []


@pytest.mark.parametrize(
    ("state", "words", "reason"),
    [
        ("succeeded", "You bought the same credits a few minutes ago, for $25.00.", "bought_just_now"),
        ("processing", "Your payment of $25.00 for the same credits is already being processed.", "bought_just_now"),
        ("requires_action", "Your payment of $25.00 for the same credits waits for your approval.", "waits_already"),
        (
            "confirming",
            "We have not heard back yet about your payment of $25.00 for the same credits.",
            "not_heard_yet",
        ),
    ],
)
def test_each_state_has_its_sentence(state: str, words: str, reason: str) -> None:
    asked = purchases.alike(Payment(state=state, amount_minor=2500, currency="USD"))
    assert (asked.sentence, asked.reason, asked.status) == (words, reason, 409)


@pytest.mark.case("AC-2")
def test_the_same_by_another_method_is_asked_about_too(
    app: Flask, alice: Browser, alice_actor: Actor, acme: Customer, visa: PaymentMethod
) -> None:
    other = shop.add_method(alice_actor, "pm_card_mastercard")
    shop.bought(alice, method=visa.id)
    for way in (other.id, "paypal", "crypto"):
        asked = shop.bought(alice, method=way)
        assert asked.status == 409
        assert "You bought the same credits a few minutes ago, for $25.00. Nothing more was charged." in asked.text
        assert asked.value("method") == way
    assert (len(shop.payments(acme)), shop.charges(app)) == (1, [2500])
    meant = alice.submits(asked, FORM, button=BUY, method=other.id)
    assert meant.texts("#add_credits-payment-title") == ["Added $25.00 to your balance"]
    assert shop.charges(app) == [2500, 2500]


@pytest.mark.case("AC-2")
@pytest.mark.fault("H2")
def test_two_tabs_buy_once(app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod) -> None:
    one, two = shop.reviewed(alice), shop.reviewed(alice)
    alice.submits(one, FORM, button=BUY)
    assert alice.submits(two, FORM, button=BUY).status == 409
    assert shop.charges(app) == [2500]


@pytest.mark.case("AC-2", "AC-44")
@pytest.mark.fault("H2")
def test_four_tabs_sent_at_the_same_moment_buy_once(
    app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    answers = shop.at_once(app, alice, [shop.filled(shop.reviewed(alice)) for _ in range(4)])
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
    assert (shop.charges(app), shop.remaining(acme)) == ([2500], 25_000_000)


@pytest.mark.case("AC-46/50")
def test_no_other_amount_is_charged_than_the_button_said(
    app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    page = shop.reviewed(alice)
    changed = alice.submits(page, FORM, button=BUY, amount="30.00")
    assert changed.status == 409
    assert "The total is now $30.00. Nothing was charged. Check it, then press the button." in changed.text
    assert changed.texts(BUY) == ["Add $30.00 to my balance"]
    assert shop.charges(app) == []
    alice.submits(changed, FORM, button=BUY)
    assert shop.charges(app) == [3000]


@pytest.mark.parametrize("seen", ["2500 EUR 25000000", "2500", "2500 USD 26000000", "2500 USD 25000000 again again"])
def test_a_total_that_was_never_shown_is_refused(app: Flask, alice: Browser, visa: PaymentMethod, seen: str) -> None:
    answer = alice.posts(PATH, {**shop.filled(shop.reviewed(alice)), "seen": seen})
    assert (answer.status, shop.charges(app)) == (409, [])
