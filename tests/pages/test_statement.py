"""Statement of account: any UTC days, read, printed and taken along as a file, by whoever may see the account."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from openpyxl import load_workbook

from app import clock, locale
from app.domain.invoices.documents import State
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.scope import as_customer
from app.presenters.statement import HEADER, SHEET_HEADER
from app.services.tax import registrations
from tests.pages.test_invoices import invoices
from tests.support.browser import Browser
from tests.support.documents import documents_of
from tests.support.reversals import buys, sends_back
from tests.support.statements import counted

PATH = "/billing/invoices/statement"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOVEMBER = f"{PATH}?from=2026-11-01&to=2026-11-30"


def happened(app: Flask, actor: Actor, acme: Customer) -> None:
    """Let Acme owe an invoice since October, buy credit and get a part of it back."""
    with clock.at(datetime(2026, 10, 31, 23, 59, 59, 999_999, tzinfo=UTC)):
        invoices(acme, 10_050)
    with clock.at(NOON):
        payment = buys(app, actor, 2500)
    with clock.at(NOON + timedelta(hours=1)):
        sends_back(payment, 1000)


@pytest.mark.both_databases
def test_it_says_what_was_invoiced_and_paid_and_what_is_open(
    app: Flask, alice: Browser, bob: Browser, acme: Customer, alice_actor: Actor
) -> None:
    happened(app, alice_actor, acme)
    first, second, note = (each.number for each in documents_of(acme))
    with clock.at(NOON + timedelta(days=2)):
        page = bob.follows(bob.opens("/billing/invoices"), 'a[href$="/statement"]')
        assert (page.status, page.texts("h1")) == (200, ["Statement of account"])
        assert page.texts("#statement-title") == ["1 Nov 2026 to 30 Nov 2026 (UTC)"]
        assert "$125.63 is to be paid." in page.text
    assert page.texts("#statement-money div") == [
        "Opening balance $125.63",
        "Invoices and receipts +$25.00",
        "Credit notes and refund receipts −$10.00",
        "Payments −$25.00",
        "Paid back to you +$10.00",
        "Closing balance $125.63",
    ]
    assert page.texts("#statement-credits div") == [
        "Opening balance $0.00",
        "Bought +$25.00",
        "Used $0.00",
        "Returned, expired and corrected −$10.00",
        "Closing balance $15.00",
    ]
    assert page.texts("#statement-entries tbody tr") == [
        f"20 Nov 2026 Invoice {second} $25.00 $150.63",
        "20 Nov 2026 Payment Credits bought with Visa ending in 4242 $25.00 $125.63",
        f"20 Nov 2026 Credit note {note} −$10.00 $115.63",
        "20 Nov 2026 Refund to you Refund of $10.00 −$10.00 $125.63",
    ]
    assert alice.follows(page, "#statement-entries tbody tr:first-child a").texts("h1") == [f"Invoice {second}"]
    assert "Payment" in alice.follows(page, "#statement-entries tbody tr:nth-child(2) a").text
    with clock.at(NOON + timedelta(days=2)):
        october = alice.follows(page, 'nav[aria-label="Usual statements"] a:nth-child(2)')
    assert october.texts("#statement-entries tbody th") == [f"Invoice {first}"]
    assert "$125.63 was to be paid on the last day." in october.text


def test_it_stands_under_invoices_and_names_both_sides_on_paper(
    alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    with as_customer(acme.customer_id):
        registrations.add(acme.customer_id, kind="eu_vat", country="DE", value="DE136695976", by="mem_alice")
    page = alice.opens(PATH)
    assert page.texts(".side [aria-current=page]") == ["Invoices"]
    assert page.texts(".menu__name") == ["Invoices"]
    seller, customer = page.texts(".statement__sides address")
    assert seller.startswith("Relay Networks, Inc. 548 Market Street")
    assert "United States" in seller
    assert customer.endswith("Tax ID DE136695976")


def test_days_without_anything_and_days_that_are_none(alice: Browser, acme: Customer) -> None:
    page = alice.submits(alice.opens(PATH), "#statement-days", **{"from": "2026-02-01", "to": "2026-02-28"})
    assert "Nothing was invoiced or paid on these days." in page.text
    assert "Nothing was to be paid on the last day." in page.text
    with clock.at(clock.now()):
        open_end = alice.opens(f"{PATH}?from=2026-02-01").texts("#statement-title")
        assert open_end == [f"1 Feb 2026 to {locale.day(clock.now().date())} (UTC)"]
    for days, words in (
        ("from=2026-02-30&to=2026-03-01", "Enter a day such as 2026-11-21."),
        ("from=05.12.2026&to=06.12.2026", "Enter a day such as 2026-11-21."),
        ("from=2026-03-02&to=2026-03-01", "The last day is before the first one."),
        ("from=0001-01-01&to=9999-12-31", "Choose days between"),
        ("from=9999-12-31", "Choose days between"),
        ("to=0001-01-01", "Choose days between"),
    ):
        for address in (PATH, f"{PATH}.csv", f"{PATH}.xlsx"):
            refused = alice.opens(f"{address}?{days}")
            assert (refused.status, words in " ".join(refused.errors())) == (422, True), (address, days)
    for place in ("nonsense", "20261120T120000.0~9x~inv", "20261120T120000.0~٣~inv", "20261120T120000.0~12~inv"):
        assert alice.opens(f"{PATH}?after={place}").status == 404


def test_a_long_span_is_read_page_by_page_at_the_same_cost(alice: Browser, acme: Customer) -> None:
    for number in range(130):
        with clock.at(NOON + timedelta(minutes=(number + 1) // 2)):  # two at each moment, also where a page ends
            invoices(acme, number + 1)
    seen, costs, address = list[str](), list[int](), NOVEMBER
    while address:
        with counted() as statements:
            page = alice.opens(address)
        costs.append(len(statements))
        seen += page.texts("#statement-entries tbody th")
        found = page.soup.select("a[rel=next]")
        address = str(found[0]["href"]) if found else ""
    assert seen == [f"Invoice {each.number}" for each in documents_of(acme)]
    assert len(costs) == 2 and costs[1] <= costs[0]
    last = page.texts("#statement-entries tbody tr td:last-child")[-1]
    assert last == alice.opens(NOVEMBER).texts("#statement-money div:last-child dd")[0]


def test_the_files_say_the_same_and_hold_no_formula(
    app: Flask, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    happened(app, alice_actor, acme)
    page = alice.opens(NOVEMBER)
    sent = alice.follows(page, 'a[href*=".csv"]').response
    assert 'filename="statement-2026-11-01-2026-11-30.csv"' in sent.headers["Content-Disposition"]
    header, *rows = csv.reader(io.StringIO(sent.get_data(as_text=True)))
    assert header == HEADER
    assert [(row[0], row[2], *row[5:9]) for row in rows] == [
        ("2026-11-01", "Opening balance", "", "", "125.63", "USD"),
        ("2026-11-20", "Invoice", "25.00", "", "150.63", "USD"),
        ("2026-11-20", "Payment", "", "25.00", "125.63", "USD"),
        ("2026-11-20", "Credit note", "-10.00", "", "115.63", "USD"),
        ("2026-11-20", "Refund to you", "", "-10.00", "125.63", "USD"),
        ("2026-11-30", "Closing balance", "", "", "125.63", "USD"),
    ]
    sheet = alice.follows(page, 'a[href*=".xlsx"]').response
    for name in ("Cache-Control", "X-Content-Type-Options", "Content-Security-Policy"):
        assert sheet.headers[name] == sent.headers[name]
    head, *cells = load_workbook(io.BytesIO(sheet.data))["Statement"].iter_rows()
    assert [each.value for each in head] == SHEET_HEADER
    assert [cells[1][0].value.date(), cells[1][0].number_format] == [date(2026, 11, 20), "yyyy-mm-dd"]
    assert [(each[5].value, each[6].value, each[7].value) for each in cells] == [
        (None, None, 125.63), (25, None, 150.63), (None, 25, 125.63), (-10, None, 115.63), (None, -10, 125.63), (None, None, 125.63),
    ]  # fmt: skip
    assert {each[7].number_format for each in cells} == {"#,##0.00"}
    assert not [each for row in cells for each in row if each.data_type == "f"]


def test_nobody_sees_anothers(alice: Browser, mallory: Browser, acme: Customer) -> None:
    with clock.at(NOON):
        name = invoices(acme, 100, state=State.PAID)
    number = next(each.number for each in documents_of(acme) if each.id == name)
    for address in (NOVEMBER, NOVEMBER.replace("?", ".csv?")):
        assert str(number) in alice.opens(address).response.text
        assert str(number) not in mallory.opens(address).response.text
