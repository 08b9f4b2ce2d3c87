"""Add credits as a checkout: what is chosen from the start, the new balance and how long it lasts, what is under way."""

from datetime import timedelta

from flask import Flask

from app import clock
from app.domain.money import Credits
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.services.usage import recording
from tests.support import cast, shop
from tests.support.browser import Browser, Page
from tests.support.credits_page import FRAGMENT, visa
from tests.support.shop import BUY, PATH

__all__ = ["visa"]


def order(page: Page) -> dict[str, str]:
    rows = page.soup.select("#add_credits-total dl > div")
    return {row.dt.get_text(" ", strip=True): row.dd.get_text(" ", strip=True) for row in rows}


def test_the_order_says_the_total_the_new_balance_and_how_long_it_lasts(
    app: Flask, origin: str, alice: Browser, alice_actor: Actor, acme: Customer, visa: PaymentMethod
) -> None:
    shop.bought(alice, "20.00")
    assert order(alice.opens(PATH)) == {
        "Credit you get": "$25.00",
        "Price": "$25.00",
        "Tax": "None",
        "Total to pay now": "$25.00",
        "New balance": "$45.00",
        "Lasts": "Nothing was used lately, so nobody can say",
    }
    recording.record(acme.customer_id, key="u", credits=Credits(5_001_000), description="Used")
    with clock.at(clock.now() + timedelta(days=1)):
        rows = order(cast.signed_in(app, origin, alice_actor).opens(f"{PATH}total?amount=100", **FRAGMENT))
    assert rows["New balance"].startswith("$114.99"), "rounded down"
    assert rows["Lasts"].startswith("About 22 days, to "), rows


def test_what_is_under_way_stands_on_top(alice: Browser, acme: Customer) -> None:
    shop.reviewed(alice, method="paypal")
    sent = shop.filled(shop.reviewed(alice, method="paypal"))
    alice.posts(PATH, sent, **FRAGMENT)
    page = alice.opens(PATH)
    (payment,) = shop.payments(acme)
    assert page.texts("#add_credits-under_way li") == ["$25.00 waits for your approval at PayPal"]
    assert page.find("#add_credits-under_way a")["href"] == f"{PATH}payments/{payment.id}"
    assert page.texts(BUY) == ["Add $25.00 to my balance"]


def test_the_chosen_amount_is_pressed(alice: Browser, visa: PaymentMethod) -> None:
    pressed = "[aria-label='Suggested amounts'] [aria-pressed=true]"
    assert alice.opens(PATH).texts(pressed) == ["$25.00"]
    assert alice.opens(f"{PATH}?amount=100.00").texts(pressed) == ["$100.00"]
    assert alice.opens(f"{PATH}?amount=31").texts(pressed) == []


def test_a_decline_is_said_to_everybody_and_stays_among_the_latest_payments(
    alice: Browser, bob: Browser, acme: Customer, alice_actor: Actor
) -> None:
    line, rows = "#status_line strong", "#add_credits-latest tbody tr"
    shop.add_method(alice_actor, shop.BROKE)
    shop.bought(alice, "60.00")
    assert alice.opens(PATH).texts(line) == [], "the page has just said it"
    assert "Declined The card has insufficient funds. $60.00" in bob.opens(PATH).texts(rows)[0]
    with clock.at(clock.now() + timedelta(minutes=11)):
        for browser in (alice, bob):
            page = browser.opens(PATH)
            assert page.texts(line)[0].startswith("Your payment of $60.00 failed on ")
        (payment,) = shop.payments(acme)
        assert page.find("#add_credits-latest a")["href"] == f"{PATH}payments/{payment.id}"
    good = shop.add_method(alice_actor)
    with clock.at(clock.now() + timedelta(minutes=12)):
        shop.bought(alice, method=good.id)
        page = alice.opens(PATH)
    assert page.texts(line) == [], "another one was begun since"
    assert [" Paid " in each for each in page.texts(rows)] == [True, False]


def test_below_zero_the_amount_chosen_first_covers_it(alice: Browser, acme: Customer) -> None:
    recording.record(acme.customer_id, key="u", credits=Credits(40_800_000), description="Used")
    page = alice.opens(PATH)
    assert (page.value("amount"), order(page)["New balance"]) == ("100.00", "$59.20")
