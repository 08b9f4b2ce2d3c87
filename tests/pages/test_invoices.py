"""Invoices: what is due, every document found, read, printed and taken along, by whoever may see the account."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from openpyxl import load_workbook

from app import clock
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.lines import Line, LineKind
from app.domain.invoices.totals import totals
from app.domain.money import Money
from app.domain.people.members import Actor
from app.domain.reversals import ProcessorRefund, RefundState
from app.domain.tax.treatment import Category, Reason, Treatment
from app.models.customers import Customer
from app.models.scope import as_service
from app.presenters.invoice_files import HEADER, SHEET_HEADER
from app.services.catalog import versions
from app.services.invoices import drafting, numbering
from app.services.ledger import posting
from app.services.reversals import refund_booking
from app.services.transaction import transaction
from tests.support.browser import Browser
from tests.support.documents import documents_of
from tests.support.reversals import buys, sends_back
from tests.support.statements import counted

PATH = "/billing/invoices"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
VAT = Treatment(Category.STANDARD, Decimal(25), "VAT", "SE", Reason.STANDARD, seller_number="SE556677889901")


def invoices(customer: Customer, *nets: int, state: State = State.OPEN, words: str = "API calls") -> str:
    """Write an invoice of these lines with 25 % tax, and return its id."""
    with as_service("write an invoice"), transaction() as session:
        books = posting.lock(session, customer.customer_id)
        lines = [Line(LineKind.USAGE, words, Money(net, "USD"), drafting.rate_of(VAT)) for net in nets]
        source = drafting.Source(
            "test", f"{nets}{clock.now()}", paid_with="=HYPERLINK(1)" if state is State.PAID else ""
        )
        buyer = dict.fromkeys(drafting.BUYER, "") | {"buyer_company": "Acme AB", "buyer_country": "SE"}
        made = drafting.draft(
            books, versions.of(books.customer), Kind.INVOICE, source, lines, totals(lines), [VAT], buyer
        )
        numbering.finalize(session, made, state, clock.now())
        return made.id


@pytest.mark.both_databases
def test_it_shows_what_is_due_and_the_history(
    app: Flask, alice: Browser, acme: Customer, alice_actor: Actor, bob: Browser
) -> None:
    empty = alice.opens(PATH)
    assert (empty.status, empty.texts("h1")) == (200, ["Invoices"])
    assert "Nothing is due." in empty.text
    assert "There are no invoices yet." in empty.text
    sends_back(buys(app, alice_actor, 2500), 1000)
    invoices(acme, 10_050)
    for browser in (alice, bob):
        page = browser.opens(PATH)
        assert page.texts("#invoices-due thead th") == [
            "Invoice Date", "Invoice ID", "Due Date", "Amount", "Actions",
        ]  # fmt: skip
        assert page.texts("#invoices-history thead th") == [
            "Invoice Date", "Invoice ID", "Payment date", "Amount", "Status", "Actions",
        ]  # fmt: skip
        year = clock.now().year
        assert page.texts("#invoices-due tbody th") == [f"RG-{year}-000002"]
        assert page.texts("#invoices-due tbody td:nth-child(4)") == ["$125.63"]
        cells = page.soup.select("#invoices-due tbody tr > *, #invoices-history tbody tr > *")
        assert len(cells) == 5 + 3 * 6
        assert all(each.get("data-label") for each in cells), "on a phone each cell says its heading"
        assert page.texts("#invoices-history tbody th") == [
            f"RG-{year}-000002",
            f"RGCN-{year}-000001 Credit note",
            f"RG-{year}-000001",
        ]
        assert page.texts("#invoices-history tbody td:nth-child(5)") == ["Due", "Issued", "Partly returned"]


def test_a_document_shows_lines_tax_payment_and_what_was_returned(
    app: Flask, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    sends_back(buys(app, alice_actor, 2500), 1000)
    paid, note = documents_of(acme)
    page = alice.opens(f"{PATH}/{paid.id}")
    assert page.texts("h1") == [f"Invoice {paid.number}"]
    assert "This invoice is paid." in page.text
    assert "Visa ending in 4242" in page.text
    assert note.number in page.texts("#invoices-document .invoice__notes a")
    returned = alice.opens(f"{PATH}/{note.id}")
    assert returned.texts("h1") == [f"Credit note {note.number}"]
    assert paid.number in returned.text
    taxed = alice.opens(f"{PATH}/{invoices(acme, 5_000, 5_050)}")
    assert taxed.texts("#invoices-document tfoot th") == ["Subtotal", "VAT 25 % on $100.50", "Total"]
    assert taxed.texts("#invoices-document tfoot td") == ["$100.50", "$25.13", "$125.63"]
    assert "Tax ID SE556677889901" in taxed.text
    assert "Sweden" in taxed.text
    assert "United States" in taxed.find("#invoices-document").text


def test_a_document_keeps_what_it_said(alice: Browser, acme: Customer) -> None:
    name = invoices(acme, 100)
    with as_service("rename"), transaction() as session:
        session.get_one(Customer, acme.customer_id).name = "Renamed"
    page = alice.opens(f"{PATH}/{name}")
    assert "Acme AB" in page.find("#invoices-document").text
    assert "Renamed" not in page.find("#invoices-document").text


def test_it_is_found_by_number_and_kind(app: Flask, alice: Browser, acme: Customer, alice_actor: Actor) -> None:
    sends_back(buys(app, alice_actor, 2500), 1000)
    found = alice.submits(alice.opens(PATH), "#invoices-filters", q="cn-")
    assert [text.split()[0] for text in found.texts("#invoices-history tbody th")] == [documents_of(acme)[1].number]
    assert len(alice.opens(f"{PATH}?show=invoice").soup.select("#invoices-history tbody tr")) == 1
    assert "No document matches." in alice.opens(f"{PATH}?q=%25").text
    assert alice.opens(f"{PATH}?show=nothing").status == 200
    assert alice.opens(f"{PATH}?before=nonsense").status == 404


def test_pages_are_as_cheap_at_any_depth_and_none_is_left_out(alice: Browser, acme: Customer) -> None:
    for number in range(60):
        with clock.at(NOON + timedelta(minutes=number // 2)):  # two at each moment
            invoices(acme, number, state=State.PAID)
    seen: list[str] = []
    address, costs = PATH, []
    while address:
        with counted() as statements:
            page = alice.opens(address)
        costs.append(len(statements))
        seen += page.texts("#invoices-history tbody th")
        older = page.soup.select("a[rel=next]")
        address = str(older[0]["href"]) if older else ""
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == len(seen) == 60
    assert max(costs[1:]) <= costs[0]


def test_the_file_is_exact_and_harmless(app: Flask, alice: Browser, acme: Customer, alice_actor: Actor) -> None:
    sends_back(buys(app, alice_actor, 2500), 1000)
    invoices(acme, 10_050, state=State.PAID)
    answer = alice.follows(alice.opens(PATH), 'a[href$=".csv"]').response
    assert re.search(r'filename="invoices-[\d-]+\.csv"', answer.headers["Content-Disposition"])
    header, *rows = csv.reader(io.StringIO(answer.get_data(as_text=True)))
    assert header == HEADER
    assert [row[5:10] for row in rows] == [
        ["'=HYPERLINK(1)", "100.50", "25.13", "125.63", "USD"],
        ["", "-10.00", "0.00", "-10.00", "USD"],
        ["Visa ending in 4242", "25.00", "0.00", "25.00", "USD"],
    ]


def test_the_spreadsheet_has_the_rows_of_the_file_in_typed_cells(
    app: Flask, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    sends_back(buys(app, alice_actor, 2500), 1000)
    invoices(acme, 10_050, state=State.PAID)
    page = alice.opens(f"{PATH}?show=invoice")
    lines = csv.DictReader(io.StringIO(alice.follows(page, 'a[href*=".csv"]').response.get_data(as_text=True)))
    sheet = alice.follows(page, 'a[href*=".xlsx"]').response
    head, *cells = load_workbook(io.BytesIO(sheet.data))["Invoices"].iter_rows()
    assert [each.value for each in head] == SHEET_HEADER
    for line, row in zip(lines, cells, strict=True):
        assert [f"{row[column].value:%Y-%m-%d}" for column in (0, 4)] == [line["Invoice date"], line["Payment date"]]
        assert {row[column].number_format for column in (0, 4)} == {"yyyy-mm-dd"}
        assert [(row[column].value, row[column].number_format) for column in (6, 7, 8)] == [
            (float(line[name]), "#,##0.00") for name in ("Net", "Tax", "Total")
        ]
        assert [row[column].value for column in (1, 2, 3, 9, 10)] == [
            line[name] for name in ("Invoice ID", "Kind", "Status", "Currency", "Id")
        ]
    assert [(row[5].data_type, row[5].value) for row in cells] == [("s", "=HYPERLINK(1)"), ("s", "Visa ending in 4242")]


def test_what_is_void_counts_nothing_in_the_file(
    app: Flask, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    made = sends_back(payment, 1000)
    failed = ProcessorRefund(
        made.processor_id or "",
        payment.processor_id or "",
        Money(1000, "USD"),
        RefundState.FAILED,
        made.id,
        clock.now(),
    )
    assert refund_booking.record(payment.id, failed) == ""
    answer = alice.follows(alice.opens(PATH), 'a[href$=".csv"]').response
    _header, *rows = csv.reader(io.StringIO(answer.get_data(as_text=True)))
    assert [row[2:4] + row[6:9] for row in rows] == [
        ["Credit note", "Void", "0.00", "0.00", "0.00"],
        ["Invoice", "Paid", "25.00", "0.00", "25.00"],
    ]


def test_the_overview_names_the_latest(app: Flask, alice: Browser, acme: Customer, alice_actor: Actor) -> None:
    assert alice.opens("/billing/").soup.select("#overview-invoices") == []
    sends_back(buys(app, alice_actor, 2500), 1000)
    page = alice.opens("/billing/")
    paid, note = documents_of(acme)
    assert page.texts("#overview-invoices .overview-invoice") == [
        f"{note.number} $10.00 Credit note",
        f"{paid.number} $25.00 Partly returned",
    ]
    assert alice.follows(page, "#overview-invoices .overview-invoice:first-child a").texts("h1") == [
        f"Credit note {note.number}"
    ]


def test_nobody_sees_anothers(alice: Browser, mallory: Browser, acme: Customer) -> None:
    name = invoices(acme, 100)
    assert mallory.opens(f"{PATH}/{name}").status == 404
    assert "RG-" not in mallory.opens(PATH).find("#invoices-content").text
    assert alice.opens(f"{PATH}/inv_nothing").status == 404
