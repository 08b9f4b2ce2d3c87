"""Add Credits: who may buy, by which method, and what it costs to show."""

import pytest
from flask import Flask

from app import clock
from app.domain.people import Actor
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.models.scope import as_customer, as_service
from app.services.customers import registration
from app.services.payment_methods import saved
from app.services.transaction import transaction
from tests.support import cast, shop
from tests.support.browser import Browser
from tests.support.credits_page import FRAGMENT, visa
from tests.support.shop import BUY, FORM, PATH, SAVE
from tests.support.statements import counted

__all__ = ["visa"]


CLOSED = (
    "This account is closed, so no credit can be added to it. Nothing was charged. Ask Relay Networks, Inc. about it."
)


def stands(customer: Customer, standing: str) -> None:
    """Put the customer in a standing, as the seller would."""
    with as_service("change a standing"), transaction() as session:
        session.get_one(Customer, customer.customer_id).standing = standing


def test_a_payment_method_must_be_chosen(alice: Browser, acme: Customer) -> None:
    page = shop.reviewed(alice)
    assert (page.status, page.errors(), page.value("amount")) == (
        422,
        ["Choose a payment method, or add one."],
        "25.00",
    )


def test_another_customers_payment_method_is_not_there(
    app: Flask,
    alice: Browser,
    acme: Customer,
    visa: PaymentMethod,
    mallory: Browser,
    mallory_actor: Actor,
    globex: Customer,
) -> None:
    shop.add_method(mallory_actor)
    page = mallory.posts(PATH, {**shop.filled(shop.reviewed(mallory)), "method": visa.id})
    assert (page.status, page.value("amount")) == (404, "25.00")
    assert page.errors() == ["There is no such payment method."]
    assert (shop.payments(globex), shop.payments(acme), shop.charges(app)) == ([], [], [])


def test_a_removed_payment_method_is_not_there(alice: Browser, acme: Customer, visa: PaymentMethod) -> None:
    page = shop.reviewed(alice)
    with as_customer(acme.customer_id), transaction() as session:
        session.get_one(PaymentMethod, visa.id).removed_at = clock.now()
    answer = alice.submits(page, FORM, button=BUY)
    assert (answer.status, answer.value("amount")) == (404, "25.00")
    assert shop.payments(acme) == []


@pytest.mark.fault("H6")
def test_a_closed_customer_buys_nothing_more(app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod) -> None:
    form = shop.reviewed(alice)
    stands(acme, "closed")
    refused = alice.submits(form, FORM, button=BUY)
    assert (refused.status, refused.errors()) == (409, [CLOSED])
    page = alice.opens(PATH)
    assert CLOSED in page.texts("#add_credits-form .notice")
    assert page.soup.select(BUY) == []
    assert (shop.payments(acme), shop.charges(app)) == ([], [])


@pytest.mark.fault("H6")
def test_a_form_sent_again_after_the_account_was_closed_is_still_the_purchase_it_was(
    app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    sent = shop.filled(shop.reviewed(alice))
    first = alice.posts(PATH, sent)
    stands(acme, "closed")
    assert alice.posts(PATH, sent).path == first.path
    assert shop.charges(app) == [2500]


@pytest.mark.fault("H6")
@pytest.mark.parametrize("standing", ["past_due", "suspended"])
def test_who_is_not_served_can_always_pay(
    app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod, standing: str
) -> None:
    stands(acme, standing)
    assert shop.bought(alice).texts("#add_credits-payment h2") == ["Added $25.00 to your balance"]
    assert shop.charges(app) == [2500]


def test_a_method_is_added_without_leaving_the_page(alice: Browser, acme: Customer, visa: PaymentMethod) -> None:
    page = alice.submits(alice.opens(PATH), FORM, button=SAVE, amount="31.50", test_method="pm_card_mastercard")
    assert page.status == 200
    assert page.notices() == ["Mastercard ending in 4444 is saved and chosen."]
    assert page.value("amount") == "31.50"
    with as_customer(acme.customer_id):
        (added,) = [each for each in saved.saved() if each.last4 == "4444"]
    assert page.value("method") == added.id
    assert page.texts(BUY) == ["Add $31.50 to my balance"]


def test_htmx_adds_a_method_in_place(alice: Browser, visa: PaymentMethod) -> None:
    sent = {**shop.filled(alice.opens(PATH)), "amount": "31.50", "test_method": "pm_card_mastercard"}
    answer = alice.posts(f"{PATH}methods", sent, **FRAGMENT)
    assert answer.texts(".method-choice:has(input[checked]) .choice__text") == [
        "Mastercard ending in 4444 Expires 08/2034"
    ]
    assert (answer.value("amount"), answer.value("form_key")) == ("31.50", sent["form_key"])


def test_a_test_method_that_does_not_exist_is_refused(alice: Browser, acme: Customer) -> None:
    answer = alice.posts(f"{PATH}methods", {**shop.filled(alice.opens(PATH)), "amount": "7", "test_method": "pm_1234"})
    assert (answer.status, answer.errors(), answer.value("amount")) == (422, ["Choose one of the test methods."], "7")


def test_packs_show_credits_and_price_and_buy_exactly_that(app: Flask, origin: str, catalog: str) -> None:
    cast.apply_catalog("analytics")
    customer = registration.create(
        name="Initech", email="b@initech.example", catalog="analytics", external_id="initech"
    )
    actor = cast.make_actor(cast.ALICE, customer)
    shop.add_method(actor)
    browser, before = cast.signed_in(app, origin, actor), shop.remaining(customer)
    page = browser.opens(PATH)
    assert "Standard €10.00 2,500,000 tokens" in page.texts(".choice")
    assert page.soup.select("[name=amount]") == []
    review = browser.submits(page, FORM, button=BUY, pack="standard")
    assert review.texts(BUY) == ["Add 2,500,000 tokens for €10.00"]
    done = browser.submits(review, FORM, button=BUY)
    assert done.texts("#add_credits-payment h2") == ["Added 2,500,000 tokens to your balance"]
    assert (shop.charges(app), shop.remaining(customer)) == ([1000], before + 2_500_000_000_000)
    assert browser.posts(PATH, {**shop.filled(review), "pack": "gold"}).errors() == ["Choose a credit pack."]
    first = browser.submits(page, FORM, button=BUY)
    assert first.texts(BUY) == ["Add 1,000,000 tokens for €5.00"], "one is chosen from the start"


def test_a_viewer_may_look_but_not_buy(
    app: Flask, bob: Browser, alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    page = bob.opens(PATH)
    assert page.status == 200
    assert "Your role can look, not buy Ask an owner or billing manager to add credits." in page.text
    assert page.soup.select(f"{FORM}, {BUY}") == []
    token = page.soup.select("[name=csrf_token]")[0]["value"]
    sent = {**shop.filled(shop.reviewed(alice)), "csrf_token": token}
    assert bob.posts(PATH, sent).status == 403
    assert bob.posts(f"{PATH}methods", {**sent, "test_method": "pm_card_visa"}).status == 403
    assert shop.payments(acme) == []


@pytest.mark.parametrize("path", ["", "total", "payments/pay_01h455vb4pex5vsknk084sn02q"])
def test_a_stranger_is_sent_to_sign_in(visitor: Browser, catalog: str, path: str) -> None:
    assert visitor.opens(PATH + path).path.startswith("/sign-in")
    assert visitor.opens(PATH + path, **FRAGMENT).status == 401


def test_another_customer_finds_no_such_payment(
    alice: Browser, mallory: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    shop.bought(alice)
    (payment,) = shop.payments(acme)
    for path in (f"payments/{payment.id}", f"payments/{payment.id}/return", "payments/pay_nonsense", "payments/%00"):
        answer = mallory.opens(PATH + path)
        assert answer.status == 404
        assert "Acme" not in answer.response.text


def test_no_form_without_its_token(alice: Browser, acme: Customer, visa: PaymentMethod) -> None:
    sent = shop.filled(shop.reviewed(alice))
    del sent["csrf_token"]
    assert alice.posts(PATH, sent).status == 400
    assert shop.payments(acme) == []


def test_it_takes_as_many_statements_with_one_method_as_with_many(
    alice: Browser, alice_actor: Actor, visa: PaymentMethod
) -> None:
    with counted() as few:
        alice.opens(PATH)
    for _ in range(3):
        shop.add_method(alice_actor)
    with counted() as many:
        alice.opens(PATH)
    assert len(few) == len(many) <= 5, "\n".join(many)


def test_a_payment_takes_few_statements(alice: Browser, acme: Customer, visa: PaymentMethod) -> None:
    done = shop.bought(alice)
    with counted() as statements:
        alice.opens(done.path)
    assert len(statements) <= 7, "\n".join(statements)
