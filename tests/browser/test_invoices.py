"""Invoices in a real browser: in every look nothing is out of place, and a document stands alone on paper."""

from flask import Flask
from playwright.sync_api import expect

from app.domain.invoices.documents import State
from app.domain.people.members import Actor
from app.models.customers import Customer
from tests.browser.conftest import Opens
from tests.pages.test_invoices import PATH, invoices
from tests.support.looks import LOOKS, findings
from tests.support.reversals import buys, sends_back


def test_the_list_and_a_document_fit_every_look_and_paper(
    app: Flask, signs_in: Opens, acme: Customer, alice_actor: Actor
) -> None:
    sends_back(buys(app, alice_actor, 2500), 1000)
    invoices(acme, 10_050)
    paid = invoices(acme, 123_456_789, 7, state=State.PAID, words="Requests to the gateway, beyond what the plan has")
    page = signs_in(**LOOKS["light"])
    for address in (PATH, f"{PATH}/statement", f"{PATH}/{paid}"):
        page.goto(address)
        for look in ("light", "narrow dark"):
            page.set_viewport_size(LOOKS[look]["viewport"])
            page.emulate_media(color_scheme=LOOKS[look]["color_scheme"])
            assert findings(page) == [], (address, look)
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.locator("#invoices-document")).to_contain_text("Tax ID SE556677889901")


def test_a_statement_loses_no_column_on_paper(app: Flask, signs_in: Opens, acme: Customer, alice_actor: Actor) -> None:
    sends_back(buys(app, alice_actor, 2500), 1000)
    invoices(acme, 123_456_789_012)
    page = signs_in(**LOOKS["light"])
    page.goto(f"{PATH}/statement")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 1000})  # A4 within its margins
    expect(page.locator("#statement-days")).to_be_hidden()
    expect(page.locator(".paperhead")).to_contain_text("Acme")
    right = page.evaluate(
        "Math.max(...[...document.querySelectorAll('#statement-entries :is(th, td)')].map(c => c.getBoundingClientRect().right))"
    )
    assert right <= 700
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
