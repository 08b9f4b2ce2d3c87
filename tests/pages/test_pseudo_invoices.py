"""Invoices, their payment and correction, Invoice address and Tax settings are said whole in the language of the page."""

import io

from flask import Flask

from app import clock
from app.domain import language
from app.domain.addresses import formats
from app.domain.invoices.documents import State
from app.domain.money import Money
from app.domain.people.members import Actor
from app.languages import PSEUDO
from app.models.customers import Customer
from app.models.scope import as_customer
from app.presenters import tax_settings
from app.services.customers import address
from app.services.receivables import ending
from app.services.tax import exemptions, registrations
from tests.pages.test_invoices import invoices
from tests.pages.test_tax_settings import CHECK, GOOD, SILENT, WRONG, adds
from tests.pages.test_tax_settings_certificates import PDF, sends
from tests.support import cast, dunning, periods
from tests.support.browser import Browser
from tests.support.corrections import NEW_YORK
from tests.support.documents import documents_of
from tests.support.periods import OVER
from tests.support.pseudo import ASKED, PART, WORD, IsSaid, offered
from tests.support.reversals import buys, sends_back
from tests.support.shop import BROKE, add_method

__all__ = ["offered"]

PATH, ADDRESS, TAX = "/billing/invoices", "/billing/invoice-address/", "/billing/tax/"
DATA = (
    "Visa",
    "Mastercard",
    "API calls",
    "Acme AB",
    "VAT",
    "VIES",
    "ZIP",
    "XML",
    "PNG",
    "JPEG",
    "MB",
    "ISO",
    "PO-7",
    "XI110305878",
)


is_said = IsSaid(DATA, "#add_credits-method label, .typed, address, #invoice_correction-form option[value^=txr_]")


def test_invoices_are_said_in_the_language(
    app: Flask, alice: Browser, bob: Browser, acme: Customer, alice_actor: Actor
) -> None:
    for browser in (alice, bob):
        for query in ("", "?q=nothing", "?show=receipt"):
            is_said(browser.opens(f"{PATH}{query}", **ASKED), acme, "nothing")
    sends_back(buys(app, alice_actor, 2500), 1000)
    sends_back(buys(app, alice_actor, 2500), 2500)
    due = [invoices(acme, 10_050), invoices(acme, 10)]
    ending.credit(due[0], Money(381, "USD"), by="seller", reason="Goodwill")
    for state in (State.PAID, State.VOID, State.UNCOLLECTIBLE):
        invoices(acme, 700, state=state)
    for browser in (alice, bob):
        for query in ("", *(f"?show={each}" for each in ("invoice", "credit_note", "receipt"))):
            is_said(browser.opens(f"{PATH}{query}", **ASKED), acme)
        for document in documents_of(acme):
            is_said(browser.opens(f"{PATH}/{document.id}", **ASKED), acme, "Goodwill")
            is_said(browser.opens(f"{PATH}/{document.id}/file", **PART), acme)
    for path in ("inv_none", "years/1999", "papers/none"):
        is_said(alice.opens(f"{PATH}/{path}", **ASKED), acme, status=404)
    assert b"Invoice date" in alice.client.get(f"{PATH}.csv", base_url=alice.origin, headers=ASKED).data
    assert b"Partly returned" in alice.client.get(f"{PATH}.csv", base_url=alice.origin, headers=ASKED).data


def test_paying_an_invoice_is_said_in_the_language(app: Flask, origin: str) -> None:
    small = periods.customer()
    periods.uses(small, 705)
    invoice = periods.closes(small)
    assert invoice is not None
    browser, path = cast.signed_in(app, origin, ann := periods.manager(small)), f"{PATH}/{invoice.id}/payment"
    is_said(browser.opens(path, **ASKED), small)
    broke = add_method(ann, BROKE)
    form = browser.opens(path, **ASKED)
    is_said(form, small)
    typed = {each: form.value(each) for each in ("csrf_token", "form_key")}
    for more, status in (
        ({"method": broke.id, "seen": "1 USD"}, 409),
        ({"method": broke.id, "seen": "x"}, 409),
        ({"seen": "881 USD"}, 422),
        ({"method": broke.id, "seen": "881 USD", "form_key": "x"}, 422),
        ({"method": broke.id, "seen": "881 USD"}, 402),
    ):
        is_said(browser.posts(path, {**typed, **more}, **PART), small, status=status)
    ending.credit(invoice.id, Money(881, "USD"), by="seller", reason="Goodwill")
    for each in (path, f"{PATH}/{invoice.id}", f"{PATH}/{invoice.id}/correction"):
        is_said(browser.opens(each, **ASKED), small)


def test_what_is_past_due_is_said_in_the_language(app: Flask, origin: str) -> None:
    small = periods.customer()
    with clock.at(OVER):
        add_method(actor := periods.manager(small), BROKE)
    invoice = dunning.invoiced(small)
    for day in (0, 5):
        dunning.collects(OVER + day * dunning.DAY)
        with clock.at(OVER + day * dunning.DAY):
            browser = cast.signed_in(app, origin, actor)
            for path in (PATH, f"{PATH}/{invoice.id}"):
                is_said(browser.opens(path, **ASKED), small)


def test_a_correction_is_said_in_the_language(
    app: Flask, alice: Browser, bob: Browser, acme: Customer, alice_actor: Actor
) -> None:
    address.change(acme.customer_id, NEW_YORK, "PO-7", 0, by="mem_alice", as_typed=True)
    buys(app, alice_actor, 2500)
    adds(alice)
    path = f"{PATH}/{documents_of(acme)[0].id}/correction"
    form = alice.opens(path, **ASKED)
    is_said(form, acme)
    is_said(bob.opens(path, **ASKED), acme, status=403)
    here = {each: form.value(each) for each in ("csrf_token", "company", "po_number", "line1", "city", "postal_code")}
    here |= {"country": "US", "region": form.value("region")}
    paris = {"company": "Acme SAS", "line1": "13 rue de la Paix", "city": "Paris", "postal_code": "75002", "region": ""}
    there = here | paris | {"country": "FR"}
    for typed, status in (
        (here | {"registration": ""}, 422),
        (here | {"registration": "txr_none"}, 422),
        (here | {"country": "US", "postal_code": "75002"}, 422),
        (here | {"company": "", "line1": "x" * 201}, 422),
        (there | {"fields": "1"}, 200),
        (there | {"mark": "none"}, 409),
        (there, 200),
    ):
        is_said(alice.posts(path, typed, **PART), acme, "New York", status=status)
    seen = alice.posts(path, there, **ASKED)
    alice.posts(path, there | {"mark": seen.find("#invoice_correction-confirm")["value"]}, **PART)
    for document in documents_of(acme):
        for each in (f"{PATH}/{document.id}", f"{PATH}/{document.id}/correction"):
            is_said(alice.opens(each, **ASKED), acme)


def test_a_state_of_a_country_is_not_how_something_stands(app: Flask) -> None:  # it has the catalogs
    with language.using("de"):
        assert formats.of("US").label("region") == "Bundesstaat"


def test_the_invoice_address_is_said_in_the_language(alice: Browser, bob: Browser, acme: Customer) -> None:
    for browser in (alice, bob):
        is_said(browser.opens(ADDRESS, **ASKED), acme)
    token = alice.opens(ADDRESS).value("csrf_token")

    def posts(path: str = "", status: int = 200, **typed: str) -> None:
        full = {"csrf_token": token, "version": "0", "company": "Acme AB", "line1": "1", "city": "X", **typed}
        is_said(alice.posts(f"{ADDRESS}{path}", full, **PART), acme, "XYZZY", "New York", status=status)

    for country in ("", "US", "IE", "JP", "AE", "GB", "IN", "KR", "HK", "CH", "BR", "JM", "KY"):
        posts("fields", country=country)
    posts(country="", status=422)
    posts(country="QQ", company="", line1="x" * 201, status=422)
    posts(country="US", region="XYZZY", postal_code="XYZZY", status=422)
    posts(country="US", region="NY", postal_code="90210", status=422)
    posts(country="DE", postal_code="1", po_number="x" * 101, status=422)
    posts(country="DE", postal_code="10115", buyer_reference="x" * 101, status=422)
    posts(country="DE", postal_code="10115", po_number="PO-7")
    posts(country="DE", postal_code="10117", status=409)
    for browser in (alice, bob):
        is_said(browser.opens(ADDRESS, **ASKED), acme)


def test_tax_settings_are_said_in_the_language(alice: Browser, bob: Browser, acme: Customer) -> None:
    for browser in (alice, bob):
        is_said(browser.opens(TAX, **ASKED), acme)
    for number in (GOOD, WRONG, SILENT):
        adds(alice, number)
    CHECK(10)
    page = alice.opens(TAX)
    token = page.value("csrf_token")

    def posts(path: str = "", status: int = 422, **typed: object) -> None:
        is_said(alice.posts(f"{TAX}{path}", {"csrf_token": token, **typed}, **PART), acme, "QQ", "EX", status=status)

    for typed in (
        {}, {"country": "DE"}, {"country": "QQ", "value": "1"}, {"country": "DE", "value": "DE1"},
        {"country": "DE", "value": "FR40303265045"}, {"country": "US", "kind": "eu_vat", "value": "1"},
        {"country": "GB", "kind": "gb_vat", "value": "XI110305878"}, {"country": "DE", "kind": "ch_uid", "value": "1"},
        {"country": "DE", "kind": "exemption", "value": "1"},
    ):  # fmt: skip
        posts(**typed)
    posts(country="DE", value=GOOD, status=409)
    posts(country="XI", value="XI110305878", status=200)
    sends(alice)
    with as_customer(acme.customer_id):
        (made,) = [each.id for each in registrations.listed(acme.customer_id) if each.kind == "exemption"]
    for content, more in ((b"", {}), (b"GIF", {}), (PDF, {"certificate": ""}), (PDF, {"territories": ["QQ"]})):
        file = (io.BytesIO(content), "a.pdf")
        posts("certificates", **{"certificate": "EX", "territories": ["FR"], "expires_on": "", "file": file} | more)
    posts("certificates", certificate="EX", territories=["FR"], expires_on="2001-01-01", file=(io.BytesIO(PDF), "a"))
    posts("certificates", certificate="EX", territories=["FR"], expires_on="x", file=(io.BytesIO(PDF), "a"))
    for verified in (True, False):
        exemptions.decide(made, verified=verified, by="jane", reason="Looked at it")
        for path in ("", f"?remove={made}", "list"):
            is_said(alice.opens(f"{TAX}{path}", **ASKED), acme, "EX-7/1")
    is_said(bob.opens(TAX, **ASKED), acme, "EX-7/1")
    posts(f"{made}/removal", status=200)
    with language.using(PSEUDO):
        assert not [each for _code, each in (*tax_settings.kinds(), *tax_settings.places()) if WORD.search(each)]
