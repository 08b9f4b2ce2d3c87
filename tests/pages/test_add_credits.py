"""Add credits: shows, buys once, says in words why not, and keeps what was typed."""

from io import BytesIO

import pytest
from flask import Flask

from app import clock, ids
from app.domain.people import Actor
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.models.scope import as_customer, as_service
from app.services.customers import registration
from app.services.payment_methods import saved
from app.services.transaction import transaction
from tests.support import cast, shop
from tests.support.browser import Browser
from tests.support.shop import BUY, FORM, PATH, SAVE
from tests.support.statements import counted

FRAGMENT = {"HX-Request": "true"}
WRONG = {
    "": "Enter an amount.",
    "4.99": "Enter an amount between $5.00 and $5,000.00.",
    "5000.01": "Enter an amount between $5.00 and $5,000.00.",
    "5.001": "An amount in USD has at most 2 decimals, such as 25.00.",
    "1e3": "Enter an amount in digits, such as 25.00.",
    "sNaN": "Enter an amount in digits, such as 25.00.",
    "Infinity": "Enter an amount in digits, such as 25.00.",
    "٥": "Enter an amount in digits, such as 25.00.",
    "-25": "Enter an amount in digits, such as 25.00.",
    "1,000": "Enter an amount in digits, such as 25.00.",
    "0x19": "Enter an amount in digits, such as 25.00.",
    "9" * 401: "Enter an amount in digits, such as 25.00.",
}


CLOSED = (
    "This account is closed, so no credit can be added to it. Nothing was charged. Ask Relay Networks, Inc. about it."
)


def stands(customer: Customer, standing: str) -> None:
    """Put the customer in a standing, as the seller would."""
    with as_service("change a standing"), transaction() as session:
        session.get_one(Customer, customer.customer_id).standing = standing


@pytest.fixture
def visa(alice_actor: Actor) -> PaymentMethod:
    """A card of Acme's that pays."""
    return shop.add_method(alice_actor)


@pytest.mark.both_databases
def test_it_asks_how_much_and_how(alice: Browser, visa: PaymentMethod) -> None:
    page = alice.opens(PATH)
    assert page.status == 200
    assert page.texts("h1") == ["Add credits"]
    assert "How much would you like to add to your balance?" in page.text
    assert "Enter an amount between $5.00 and $5,000.00." in page.text
    assert page.texts("#method option") == [
        "Visa ending in 4242, expires 08/2034 (default)",
        "PayPal, for this payment only",
        "Cryptocurrency (stablecoins such as USDC)",
    ]
    assert page.texts(BUY) == ["Add to my balance"]
    assert ids.is_form_key(page.value("form_key"))


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
    assert total.find(BUY)["value"] == "2500 USD 25000000"
    assert [
        each["id"] for each in total.soup.find_all(recursive=False) if each.get("id", "").startswith("add_credits")
    ] == ["add_credits-total"]
    wrong = alice.opens(f"{PATH}total?amount=4.99", **FRAGMENT)
    assert wrong.texts(BUY) == ["Add to my balance"]
    assert "Enter an amount between $5.00 and $5,000.00." in wrong.text


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
    assert page.texts("#add_credits-payment h2") == ["Added $25.00 to your balance"]
    assert shop.charges(app) == [2500]
    assert shop.remaining(acme) == before + 25_000_000
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
    assert answer.texts("#add_credits-payment h2") == ["Added $25.00 to your balance"]
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
    added = alice.posts(f"{PATH}methods", {**sent, "test_method": "pm_card_mastercard"}, **FRAGMENT)
    assert added.find("[autofocus]")["id"] == "method"


def test_what_no_database_can_keep_is_refused(alice: Browser, acme: Customer, visa: PaymentMethod) -> None:
    sent = shop.filled(shop.reviewed(alice))
    for field in ("amount", "pack", "method", "form_key", "seen"):
        for junk in ("pay\0", "\ufffd", "x" * 5000):
            assert alice.posts(PATH, {**sent, field: junk}).status in {404, 409, 422}
    assert shop.payments(acme) == []


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
    assert answer.texts("#method option[selected]") == ["Mastercard ending in 4444, expires 08/2034"]
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
    assert "Standard 2,500,000 tokens €10.00" in page.texts(".choice")
    assert page.soup.select("[name=amount]") == []
    review = browser.submits(page, FORM, button=BUY, pack="standard")
    assert review.texts(BUY) == ["Add 2,500,000 tokens for €10.00"]
    done = browser.submits(review, FORM, button=BUY)
    assert done.texts("#add_credits-payment h2") == ["Added 2,500,000 tokens to your balance"]
    assert (shop.charges(app), shop.remaining(customer)) == ([1000], before + 2_500_000_000_000)
    assert browser.posts(PATH, {**shop.filled(review), "pack": "gold"}).errors() == ["Choose a credit pack."]
    assert browser.submits(page, FORM, button=BUY).errors() == ["Choose a credit pack."]


def test_a_viewer_may_look_but_not_buy(
    app: Flask, bob: Browser, alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    page = bob.opens(PATH)
    assert page.status == 200
    assert "Your role may look at this but not buy." in page.text
    assert page.soup.select(BUY) == []
    sent = {**shop.filled(shop.reviewed(alice)), "csrf_token": page.value("csrf_token")}
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
