"""Payment Methods: shown, added, made the default and removed."""

from collections.abc import Callable

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.models.scope import as_service
from app.services.transaction import transaction
from tests.support import methods, recharge, shop
from tests.support.browser import Browser
from tests.support.methods import ACCOUNT, REFUSED
from tests.support.methods_page import ADD, FRAGMENT, OTHER, PATH, adds, erika, table
from tests.support.shop import GOOD

__all__ = ["erika"]


def dated(method: PaymentMethod, month: int, year: int) -> None:
    with as_service("test"), transaction() as session:
        row = session.get_one(PaymentMethod, method.id)
        row.exp_month, row.exp_year = month, year


@pytest.mark.both_databases
def test_without_any_it_says_so_and_offers_to_add_one(alice: Browser) -> None:
    page = alice.opens(PATH)
    assert (page.status, page.texts("h1")) == (200, ["Payment methods"])
    assert "No payment method is saved yet." in page.text
    assert page.texts("#payment_methods-content a.btn") == ["Add new credit card", "Add PayPal"]
    assert page.soup.select("table") == []


def test_it_shows_each_with_its_last_digits_name_and_date(alice: Browser, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    shop.add_method(alice_actor, OTHER)
    page = alice.opens(PATH)
    assert table(page) == [
        ["Visa ending in 4242", "Acme", "08/2034", "Default", "Remove Visa ending in 4242"],
        [
            "Mastercard ending in 4444",
            "Acme",
            "08/2034",
            "Set as default",
            "Remove Mastercard ending in 4444",
        ],
    ]


def test_there_is_no_field_for_a_card_number(alice: Browser) -> None:
    page = alice.opens(f"{PATH}?add=card")
    assert [each["name"] for each in page.find(ADD).select("input:not([type=hidden]), select")] == ["test_method"]
    assert page.soup.select("[autocomplete^=cc-]") == []


def test_a_card_is_added(app: Flask, alice: Browser, acme: Customer) -> None:
    page = adds(alice)
    assert (page.status, page.redirects) == (200, (PATH,))
    assert page.notices() == ["Visa ending in 4242 is saved."]
    assert table(page)[0][:4] == ["Visa ending in 4242", "Acme", "08/2034", "Default"]
    assert methods.both_sides_agree(app, acme)


def test_htmx_gets_the_list_and_the_notice_beside_it(alice: Browser) -> None:
    form = alice.opens(f"{PATH}?add=card")
    sent = {"csrf_token": form.value("csrf_token"), "kind": "card", "test_method": GOOD}
    part = alice.posts(PATH, sent, **FRAGMENT)
    assert part.status == 200
    assert part.texts("#notices .toast__text") == ["Visa ending in 4242 is saved."]
    assert part.texts("#payment_methods-content h2[autofocus]") == ["Your payment methods"]
    assert part.soup.select("html, h1") == []


@pytest.mark.parametrize("query", ["", "?add=card", "?remove=ID"])
def test_page_and_fragment_agree(alice: Browser, alice_actor: Actor, query: str) -> None:
    query = query.replace("ID", shop.add_method(alice_actor).id)
    whole, part = alice.opens(PATH + query), alice.opens(PATH + query, **FRAGMENT)
    for token in [*whole.soup.select("[name=csrf_token]"), *part.soup.select("[name=csrf_token]")]:
        token.decompose()  # it says when it was made
    assert str(whole.find("#payment_methods-content")) == str(part.find("#payment_methods-content"))


def test_another_one_is_made_the_default(alice: Browser, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    shop.add_method(alice_actor, OTHER)
    page = alice.submits(alice.opens(PATH), "form[action$='/default']")
    assert page.notices() == ["Mastercard ending in 4444 is your default payment method now."]
    assert methods.shown(acme) == [("4444", True), ("4242", False)]


def test_a_method_is_removed_after_a_question(app: Flask, alice: Browser, acme: Customer, alice_actor: Actor) -> None:
    card = shop.add_method(alice_actor)
    shop.add_method(alice_actor, OTHER)
    asked = alice.follows(alice.opens(PATH), f"a[title=Remove][href*='{card.id}']")
    assert asked.texts("#payment_methods-remove") == ["Remove Visa ending in 4242?"]
    assert "another one becomes the default" in asked.text
    assert len(methods.live(acme)) == 2
    kept = alice.follows(asked, "#payment_methods-removal a")
    assert len(table(kept)) == 2
    page = alice.submits(asked, "form[action$='/removal']")
    words = "Visa ending in 4242 is removed. Mastercard ending in 4444 is your default payment method now."
    assert page.notices() == [words]
    assert methods.shown(acme) == [("4444", True)]
    assert methods.both_sides_agree(app, acme)
    again = alice.submits(asked, "form[action$='/removal']")
    assert (again.status, again.errors()) == (404, ["Visa ending in 4242 has already been removed."])
    assert methods.shown(acme) == [("4444", True)]


def test_the_last_one_may_go_and_the_question_says_what_that_means(
    alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    card = shop.add_method(alice_actor)
    asked = alice.opens(f"{PATH}?remove={card.id}")
    assert "It is your only payment method" in asked.text
    page = alice.submits(asked, "form[action$='/removal']")
    assert "No payment method is saved yet." in page.text


def test_the_question_says_what_becomes_of_auto_recharge(alice: Browser, alice_actor: Actor) -> None:
    card = shop.add_method(alice_actor)
    question = "#payment_methods-recharge"
    assert not alice.opens(f"{PATH}?remove={card.id}").soup.select(question)
    recharge.on(alice_actor)
    (words,) = alice.opens(f"{PATH}?remove={card.id}").texts(question)
    assert words.startswith("Auto-recharge charges it: without it, nothing is charged automatically")
    other = shop.add_method(alice_actor, OTHER)
    (words,) = alice.opens(f"{PATH}?remove={card.id}").texts(question)
    assert words.startswith("Auto-recharge charges your default payment method, and will charge the new one.")
    assert not alice.opens(f"{PATH}?remove={other.id}").soup.select(question)


@pytest.mark.case("AC-73")
def test_where_the_seller_forbids_it_the_last_one_stays(
    erika: Callable[..., tuple[Browser, Customer, Actor]],
) -> None:
    browser, customer, actor = erika(may_remove_last="false")
    card = shop.add_method(actor)
    page = browser.opens(PATH)
    assert page.soup.select("a[title=Remove]") == []
    assert "You need at least one payment method." in page.text
    assert browser.opens(f"{PATH}?remove={card.id}").soup.select("#payment_methods-removal") == []
    token = page.soup.select("[name=csrf_token]")[0]["value"]
    refused = browser.posts(f"{PATH}{card.id}/removal", {"csrf_token": token})
    assert refused.status == 409
    assert refused.errors() == ["This is your only payment method. Add another one before you remove it."]
    assert methods.shown(customer) == [("4242", True)]


def test_expired_and_soon_expiring_cards_are_said_in_words(alice: Browser, alice_actor: Actor) -> None:
    card, other = shop.add_method(alice_actor), shop.add_method(alice_actor, OTHER)
    today = clock.now()
    dated(card, 1, 2020)
    dated(other, today.month, today.year)
    page = alice.opens(PATH)
    assert [row[2] for row in table(page)] == ["01/2020 Expired", f"{today:%m/%Y} Expires soon"]
    assert "Your default payment method has expired." in page.text
    dated(card, 8, 2034)
    alice.submits(alice.opens(PATH), "form[action$='/default']")
    assert "Your default payment method expires soon." in alice.opens(PATH).text


def test_a_refused_card_is_said_beside_the_field_and_kept(alice: Browser, acme: Customer) -> None:
    page = adds(alice, test_method=REFUSED)
    assert page.status == 422
    assert page.errors() == ["The card's security code is wrong. Nothing was saved."]
    assert page.value("test_method") == REFUSED
    assert methods.live(acme) == []


def test_an_outage_is_said_and_nothing_is_lost(app: Flask, alice: Browser, acme: Customer) -> None:
    controls.plant(app.extensions["purser.settings"], "create_setup", "timeout_before")
    page = adds(alice, test_method=OTHER)
    assert page.status == 503
    assert "does not answer right now" in page.errors()[0]
    assert page.value("test_method") == OTHER
    assert methods.live(acme) == []


def test_a_made_up_choice_is_refused(alice: Browser, acme: Customer) -> None:
    page = alice.opens(f"{PATH}?add=card")
    for test_method in ("", "pm_card_unheard_of", ACCOUNT, "x" * 3000, "a\0b"):
        sent = {"csrf_token": page.value("csrf_token"), "kind": "card", "test_method": test_method}
        assert alice.posts(PATH, sent).status == 422
    assert methods.live(acme) == []
    assert alice.opens(f"{PATH}?add=iou&remove=nothing").status == 200
