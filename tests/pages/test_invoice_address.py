"""Invoice address: the fields follow the country, what was typed is kept and printed, and nobody is locked out."""

from typing import Any

import pytest

from app.domain.addresses.address import Address
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.customers import address, directory
from app.services.customers.address import Kept
from tests.support.browser import Browser, Page
from tests.support.statements import counted

PATH = "/billing/invoice-address/"
FORM = "form[aria-label='Invoice address']"
SAVE, AS_TYPED, OF_COUNTRY = "#invoice_address-save", "#invoice_address-as_typed", "#invoice_address-country"
BERLIN: dict[str, Any] = {
    "company": "Acme GmbH", "country": "DE", "line1": "Hauptstraße 1", "line2": "3. OG", "city": "Berlin", "postal_code": "10115",
}  # fmt: skip
AS_PRINTED = ["Acme GmbH", "Hauptstraße 1", "3. OG", "10115 Berlin", "Germany"]


def saves(browser: Browser, page: Page | None = None, button: str = SAVE, **fields: Any) -> Page:
    return browser.submits(page or browser.opens(PATH), FORM, button=button, **fields)


def in_country(browser: Browser, country: str, **fields: Any) -> Page:
    """Return the form with the country's fields, as somebody without JavaScript gets it."""
    return saves(browser, button=OF_COUNTRY, country=country, **fields)


def kept(customer: Customer) -> Kept:
    with as_customer(customer.customer_id):
        return address.current(customer.customer_id)


def required(customer: Customer) -> None:
    directory.change(customer.customer_id, directory.Change(po_required=True), by="seller")


@pytest.mark.both_databases
def test_an_address_is_saved_as_it_was_typed_and_shown_as_it_is_printed(alice: Browser, acme: Customer) -> None:
    empty = alice.opens(PATH)
    assert (empty.status, empty.texts("h1")) == (200, ["Invoice address"])
    assert empty.value("company") == "Acme" and "No address is saved yet." in empty.text
    page = saves(alice, **BERLIN, po_number="PO-7")
    assert (page.status, page.redirects) == (200, (PATH,))
    assert page.notices() == ["The invoice address is saved."]
    assert page.texts("address span") == AS_PRINTED
    assert [page.value(name) for name in BERLIN] == list(BERLIN.values())
    assert kept(acme) == Kept(Address("Acme GmbH", "Hauptstraße 1", "3. OG", "Berlin", "10115", "", "DE"), "PO-7", 1)


@pytest.mark.parametrize(
    ("country", "labels"),
    [
        ("US", ["Company name", "Country", "Address 1", "Address 2 (optional)", "City", "ZIP code", "State"]),
        ("GB", ["Company name", "Country", "Address 1", "Address 2 (optional)", "Town", "Postal code"]),
        ("AE", ["Company name", "Country", "Address 1", "Address 2 (optional)", "City (optional)", "Emirate"]),
        ("IE", ["Company name", "Country", "Address 1", "Address 2 (optional)", "City", "Eircode (optional)", "County (optional)"]),
    ],
)  # fmt: skip
def test_the_fields_follow_the_country_without_javascript(
    alice: Browser, acme: Customer, country: str, labels: list[str]
) -> None:
    first = alice.opens(PATH).texts(f"{FORM} label")
    assert first == [
        "Company name", "Country", "Address 1", "Address 2 (optional)", "City (optional)", "Postal code (optional)",
        "Region/Province (optional)", "Purchase order (PO) number (optional)",
    ]  # fmt: skip
    page = in_country(alice, country, line1="Street 1")
    assert page.texts(f"{FORM} label")[:-1] == labels
    assert (page.status, page.value("line1"), page.value("country")) == (200, "Street 1", country)
    assert kept(acme) == Kept()


def test_a_country_gives_htmx_its_fields_alone_and_suggests_its_regions(alice: Browser) -> None:
    page = alice.opens(PATH)
    sent = {"csrf_token": page.value("csrf_token"), "country": "US", "region": "CA"}
    part = alice.posts(f"{PATH}fields", sent, **{"HX-Request": "true"})
    assert part.soup.find(recursive=False).get("id") == "invoice_address-fields"
    assert part.value("region") == "CA" and part.find("#region")["list"] == "invoice_address-regions"
    assert ("CA", "California") in [(each["value"], each.text) for each in part.soup.select("datalist option")]


def test_only_what_is_empty_and_required_is_refused_and_what_was_typed_stays(alice: Browser, acme: Customer) -> None:
    page = in_country(alice, "US", company="", line1="1 Market St", city="San Jose")
    refused = saves(alice, page)
    assert (refused.status, refused.errors()) == (
        422, ["Company name is missing. Enter it.", "ZIP code is missing. Enter it.", "State is missing. Enter it."],
    )  # fmt: skip
    assert (refused.value("city"), kept(acme)) == ("San Jose", Kept())
    assert refused.find("#postal_code")["aria-describedby"] == "postal_code-error"


def test_what_looks_wrong_is_asked_about_and_saved_as_typed(alice: Browser, acme: Customer) -> None:
    asked = saves(alice, **BERLIN | {"postal_code": "1011"})
    question = "“1011” does not look like a postal code of this country, such as 26133. Is it right?"
    assert (asked.status, asked.texts(".field__asked"), asked.errors()) == (422, [question], [])
    assert asked.texts("#invoice_address-asked") == [
        "Look at this field again: Postal code. If it is right, press Save as typed ."
    ]
    assert kept(acme) == Kept()
    assert asked.find("#postal_code")["aria-describedby"] == "postal_code-asked"
    saved = saves(alice, asked, AS_TYPED)
    assert (saved.status, saved.texts("address span")[3]) == (200, "1011 Berlin")
    again = saves(alice, saved, po_number="PO-8")
    assert (again.status, kept(acme).po_number) == (200, "PO-8"), "nobody is asked twice about the same address"


def test_saying_yes_to_one_address_says_yes_to_no_other(alice: Browser, acme: Customer) -> None:
    asked = saves(alice, **BERLIN | {"postal_code": "1011"})
    other = saves(alice, asked, AS_TYPED, postal_code="10")
    assert (other.status, other.texts(".field__asked")) == (
        422, ["“10” does not look like a postal code of this country, such as 26133. Is it right?"],
    )  # fmt: skip
    assert kept(acme) == Kept()


def test_a_purchase_order_number_is_asked_for_where_the_seller_needs_one(alice: Browser, acme: Customer) -> None:
    required(acme)
    refused = saves(alice, **BERLIN)
    assert (refused.status, refused.errors()) == (
        422, ["Relay Networks, Inc. needs your purchase order number on each invoice. Enter it."],
    )  # fmt: skip
    assert "Purchase order (PO) number" in refused.texts(f"{FORM} label")
    assert saves(alice, refused, po_number=" 4711 ").status == 200
    assert kept(acme).po_number == "4711"


def test_two_open_pages_do_not_undo_each_other(alice: Browser, acme: Customer) -> None:
    page = alice.opens(PATH)
    saves(alice, **BERLIN)
    late = saves(alice, page, **BERLIN | {"city": "Potsdam", "postal_code": "14467"})
    assert (late.status, kept(acme).address.city) == (409, "Berlin")
    assert late.texts("[role=alert] p") == [
        "Another address was saved meanwhile. Yours is still here: look at it, and save again to replace that."
    ]
    assert (saves(alice, late).status, kept(acme).address.city) == (200, "Potsdam")


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "=1+1", "שלום עולם", "A" * 200])
def test_a_company_of_any_letters_is_kept_and_shown(alice: Browser, acme: Customer, text: str) -> None:
    page = saves(alice, **BERLIN | {"company": text})
    assert (page.status, page.texts("address span")[0], kept(acme).address.company) == (200, text, text)
    assert not page.soup.select("address script")


def test_an_unknown_country_and_a_text_that_is_too_long_are_refused(alice: Browser) -> None:
    page = alice.opens(PATH)
    sent = {"csrf_token": page.value("csrf_token"), "version": "0", **BERLIN, "country": "XX", "line1": "x" * 201}
    refused = alice.posts(PATH, sent)
    assert (refused.status, refused.errors()) == (
        422,
        ["Choose the country: a code of two letters such as DE, by ISO 3166.", "Address 1 is longer than 200 characters. Shorten it."],
    )  # fmt: skip


def test_a_viewer_sees_it_and_can_change_nothing(alice: Browser, bob: Browser, acme: Customer) -> None:
    saves(alice, **BERLIN)
    page = bob.opens(PATH)
    assert (page.texts("address span"), page.soup.select(FORM)) == (AS_PRINTED, [])
    assert "Your role can view this page but not change it. Ask Alice Archer" in page.text
    for path in (PATH, f"{PATH}fields"):
        assert bob.posts(path, {"csrf_token": "x", **BERLIN}).status in {400, 403}


def test_nobody_sees_another_customers_address(alice: Browser, mallory: Browser) -> None:
    saves(alice, **BERLIN)
    assert "Hauptstraße" not in mallory.opens(PATH).text


def test_a_stranger_is_sent_to_sign_in(visitor: Browser, acme: Customer) -> None:
    assert visitor.opens(PATH).path.startswith("/sign-in")


def test_it_takes_few_statements(alice: Browser, alice_actor: Actor) -> None:
    saves(alice, **BERLIN)
    alice.opens(PATH)
    with counted() as seen:
        alice.opens(PATH)
    assert len([each for each in seen if "invoice_addresses" in each]) == 1
    assert len(seen) <= 4, seen
