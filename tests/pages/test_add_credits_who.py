"""Add Credits: who may buy, by which method, and what it costs to show."""

from types import ModuleType

import pytest
from flask import Flask

from app import clock
from app.blueprints import add_credits
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.models.scope import as_customer, as_service
from app.services.customers import registration
from app.services.payment_methods import saved, setups
from app.services.transaction import transaction
from tests.support import cast, shop
from tests.support.browser import Browser, Page
from tests.support.client import outside_contexts
from tests.support.credits_page import FRAGMENT, visa
from tests.support.shop import BUY, FORM, NEW, PATH
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
    page = alice.posts(PATH, {**shop.filled(shop.reviewed(alice)), "method": ""})
    assert (page.status, page.errors(), page.value("amount")) == (
        422,
        ["Choose a payment method, or add one."],
        "25.00",
    )
    assert shop.payments(acme) == []


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
    assert shop.bought(alice).texts("#add_credits-payment-title") == ["Added $25.00 to your balance"]
    assert shop.charges(app) == [2500]


def test_a_new_method_is_saved_and_charged_by_the_one_button(
    app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    page = shop.bought(alice, "31.50", method=NEW, test_method="pm_card_mastercard")
    assert page.texts("#add_credits-payment-title") == ["Added $31.50 to your balance"]
    assert "Mastercard ending in 4444" in page.text
    with as_customer(acme.customer_id):
        assert sorted(each.last4 for each in saved.saved()) == ["4242", "4444"]
    assert shop.charges(app) == [3150]


def test_with_nothing_saved_a_new_method_is_chosen_and_stands_open(alice: Browser, visitor: Browser) -> None:
    page = alice.opens(PATH)
    assert (page.value("method"), page.texts(BUY)) == (NEW, ["Add $25.00 to my balance"])
    assert page.soup.select("#add_credits-method #test_method") and not page.soup.select("#add_credits-method details")


@pytest.mark.both_databases
def test_the_form_of_a_new_method_sent_twice_saves_and_charges_once(app: Flask, alice: Browser, acme: Customer) -> None:
    sent = shop.filled(shop.reviewed(alice, method=NEW))
    first = alice.posts(PATH, sent)
    assert alice.posts(PATH, sent).path == first.path
    with as_customer(acme.customer_id):
        assert len(saved.saved()) == 1
    assert shop.charges(app) == [2500]


@pytest.mark.parametrize(("module", "name"), [(add_credits, "_save_first"), (setups, "settle")])
def test_the_form_of_a_new_card_sent_twice_at_once_is_one_purchase(
    app: Flask, alice: Browser, acme: Customer, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str
) -> None:
    """The second comes while the first is about to save its card, or to keep it: one card pays, and none is taken away."""
    sent = shop.filled(shop.reviewed(alice, method=NEW))
    second, usual = list[Page](), getattr(module, name)

    def when_the_other_is_done(*asked: object, **how: object) -> object:
        monkeypatch.undo()
        with outside_contexts():
            second.append(alice.posts(PATH, sent))
        return usual(*asked, **how)

    monkeypatch.setattr(module, name, when_the_other_is_done)
    first = alice.posts(PATH, sent)
    assert (first.status, first.path) == (200, second[0].path)
    assert first.texts("#add_credits-payment-title") == ["Added $25.00 to your balance"]
    with as_customer(acme.customer_id):
        assert len(saved.saved()) == 1
    assert shop.charges(app) == [2500]


def test_a_new_card_that_is_declined_stays_chosen_and_is_not_saved_again(alice: Browser, acme: Customer) -> None:
    page = shop.bought(alice, method=NEW, test_method=shop.BROKE)
    assert page.errors() == ["The card has insufficient funds. Nothing was charged."]
    with as_customer(acme.customer_id):
        (card,) = saved.saved()
    assert page.value("method") == card.id


def test_htmx_buys_by_a_new_method_in_place(app: Flask, alice: Browser) -> None:
    answer = alice.posts(PATH, shop.filled(shop.reviewed(alice, method=NEW)), **FRAGMENT)
    assert answer.texts("#add_credits-payment-title") == ["Added $25.00 to your balance"]


def test_a_test_method_that_does_not_exist_is_refused(alice: Browser, acme: Customer) -> None:
    answer = alice.posts(PATH, {**shop.filled(shop.reviewed(alice, "7")), "method": NEW, "test_method": "pm_1234"})
    assert (answer.status, answer.errors(), answer.value("amount")) == (422, ["Choose one of the test methods."], "7")
    assert shop.payments(acme) == []


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
    assert review.texts(BUY) == ["Add 2,500,000 tokens for €11.90"]
    done = browser.submits(review, FORM, button=BUY)
    assert done.texts("#add_credits-payment-title") == ["Added 2,500,000 tokens to your balance"]
    assert (shop.charges(app), shop.remaining(customer)) == ([1190], before + 2_500_000_000_000)
    assert browser.posts(PATH, {**shop.filled(review), "pack": "gold"}).errors() == ["Choose a credit pack."]
    first = browser.submits(page, FORM, button=BUY)
    assert first.texts(BUY) == ["Add 1,000,000 tokens for €5.95"], "one is chosen from the start"


def test_a_viewer_may_look_but_not_buy(
    app: Flask, bob: Browser, alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    page = bob.opens(PATH)
    assert page.status == 200
    assert "Your role can look, not buy Ask Alice Archer to add credits." in page.text
    assert page.soup.select(f"{FORM}, {BUY}") == []
    token = page.soup.select("[name=csrf_token]")[0]["value"]
    sent = {**shop.filled(shop.reviewed(alice)), "csrf_token": token}
    assert bob.posts(PATH, sent).status == 403
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
    assert len(few) == len(many) <= 7, "\n".join(many)


def test_a_payment_takes_few_statements(alice: Browser, acme: Customer, visa: PaymentMethod) -> None:
    done = shop.bought(alice)
    with counted() as statements:
        alice.opens(done.path)
    assert len(statements) <= 7, "\n".join(statements)
