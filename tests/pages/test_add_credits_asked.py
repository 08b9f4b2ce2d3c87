"""Add Credits when the bank asks, declines or does not answer."""

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.services import jobs
from app.services.verification.verify import verify
from tests.support import shop
from tests.support.browser import Browser
from tests.support.credits_page import visa
from tests.support.shop import ASKS, BROKE, BUY, FORM, PATH

__all__ = ["visa"]


@pytest.mark.both_databases
def test_a_decline_is_said_in_words_and_charges_nothing(
    app: Flask, alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    shop.add_method(alice_actor, BROKE)
    form = shop.reviewed(alice)
    page = alice.submits(form, FORM, button=BUY)
    assert page.status == 402
    assert page.errors() == ["The card has insufficient funds. Nothing was charged."]
    assert (page.value("amount"), page.texts(BUY)) == ("25.00", ["Add $25.00 to my balance"])
    assert page.value("form_key") != form.value("form_key")
    assert (shop.charges(app), shop.remaining(acme)) == ([], 0)


def test_after_a_decline_another_method_buys_once(
    app: Flask, alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    shop.add_method(alice_actor, BROKE)
    good = shop.add_method(alice_actor)
    declined = shop.bought(alice)
    page = alice.submits(declined, FORM, button=BUY, method=good.id)
    assert page.texts("#add_credits-payment-title") == ["Added $25.00 to your balance"]
    assert shop.charges(app) == [2500]


def test_the_bank_asks_and_an_approval_buys(app: Flask, alice: Browser, alice_actor: Actor, acme: Customer) -> None:
    shop.add_method(alice_actor, ASKS)
    page = shop.bought(alice)
    assert page.texts("#add_credits-payment-title") == ["Your bank asks you to confirm this payment"]
    assert shop.charges(app) == []
    bank = alice.follows(page, "#add_credits-payment a.btn--primary")
    back = alice.submits(bank, "form", button="[name=approve]")
    (payment,) = shop.payments(acme)
    assert back.redirects[-1] == f"{PATH}payments/{payment.id}"
    assert back.texts("#add_credits-payment-title") == ["Added $25.00 to your balance"]
    assert (shop.charges(app), shop.remaining(acme)) == ([2500], 25_000_000)
    again = alice.opens(f"{PATH}payments/{payment.id}/return")
    assert again.texts("#add_credits-payment-title") == ["Added $25.00 to your balance"]
    assert (shop.charges(app), shop.remaining(acme)) == ([2500], 25_000_000)


@pytest.mark.case("AC-12")
@pytest.mark.fault("S10")
def test_declining_at_the_bank_charges_nothing_and_allows_another_try(
    app: Flask, alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    shop.add_method(alice_actor, ASKS)
    bank = alice.follows(shop.bought(alice), "#add_credits-payment a.btn--primary")
    back = alice.submits(bank, "form", button="[name=decline]")
    assert back.texts("#add_credits-payment-title") == ["Nothing was charged"]
    assert "The bank could not confirm that it was you." in back.text
    again = alice.follows(back, "#add_credits-payment a.btn--primary")
    assert (again.value("amount"), again.texts(BUY)) == ("25.00", ["Add $25.00 to my balance"])
    assert (shop.charges(app), shop.remaining(acme)) == ([], 0)


@pytest.mark.case("AC-12", "AC-17")
def test_paying_another_way_gives_up_the_payment_that_waits_for_the_bank(
    app: Flask, alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    shop.add_method(alice_actor, ASKS)
    waiting = shop.bought(alice)
    bank = str(waiting.find("#add_credits-payment a.btn--primary")["href"])
    good = shop.add_method(alice_actor)
    page = alice.submits(shop.reviewed(alice, method=good.id), FORM, button=BUY)
    assert page.texts("#add_credits-payment-title") == ["Added $25.00 to your balance"]
    gone = alice.opens(waiting.path)
    assert gone.texts("#add_credits-payment-title") == ["You paid another way"]
    assert "nothing was charged for it. Another payment paid for the same purchase." in gone.text
    assert gone.texts("#add_credits-payment .actions a") == ["See that payment"]
    assert alice.follows(gone, "#add_credits-payment .actions a").path == page.path
    assert alice.opens(bank).soup.select("[name=approve]") == []
    assert shop.charges(app) == [2500]


@pytest.mark.case("AC-17")
def test_what_was_given_up_for_a_payment_that_is_under_way_says_so(
    alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    shop.add_method(alice_actor, ASKS)
    waiting = shop.bought(alice)
    other = shop.bought(alice, method="paypal")
    gone = alice.opens(waiting.path)
    assert gone.texts("#add_credits-payment-title") == ["You chose another way to pay"]
    assert alice.follows(gone, "#add_credits-payment .actions a").path == other.path


def test_what_was_given_up_for_a_payment_that_failed_can_be_tried_again(
    alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    shop.add_method(alice_actor, ASKS)
    waiting = shop.bought(alice)
    shop.bought(alice, method=shop.add_method(alice_actor, BROKE).id)
    gone = alice.opens(waiting.path)
    assert gone.texts("#add_credits-payment-title") == ["Nothing was charged"]
    assert gone.texts("#add_credits-payment .actions a") == ["Try again"]


@pytest.mark.case("AC-17")
def test_who_has_just_confirmed_with_the_bank_is_not_charged_another_way(
    app: Flask, alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    shop.add_method(alice_actor, ASKS)
    waiting = shop.bought(alice)
    good = shop.add_method(alice_actor)
    form = shop.reviewed(alice, method=good.id)
    intent = controls.objects(app.extensions["purser.settings"], "payment_intent")[0]["id"]
    # Approved at the bank, and no event has arrived yet.
    controls.answer_challenge(app.extensions["purser.settings"], intent, approved=True)
    page = alice.submits(form, FORM, button=BUY)
    assert page.status == 409 and "it was not charged a second time" in page.text
    late = alice.opens(f"{PATH}payments/{shop.payments(acme)[1].id}")
    assert late.texts("#add_credits-payment-title") == ["You paid another way"]
    assert alice.follows(late, "#add_credits-payment .actions a").path == waiting.path
    assert alice.opens(waiting.path).texts("#add_credits-payment-title") == ["Added $25.00 to your balance"]
    assert (shop.charges(app), shop.remaining(acme)) == ([2500], 25_000_000)


def test_a_payment_that_waits_for_the_bank_can_be_given_up(
    app: Flask, alice: Browser, bob: Browser, alice_actor: Actor, acme: Customer
) -> None:
    shop.add_method(alice_actor, ASKS)
    waiting = shop.bought(alice)
    seen = bob.opens(waiting.path)
    assert seen.soup.select("#add_credits-payment form") == []
    gone = alice.submits(waiting, "#add_credits-payment form")
    assert gone.texts("#add_credits-payment-title") == ["Nothing was charged"]
    assert "cancelled before the bank confirmed it" in gone.text
    assert shop.charges(app) == []


@pytest.mark.case("AC-43")
def test_a_payment_in_another_currency_is_said_to_be_looked_into(
    app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    controls.plant(app.extensions["purser.settings"], "confirm_intent", "other_currency")
    page = shop.bought(alice)
    assert page.texts("#add_credits-payment-title") == ["We are reviewing this payment"]
    assert page.soup.select("[hx-trigger='every 2s'], meta[http-equiv=refresh]") == []
    assert "Relay Networks, Inc. must review it." in page.text
    assert "has been notified" not in page.text
    assert shop.remaining(acme) == 0
    assert "I9" in {violation.invariant for violation in verify(acme.customer_id)}


def test_no_answer_is_never_read_as_failed(app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod) -> None:
    form = shop.reviewed(alice)
    settings = app.extensions["purser.settings"]
    controls.plant(settings, "confirm_intent", "timeout_after")
    controls.plant(settings, "fetch_intent", "timeout_before", 3)
    page = alice.submits(form, FORM, button=BUY)
    assert page.texts("#add_credits-payment-title") == ["We have not heard back about this payment yet"]
    assert "You will not be charged twice" in page.text
    assert page.find("#add_credits-payment")["hx-trigger"] == "every 2s"
    assert page.find("noscript meta[http-equiv=refresh]")["content"] == "3"
    controls.clear_faults(settings)
    with clock.at(shop.payments(acme)[0].next_check_at):
        jobs.run_due()
    settled = alice.opens(page.path)
    assert settled.texts("#add_credits-payment-title") == ["Added $25.00 to your balance"]
    assert settled.soup.select("[hx-trigger='every 2s'], meta[http-equiv=refresh]") == []
    assert shop.charges(app) == [2500]


def test_an_unavailable_processor_is_said_and_everything_kept(
    app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    form = shop.reviewed(alice)
    settings = app.extensions["purser.settings"]
    controls.plant(settings, "create_intent", "refuse", 3)
    page = alice.submits(form, FORM, button=BUY)
    assert page.status == 503
    assert page.errors() == [
        "Our payment processor does not answer right now. Nothing was charged. Please try again in a minute."
    ]
    assert page.value("amount") == "25.00"
    controls.clear_faults(settings)
    assert alice.submits(page, FORM, button=BUY).texts("#add_credits-payment-title") == ["Added $25.00 to your balance"]
    assert shop.charges(app) == [2500]
