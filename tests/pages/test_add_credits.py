"""Add Credits: the amount, the total, the purchase."""

from io import BytesIO

import pytest
from flask import Flask

from app import ids
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from tests.support import shop
from tests.support.browser import Browser
from tests.support.credits_page import FRAGMENT, visa
from tests.support.shop import BUY, FORM, PATH

__all__ = ["visa"]
WRONG = {
    "": "Enter an amount.",
    "4.99": "Enter an amount from $5.00 to $5,000.00.",
    "5000.01": "Enter an amount from $5.00 to $5,000.00.",
    "5.001": "Enter an amount with at most 2 decimals, such as 25.00.",
    "1e3": "Enter an amount in digits, such as 25.00.",
    "sNaN": "Enter an amount in digits, such as 25.00.",
    "Infinity": "Enter an amount in digits, such as 25.00.",
    "٥": "Enter an amount in digits, such as 25.00.",
    "-25": "Enter an amount from $5.00 to $5,000.00.",
    "5,000.01": "Enter an amount from $5.00 to $5,000.00.",
    "12,50": "Enter an amount such as 12.50, with “.” before decimals and “,” only between thousands.",
    "€25": "Enter an amount in USD, without “€”.",
    "0x19": "Enter an amount in digits, such as 25.00.",
    "9" * 401: "Enter an amount from $5.00 to $5,000.00.",
}


@pytest.mark.both_databases
def test_it_asks_how_much_and_how(alice: Browser, visa: PaymentMethod) -> None:
    page = alice.opens(PATH)
    assert page.status == 200
    assert page.texts("h1") == ["Add credits"]
    assert "How much would you like to add to your balance?" in page.text
    assert "Enter an amount from $5.00 to $5,000.00." in page.text
    assert page.texts(".method-choice .choice__text") == [
        "Visa ending in 4242 Expires 08/2034 · Default",
        "New payment method Card, PayPal: saved for the next time",
        "PayPal For this payment only",
        "Cryptocurrency Stablecoins such as USDC, from your wallet",
    ]
    assert page.texts(BUY) == ["Add $25.00 to my balance"], "an amount is chosen from the start"
    assert page.find(BUY)["value"] == "", "without a script the first press asks to check"
    assert ids.is_form_key(page.value("form_key"))


@pytest.mark.parametrize("language", ["en", "pt", "*"])
def test_an_amount_is_typed_as_the_pages_language_writes_it(alice: Browser, language: str) -> None:
    asked = FRAGMENT | {"Accept-Language": language}
    assert "such as 12.50, with" in alice.opens(f"{PATH}total?amount=12,50", **asked).text
    assert alice.opens(f"{PATH}total?amount=$1,000", **asked).texts(BUY) == ["Add $1,000.00 to my balance"]


@pytest.mark.parametrize(
    ("language", "typed", "thousand"), [("de-AT", "12,50", "1.000"), ("fr-CH", "12,50", "1\u202f000")]
)
def test_what_another_language_writes_is_typed_there(alice: Browser, language: str, typed: str, thousand: str) -> None:
    asked = FRAGMENT | {"Accept-Language": language}
    assert alice.opens(f"{PATH}total?amount={typed}", **asked).find(BUY)["value"].startswith("1250 USD 12500000 ")
    assert alice.opens(f"{PATH}total?amount={thousand}", **asked).find(BUY)["value"].startswith("100000 USD ")
    assert alice.opens(f"{PATH}total?amount=12.50", **asked).find(BUY)["value"] == "", "it may be a thousand there"


def test_there_is_no_field_for_a_card_number(alice: Browser) -> None:
    page = alice.opens(PATH)
    typed = [
        each for each in page.soup.select("main input:not([type=hidden], [type=radio])") if each["name"] != "amount"
    ]
    assert typed == []
    assert page.soup.select("[autocomplete^=cc-]") == []


def test_the_total_is_worked_out_by_the_server(alice: Browser, visa: PaymentMethod) -> None:
    total = alice.opens(f"{PATH}total?amount=25.00", **FRAGMENT)
    assert total.texts(BUY) == ["Add $25.00 to my balance"]
    assert str(total.find(BUY)["value"]).startswith("2500 USD 25000000 ")
    assert [
        each["id"] for each in total.soup.find_all(recursive=False) if each.get("id", "").startswith("add_credits")
    ] == ["add_credits-total"]
    wrong = alice.opens(f"{PATH}total?amount=4.99", **FRAGMENT)
    assert wrong.texts(BUY) == ["Add to my balance"]
    assert "Enter an amount from $5.00 to $5,000.00." in wrong.text


def test_without_javascript_the_total_is_shown_before_anything_is_charged(
    app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    page = shop.reviewed(alice, "25")
    assert (page.status, page.texts(BUY), page.value("amount")) == (200, ["Add $25.00 to my balance"], "25")
    assert "Nothing is charged yet" in page.text
    assert (shop.charges(app), shop.payments(acme)) == ([], [])


def test_it_buys_and_shows_the_new_balance(app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod) -> None:
    before = shop.remaining(acme)
    page = shop.bought(alice)
    assert page.status == 200
    (payment,) = shop.payments(acme)
    assert page.redirects == (f"{PATH}payments/{payment.id}",)
    assert page.texts("#add_credits-payment-title") == ["Added $25.00 to your balance"]
    assert shop.charges(app) == [2500]
    assert shop.remaining(acme) == before + 25_000_000
    assert alice.follows(page, "#add_credits-document").texts("h1")[0].startswith("Invoice RG-")
    row = alice.follows(page, "#add_credits-payment a[href*=balance-history]")
    assert row.status == 200
    assert "+$25.00" in row.text


def test_htmx_gets_the_payment_its_address_and_the_new_balance_beside_it(
    alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    page = shop.reviewed(alice)
    answer = alice.posts(PATH, shop.filled(page), **FRAGMENT)
    (payment,) = shop.payments(acme)
    assert answer.response.headers["HX-Push-Url"] == f"{PATH}payments/{payment.id}"
    assert answer.texts("#add_credits-payment-title") == ["Added $25.00 to your balance"]
    assert "$25.00" in answer.find("#balance-badge[hx-swap-oob]").get_text()
    assert answer.soup.select("html, h1") == []


def test_page_and_fragment_agree(alice: Browser, visa: PaymentMethod) -> None:
    whole, part = alice.opens(f"{PATH}?amount=30"), alice.opens(f"{PATH}?amount=30", **FRAGMENT)
    for form in (whole, part):
        form.find("[name=form_key]").decompose()
        form.find("#add_credits-form [name=csrf_token]").decompose()
    assert str(whole.find("#add_credits-form")) == str(part.find("#add_credits-form"))


def test_a_wrong_amount_is_refused_in_words_and_kept(
    app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    page = alice.opens(PATH)
    for typed, sentence in WRONG.items():
        answer = alice.submits(page, FORM, button=BUY, amount=typed)
        assert (answer.status, answer.errors(), answer.value("amount")) == (422, [sentence], typed)
    assert (shop.charges(app), shop.payments(acme)) == ([], [])


def test_a_file_in_place_of_a_text_is_refused(alice: Browser, acme: Customer, visa: PaymentMethod) -> None:
    sent: dict[str, object] = {**shop.filled(shop.reviewed(alice))}
    for field in ("amount", "method", "form_key", "seen"):
        answer = alice.posts(PATH, {**sent, field: (BytesIO(b"25.00"), "amount.txt")})
        assert answer.status in ({422} if field == "amount" else {200, 409, 422}), field
    assert shop.payments(acme) == []


def test_a_suggested_amount_keeps_the_payment_method(
    alice: Browser, acme: Customer, alice_actor: Actor, visa: PaymentMethod
) -> None:
    other = shop.add_method(alice_actor, shop.BROKE)
    button = "[aria-label='Suggested amounts'] button:first-child"
    page = alice.opens(PATH)
    page = alice.submits(page, FORM, button=button, method=other.id)
    suggested = page.find(button)["value"]
    assert (page.value("amount"), page.value("method")) == (suggested, other.id)
    assert shop.payments(acme) == []


def test_focus_moves_only_after_an_own_click(alice: Browser, visa: PaymentMethod) -> None:
    page = alice.opens(f"{PATH}?amount=5000&review=1")
    assert page.soup.select("[autofocus]") == []
    sent = {**shop.filled(page), "seen": ""}
    assert alice.posts(PATH, sent, **FRAGMENT).find("[autofocus]")["id"] == "add_credits-buy"


def test_what_no_database_can_keep_is_refused(alice: Browser, acme: Customer, visa: PaymentMethod) -> None:
    sent = shop.filled(shop.reviewed(alice))
    for field in ("amount", "pack", "method", "form_key", "seen"):
        for junk in ("pay\0", "\ufffd", "x" * 5000):
            assert alice.posts(PATH, {**sent, field: junk}).status in {404, 409, 422}
    assert shop.payments(acme) == []
