"""An e-invoice is taken along from the page of its document and from the API, as the same bytes at any time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from lxml import etree

from app import clock
from app.domain.catalog import Seller
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.lines import Line, LineKind
from app.domain.invoices.totals import totals
from app.domain.money import Money
from app.domain.people import Actor
from app.models.customers import Customer
from app.models.scope import as_service
from app.services.catalog import versions
from app.services.invoices import drafting, numbering
from app.services.ledger import posting
from app.services.transaction import transaction
from tests.support.api import api_for, problem_of
from tests.support.browser import Browser
from tests.support.documents import documents_of
from tests.support.e_invoices import SELLER, VAT, broken_rules
from tests.support.reversals import buys

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BERLIN = Seller("Small GmbH", ("Lange Straße 1", "10115 Berlin"), "DE", "billing@small.example", "", SELLER)


def invoice_of(customer: Customer, country: str = "FR") -> str:
    """Write an invoice of a seller in Berlin to the customer, and return its id."""
    with as_service("write an invoice"), transaction() as session:
        books = posting.lock(session, customer.customer_id)
        catalog = replace(versions.of(books.customer), seller=BERLIN)
        lines = [Line(LineKind.USAGE, "API calls", Money(10_050, "EUR"), drafting.rate_of(VAT))]
        buyer = dict.fromkeys(drafting.BUYER, "") | {"buyer_company": "Acme AB", "buyer_country": country}
        source = drafting.Source("test", f"{clock.now()}{country}")
        made = drafting.draft(books, catalog, Kind.INVOICE, source, lines, totals(lines), [VAT], buyer)
        numbering.finalize(session, made, State.OPEN, clock.now())
        return made.id


@pytest.mark.both_databases
def test_the_page_and_the_api_give_the_same_e_invoice_for_ever(
    app: Flask, alice: Browser, bob: Browser, mallory: Browser, acme: Customer
) -> None:
    with clock.at(NOON):
        made = invoice_of(acme)
    page = alice.opens(f"/billing/invoices/{made}")
    assert page.texts(".invoice__files a") == ["Download XML"]
    (document,) = documents_of(acme)
    first = alice.opens(f"/billing/invoices/{made}/xml")
    assert (first.status, first.response.headers["Content-Type"]) == (200, "application/xml")
    assert first.response.headers["Content-Disposition"] == f'attachment; filename="{document.number}.xml"'
    assert broken_rules(first.response.data) == []
    assert etree.fromstring(first.response.data).findtext(".//{*}GrandTotalAmount") == "121.61"
    with clock.at(NOON + timedelta(days=3650)):
        answer = api_for(app, "billing:read").get(f"/customers/{acme.customer_id}/invoices/{made}/xml")
        assert (answer.status_code, answer.content_type) == (200, "application/xml")
        assert answer.get_data() == first.response.data
        assert answer.headers["ETag"] == first.response.headers["ETag"]
    assert bob.opens(f"/billing/invoices/{made}/xml").response.data == first.response.data
    assert mallory.opens(f"/billing/invoices/{made}/xml").status == 404


def test_where_there_is_none_the_page_says_why_and_the_api_names_the_reason(
    app: Flask, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    made = invoice_of(acme, country="")
    page = alice.opens(f"/billing/invoices/{made}")
    assert page.texts(".invoice__files a") == []
    assert page.texts("#invoices-no-xml") == [
        "There is no XML of this document, because it was made before you gave an invoice address."
    ]
    assert alice.opens(f"/billing/invoices/{made}/xml").status == 404
    path = f"/customers/{acme.customer_id}/invoices"
    assert problem_of(api_for(app).get(f"{path}/{made}/xml")) == (404, "no_e_invoice_no_country")
    buys(app, alice_actor, 2500)
    (american,) = [each for each in documents_of(acme) if each.id != made]
    page = alice.opens(f"/billing/invoices/{american.id}")
    assert (page.texts(".invoice__files a"), page.texts("#invoices-no-xml")) == ([], [])
    assert problem_of(api_for(app).get(f"{path}/{american.id}/xml")) == (404, "no_e_invoice_seller_outside_union")
    assert problem_of(api_for(app).get(f"{path}/inv_none/xml"))[0] == 404
