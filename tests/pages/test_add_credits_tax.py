"""Add credits with tax: the order says it before it is charged, why it is added, and what is different since it was shown."""

import pytest
from flask import Flask

from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.models.scope import as_service
from app.services.mail import payment_text
from tests.support import shop
from tests.support.browser import Browser, Page
from tests.support.credits_page import FRAGMENT, visa
from tests.support.documents import documents_of
from tests.support.shop import BUY, FORM, PATH
from tests.support.taxed import NUMBER, becomes, lives, registered, sold_from_france

__all__ = ["visa"]
GO = "Go to Tax settings"
WHY = "#add_credits-total > p.small"


def order(page: Page) -> list[tuple[str, str]]:
    """Return the lines of the order up to its total."""
    rows = page.soup.select("#add_credits-total dl > div")
    lines = [(row.dt.get_text(" ", strip=True), row.dd.get_text(" ", strip=True)) for row in rows]
    return lines[: [title for title, _amount in lines].index("Total to pay now") + 1]


@pytest.mark.both_databases
def test_a_customer_at_home_is_charged_the_total_that_the_button_says(
    app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    """Also with a verified number of another state: the invoice address is in the seller's own country."""
    sold_from_france()
    lives(acme, "FR")
    registered(acme, "verified")
    page = shop.reviewed(alice, "25.00")
    assert order(page) == [
        ("Credit you get", "$25.00"), ("Price before tax", "$25.00"), ("VAT 20 %", "$5.00"),
        ("Total to pay now", "$30.00"),
    ]  # fmt: skip
    assert page.texts(BUY) == ["Add $25.00 for $30.00"]
    assert page.texts("#amount-help") == ["Enter an amount from $5.00 to $5,000.00, before tax."]
    assert page.texts(WHY) == [
        "Tax is added because your invoice address is in the seller’s own country. Go to Invoice address"
    ]
    assert order(alice.opens(f"{PATH}total?amount=25", **FRAGMENT)) == order(page)
    assert alice.submits(page, FORM, button=BUY).status == 200
    assert (shop.charges(app), shop.remaining(acme)) == ([3000], 25_000_000)
    (invoice,) = documents_of(acme)
    assert (invoice.net_minor, invoice.tax_minor, invoice.total_minor) == (2500, 500, 3000)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("unverified", f"Tax is added because your number {NUMBER} is not verified. {GO}"),
        ("pending", f"Tax is added because your number {NUMBER} is still being checked. {GO}"),
        (
            "unavailable",
            f"Tax is added because the service that confirms your number {NUMBER} has not answered yet. {GO}",
        ),
        ("verified", f"Reverse charge: you account for the tax yourself, under your number {NUMBER}."),
    ],
)
def test_a_business_reads_why_tax_is_added_and_where_to_go(
    alice: Browser, acme: Customer, visa: PaymentMethod, state: str, said: str
) -> None:
    sold_from_france()
    lives(acme, "DE")
    registered(acme, state)
    page = alice.opens(PATH)
    assert page.texts(WHY) == [said]
    taxed = [("VAT 19 %", "$4.75"), ("Total to pay now", "$29.75")]
    assert order(page)[2:] == ([("Tax", "None"), ("Total to pay now", "$25.00")] if state == "verified" else taxed)


@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["plain", "htmx"])
def test_a_number_that_is_verified_meanwhile_shows_a_new_total_and_charges_nothing(
    app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod, headers: dict[str, str]
) -> None:
    sold_from_france()
    lives(acme, "DE")
    number = registered(acme, "unverified")
    form = shop.filled(shop.reviewed(alice, "40.00"))
    becomes(number, "verified")
    changed = alice.posts(PATH, form, **headers)
    assert changed.status == 409
    assert "The total is now $40.00. Nothing was charged. Check it, then press the button." in changed.text
    assert (order(changed)[2:], changed.value("amount")) == (
        [("Tax", "None"), ("Total to pay now", "$40.00")], "40.00",
    )  # fmt: skip
    assert shop.charges(app) == []
    bought = alice.posts(PATH, shop.filled(changed), **headers)
    assert (bought.status, shop.charges(app), shop.remaining(acme)) == (200, [4000], 40_000_000)


def test_the_same_total_taxed_for_another_reason_is_shown_again(
    app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    sold_from_france()
    lives(acme, "DE")
    number = registered(acme, "pending")
    form = shop.filled(shop.reviewed(alice, "40.00"))
    becomes(number, "unverified")
    assert (alice.posts(PATH, form).status, shop.charges(app)) == (409, [])


def test_what_was_bought_a_moment_ago_with_other_tax_is_asked_about_all_the_same(
    app: Flask, alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    sold_from_france()
    lives(acme, "DE")
    number = registered(acme, "unverified")
    shop.bought(alice, "40.00")
    becomes(number, "verified")
    again = shop.bought(alice, "40.00")
    assert (again.status, shop.charges(app)) == (409, [4760])
    assert "You bought the same credits a few minutes ago, for $47.60." in again.text


def test_what_was_paid_says_price_tax_and_total_wherever_it_is_shown(
    alice: Browser, acme: Customer, visa: PaymentMethod
) -> None:
    sold_from_france()
    lives(acme, "FR")
    paid = shop.bought(alice, "25.00")
    receipt = ["Price before tax $25.00", "VAT 20 % $5.00", "Total $30.00"]

    def first_lines(page: Page) -> list[str]:
        rows = page.soup.select(".receipt dl > div")[:3]
        return [" ".join(" ".join(row.stripped_strings).split()) for row in rows]

    assert first_lines(paid) == receipt
    assert first_lines(alice.follows(paid, "#add_credits-payment .btn--primary")) == receipt
    (latest,) = alice.opens(PATH).texts("#add_credits-latest td.num")
    assert latest.split() == ["$30.00", "VAT", "20", "%:", "$5.00"]
    with as_service("read the receipt"):
        mail = payment_text.of("receipt", acme.customer_id, {"payment": shop.payments(acme)[0].id})
    assert mail is not None
    assert "Price            $25.00 before tax\nVAT 20 %         $5.00\nPaid             $30.00" in mail.text
    assert all(each in mail.html for each in ("Price before tax", "VAT 20 %"))
