"""The e-invoice on its document's page, in its PDF and by the API: the same bytes, kept with the PDF."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from facturx import get_facturx_xml_from_pdf
from flask import Flask
from lxml import etree

from app import clock
from app.domain.catalog import Seller
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.lines import Line, LineKind
from app.domain.invoices.totals import totals
from app.domain.money import Money
from app.domain.people.members import Actor
from app.gateways.pdf.renderer import Renderer
from app.models.customers import Customer
from app.models.scope import as_service
from app.services.catalog import versions
from app.services.invoices import drafting, file_making, numbering
from app.services.ledger import posting
from app.services.transaction import transaction
from tests.support import cast
from tests.support.api import api_for
from tests.support.browser import Browser
from tests.support.documents import documents_of
from tests.support.e_invoices import SELLER, VAT, broken_rules, broken_rules_of_xrechnung
from tests.support.pdfs import text_of
from tests.support.reversals import buys

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BERLIN = Seller(
    "Small GmbH", ("Lange Straße 1", "10115 Berlin"), "DE", "billing@small.example", "", SELLER,
    "Berlin", "10115", "Accounts", "+49 30 1234567",
)  # fmt: skip
PATH = "/billing/invoices"


def invoice_of(customer: Customer, country: str = "FR", *, typed: bool = False) -> str:
    """Write an invoice of a seller in Berlin to the customer, and return its id."""
    with as_service("write an invoice"), transaction() as session:
        books = posting.lock(session, customer.customer_id)
        catalog = replace(versions.of(books.customer), seller=BERLIN)
        lines = [Line(LineKind.USAGE, "API calls", Money(10_050, "EUR"), drafting.rate_of(VAT))]
        buyer = dict.fromkeys(drafting.BUYER, "") | {"buyer_company": "Acme AB", "buyer_country": country}
        buyer = drafting.buyer_of(books) if typed else buyer
        source = drafting.Source("test", f"{clock.now()}{country}")
        made = drafting.draft(books, catalog, Kind.INVOICE, source, lines, totals(lines), [VAT], buyer)
        numbering.finalize(session, made, State.OPEN, clock.now())
        return made.id


@pytest.mark.both_databases
def test_it_is_kept_with_the_pdf_and_in_it_and_is_the_same_for_ever(
    app: Flask, drawing: Renderer, alice: Browser, mallory: Browser, acme: Customer
) -> None:
    with clock.at(NOON):
        made = invoice_of(acme)
        assert file_making.make_due() == 1
    (document,) = documents_of(acme)
    page = alice.opens(f"{PATH}/{made}")
    assert page.texts("#invoices-file a") == ["Download PDF", "Download XML"]
    answer = alice.client.get(f"{PATH}/{made}/xml")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/xml")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="invoice-{document.number}.xml"'
    assert broken_rules(answer.data) == []
    assert etree.fromstring(answer.data).findtext(".//{*}GrandTotalAmount") == "121.61"
    pdf = alice.client.get(f"{PATH}/{made}/pdf").data
    assert get_facturx_xml_from_pdf(pdf, check_xsd=True) == ("factur-x.xml", answer.data)
    assert str(document.number) in text_of(pdf)
    with clock.at(NOON + timedelta(days=3650)):
        by_api = api_for(app, "billing:read").get(f"/customers/{acme.customer_id}/invoices/{made}/xml")
        assert (by_api.data, by_api.headers["ETag"]) == (answer.data, answer.headers["ETag"])
    assert mallory.client.get(f"{PATH}/{made}/xml").status_code == 404


def test_where_there_is_none_the_page_says_why_and_the_pdf_is_there_all_the_same(
    app: Flask, drawing: Renderer, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    made = invoice_of(acme, country="")
    buys(app, alice_actor, 2500)
    assert file_making.make_due() == 2
    page = alice.opens(f"{PATH}/{made}")
    assert page.texts("#invoices-file a") == ["Download PDF"]
    assert page.texts("#invoices-no-xml") == [
        "There is no XML of this document, because it was made before you gave an invoice address."
    ]
    (american,) = [each for each in documents_of(acme) if each.id != made]
    page = alice.opens(f"{PATH}/{american.id}")
    assert (page.texts("#invoices-file a"), page.texts("#invoices-no-xml")) == (["Download PDF"], [])


def test_who_gives_a_buyer_reference_gets_an_xrechnung(
    app: Flask, drawing: Renderer, alice: Browser, acme: Customer
) -> None:
    form = "/billing/invoice-address/"
    assert alice.opens(form).soup.select_one("[name=buyer_reference]") is None, "its seller writes no e-invoices"
    catalog = (cast.EXAMPLES / f"{cast.CATALOG}.toml").read_text()
    catalog = re.sub(r'^(tax_id|number) = ".*"\n', "", catalog, flags=re.MULTILINE)
    versions.apply(catalog.replace('country = "US"', f'country = "DE"\ntax_id = "{SELLER}"', 1))
    page = alice.submits(
        alice.opens(form), "form[aria-label='Invoice address']", button="#invoice_address-save", company="Amt",
        country="DE", line1="Hauptstraße 1", city="Berlin", postal_code="10115", buyer_reference=" 04011000-12345-34 ",
    )  # fmt: skip
    assert page.notices() == ["The invoice address is saved."]
    assert page.texts("dl.facts dd") == ["04011000-12345-34"]
    made = invoice_of(acme, typed=True)
    file_making.make_due()
    xml = alice.client.get(f"{PATH}/{made}/xml").data
    assert broken_rules_of_xrechnung(xml) == []
    assert etree.fromstring(xml).findtext(".//{*}BuyerReference") == "04011000-12345-34"
    assert get_facturx_xml_from_pdf(alice.client.get(f"{PATH}/{made}/pdf").data, check_xsd=False)[1] == xml
