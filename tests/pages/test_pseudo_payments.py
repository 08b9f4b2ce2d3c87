"""Add credits, auto-recharge and bank transfers in the states that they can be in: nothing is left in English."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app import clock
from app.domain import language
from app.domain.auto_recharge.caution import Caution
from app.domain.bank_transfers import epc
from app.domain.money import Money
from app.domain.people.members import Actor
from app.forms import amounts
from app.languages import PSEUDO
from app.models.auto_recharge import AutoRechargeQuestion
from app.models.customers import Customer
from app.models.payments import Payment
from app.models.scope import as_service
from app.services.auto_recharge import questions
from app.services.transaction import transaction
from tests.support import recharge, shop, transfers
from tests.support.browser import Browser, Page
from tests.support.pseudo import ASKED, known_of, offered, plain

__all__ = ["offered"]
ID = re.compile(r"\b[a-z]{2,4}_[0-9a-z]{26}\b")
OF_THE_BANK = {
    "Visa",
    "ALEX EXAMPLE",
    "Sandbox Payments",
    "Test Bank",
    "checking",
    "Tax ID",
    "USD",
    "USDC",
    "Mars/Base",
}
ADD, RECHARGE, TRANSFERS = "/billing/add-credits/", "/billing/auto-recharge/", "/billing/bank-transfers/"


@pytest.fixture
def known(acme: Customer) -> set[str]:
    return known_of(acme) | OF_THE_BANK


def changed(table: Any, row_id: str, **values: object) -> None:
    with as_service("look at a state"), transaction() as session:
        session.execute(update(table).where(table.id == row_id).values(**values))


def said(page: Page, known: set[str], status: int = 200) -> Page:
    assert page.status == status, (page.errors(), page.text[-600:])
    assert plain(page, known | set(ID.findall(page.response.text))) == []
    return page


STATES = [
    ("created", "card", ""),
    ("confirming", "card", "another_currency"),
    ("requires_action", "card", ""),
    ("requires_action", "card", "authentication_required"),
    ("requires_action", "paypal", ""),
    ("requires_action", "crypto", ""),
    ("requires_action", "bank_transfer", ""),
    ("processing", "card", ""),
    ("processing", "sepa_debit", ""),
    ("processing", "crypto", ""),
    ("processing", "paypal", ""),
    ("failed", "card", "expired_card"),
    ("canceled", "card", "unavailable"),
    ("canceled", "card", "given_up"),
    ("canceled", "card", "paid_otherwise"),
    ("canceled", "card", "method_removed"),
    ("canceled", "card", "not_confirmed"),
    ("canceled", "card", "otherwise"),
    ("succeeded", "card", ""),
]


def test_every_state_of_a_payment_is_said_in_the_language(
    alice: Browser, bob: Browser, acme: Customer, alice_actor: Actor, known: set[str]
) -> None:
    shop.bought(alice, method=shop.add_method(alice_actor).id)
    (payment,) = shop.payments(acme)
    for state, rail, problem in STATES:
        changed(Payment, payment.id, state=state, rail=rail, problem=problem, received_minor=0)
        said(alice.opens(f"{ADD}payments/{payment.id}", **ASKED), known)
        said(alice.opens(ADD, **ASKED), known)
        if state == "requires_action":
            said(bob.opens(f"{ADD}payments/{payment.id}", **ASKED), known)
    changed(Payment, payment.id, received_minor=2400)
    said(alice.opens(f"{ADD}payments/{payment.id}", **ASKED), known)


def test_what_add_credits_answers_is_in_the_language(
    app: Flask, alice: Browser, bob: Browser, acme: Customer, alice_actor: Actor, known: set[str]
) -> None:
    visa = shop.add_method(alice_actor).id
    page = alice.opens(ADD)
    form = {
        "typed_in": PSEUDO,
        "csrf_token": page.value("csrf_token"),
        "form_key": page.value("form_key"),
        "method": visa,
    }
    for typed in (
        *({"amount": each} for each in ("", "ten", "1.5", "1,250,50", "1", "99999999", "€5", "2,501", "5,123")),
        {"amount": "25", "method": ""},
        {"pack": "nowhere"},
    ):
        said(alice.posts(ADD, form | {"seen": "x"} | typed, **ASKED), known | {"nowhere"}, 422)
    said(alice.posts(ADD, form | {"amount": "25", "seen": "another"}, **ASKED), known, 409)
    linked = said(alice.opens(f"{ADD}?amount=25.00&review=1", **ASKED), known)
    assert (linked.value("amount"), linked.errors()) == ("25,00", [])
    said(bob.opens(ADD, **ASKED), known)
    shop.bought(alice, method=visa)
    again = shop.reviewed(alice, method=visa)
    said(alice.posts(ADD, shop.filled(again) | {"amount": "25", "typed_in": PSEUDO}, **ASKED), known, 409)


def test_what_auto_recharge_answers_is_in_the_language(
    app: Flask, alice: Browser, bob: Browser, visitor: Browser, acme: Customer, alice_actor: Actor, known: set[str]
) -> None:
    assert alice.opens(RECHARGE, **ASKED).value("amount") == "25,00"
    page = alice.opens(RECHARGE)
    form = {
        "typed_in": PSEUDO,
        "csrf_token": page.value("csrf_token"),
        "version": page.value("version"),
        "enabled": "on",
    }
    good = {"threshold": "20", "amount": "25", "period_limit": "50", "method": ""}
    for wrong in (
        {"threshold": "-5"},
        {"threshold": "9" * 20},
        {"amount": "x"},
        {"period_limit": "0"},
        {"period_limit": "20"},
        {"quiet_from": "22:00"},
        {"quiet_from": "25:00"},
        {"quiet_from": "22:00", "quiet_until": "22:00"},
        {"quiet_from": "22:00", "quiet_until": "7:00", "time_zone": "Mars/Base"},
        {"ask_above": "-1"},
        {"amount": "", "pack": "nowhere"},
    ):
        said(alice.posts(RECHARGE, form | good | wrong, **ASKED), known | {"nowhere"}, 422)
    said(alice.posts(RECHARGE, form | good | {"version": "7"}, **ASKED), known, 409)
    said(alice.posts(f"{RECHARGE}simulation", form | good, **ASKED), known)
    shop.add_method(alice_actor)
    recharge.on(alice_actor, caution=Caution(ask_above=Money(2000, "USD")))
    recharge.runs(app)
    asked = recharge.question(acme).id
    link = "/billing" + questions.link(asked).partition("/billing")[2]
    for state in ("open", "yes", "no", "over"):
        changed(AutoRechargeQuestion, asked, state=state, answered_at=None if state == "open" else clock.now())
        said(visitor.opens(link, **ASKED), known)
        seen = alice.opens(RECHARGE, **ASKED)
        for each in seen.soup.select("#auto_recharge-consent span[dir=auto]"):
            each.decompose()  # what was accepted, in the words of then
        assert plain(seen, known) == []
    recharge.on(alice_actor, caution=Caution())
    recharge.runs(app)
    seen = alice.opens(RECHARGE, **ASKED)
    for each in seen.soup.select("#auto_recharge-consent span[dir=auto]"):
        each.decompose()
    assert seen.soup.select(".decisions li") and plain(seen, known) == []
    said(visitor.opens(f"/billing/automatic-charges/{asked}/{'x' * 43}", **ASKED), known, 404)


def test_what_bank_transfers_show_is_in_the_language(
    app: Flask, alice: Browser, bob: Browser, acme: Customer, alice_actor: Actor, known: set[str]
) -> None:
    transfers.take_transfers()
    said(alice.opens(TRANSFERS, **ASKED), known)
    made = transfers.ordered(alice_actor)
    known |= {epc.reference(made.id)}
    path = f"{TRANSFERS}{made.id}"
    said(alice.opens(path, **ASKED), known)
    transfers.sent(app, acme.customer_id, 1000)
    for each in (path, TRANSFERS, ADD):
        said(alice.opens(each, **ASKED), known)
    token = {"csrf_token": alice.opens(TRANSFERS).value("csrf_token")}
    said(alice.posts(f"{path}/cancellation", token, **ASKED, **{"HX-Request": "true"}), known)
    path = f"{TRANSFERS}{transfers.ordered(alice_actor).id}"
    known |= {epc.reference(path.rpartition("/")[2])}
    transfers.sent(app, acme.customer_id, 2500)
    for each in (path, TRANSFERS):
        said(alice.opens(each, **ASKED), known)
        said(bob.opens(each, **ASKED), known)
    said(alice.posts(f"{path}/cancellation", token, **ASKED, **{"HX-Request": "true"}), known, 409)
    said(alice.posts(f"{TRANSFERS}look", token, **ASKED, **{"HX-Request": "true"}), known)


@pytest.mark.parametrize("name", ["en", "de", "fr", "es", "he"])
def test_what_a_field_shows_is_read_where_it_is_typed(name: str) -> None:
    with language.using(name):
        for minor, currency in ((2500, "USD"), (123456789, "EUR"), (2500, "JPY"), (1250, "BHD"), (-100050, "USD")):
            amount = Money(minor, currency)
            assert amounts.money(amounts.typed(amount), currency) == amount
        assert amounts.money(amounts.of_link("1250.50", "USD"), "USD") == Money(125050, "USD")
        assert [amounts.of_link(each, "BHD") for each in ("", "x", "1.250")] == ["", "x", "1.250"]
