"""Correct an invoice on its page: prefilled, previewed, confirmed once, and refused with what was typed kept."""

from typing import Any

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services.customers import address
from tests.support import cast, plans
from tests.support.api import api_for, problem_of
from tests.support.browser import Browser, Page
from tests.support.corrections import BERLIN, NEW_YORK, OSLO, at, corrects, verified
from tests.support.documents import documents_of
from tests.support.reversals import buys, sends_back
from tests.support.shop import GOOD, add_method

FORM = "#invoice_correction-form"
PREVIEW, CONFIRM = "#invoice_correction-preview", "#invoice_correction-confirm"
OSLO_TYPED: dict[str, Any] = {
    "company": "Acme AS", "country": "NO", "line1": "Karl Johans gate 1", "city": "Oslo", "postal_code": "0154",
}  # fmt: skip


def opens(browser: Browser, customer: Customer) -> Page:
    invoice = documents_of(customer)[-1]
    return browser.follows(browser.opens(f"/billing/invoices/{invoice.id}"), ".invoice__correct a")


def in_norway(browser: Browser, page: Page) -> Page:
    """Return the form with the fields of an address there, as somebody without JavaScript gets it."""
    return browser.submits(page, FORM, button="#invoice_correction-country", country="NO")


@pytest.mark.both_databases
def test_an_invoice_is_previewed_and_corrected_by_its_customer(
    app: Flask, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    address.change(acme.customer_id, NEW_YORK, "PO-7", 0, by="mem_alice", as_typed=True)
    buys(app, alice_actor, 2500)
    wrong = documents_of(acme)[0]
    page = opens(alice, acme)
    assert page.texts("h1") == [f"Correct invoice {wrong.number}"]
    assert (page.value("company"), page.value("po_number")) == ("Small Inc.", "PO-7")
    same = alice.submits(page, FORM, button=PREVIEW)
    assert (same.status, "The invoice says all of this already." in same.text) == (422, True)
    seen = alice.submits(in_norway(alice, same), FORM, button=PREVIEW, **OSLO_TYPED, region="")
    assert seen.status == 200
    assert "Acme AS" in seen.find("address").text
    assert "stays as it is and is marked as corrected" in seen.text
    assert len(documents_of(acme)) == 1  # nothing is written before it is confirmed
    done = alice.submits(seen, FORM, button=CONFIRM)
    wrong, note, right = documents_of(acme)
    assert done.redirects == (f"/billing/invoices/{right.id}",)
    assert f"In the place of {wrong.number}" in " ".join(done.text.split())
    listed = alice.opens("/billing/invoices")
    assert sorted(listed.texts("#invoices-history tbody td:nth-child(5)")) == ["Corrected", "Issued", "Paid"]
    returned = " ".join(alice.opens(f"/billing/invoices/{note.id}").text.split())
    assert f"Returns all of {wrong.number}" in returned
    again = alice.submits(seen, FORM, button=CONFIRM)  # the other press, or the other tab
    assert again.redirects == (f"/billing/invoices/{right.id}",)
    assert len(documents_of(acme)) == 3
    assert alice.opens(f"/billing/invoices/{wrong.id}").soup.select(".invoice__correct") == []


def test_what_changed_after_the_preview_is_shown_again(
    app: Flask, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    page = in_norway(alice, opens(alice, acme))
    seen = alice.submits(page, FORM, button=PREVIEW, **OSLO_TYPED)
    other = alice.submits(seen, FORM, button=CONFIRM, city="Bergen")
    assert other.status == 409
    assert "Something has changed since the preview, perhaps by yourself." in other.text
    assert "Bergen" in other.find("address").text
    assert len(documents_of(acme)) == 1
    empty = alice.submits(other, FORM, button=PREVIEW, line1="")
    assert (empty.status, empty.value("city")) == (422, "Bergen")


def test_more_tax_is_shown_before_and_due_afterwards_for_the_difference_alone(
    app: Flask, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    address.change(acme.customer_id, NEW_YORK, "", 0, by="mem_alice", as_typed=True)
    buys(app, alice_actor, 2500)
    page = alice.submits(opens(alice, acme), FORM, button="#invoice_correction-country", country="FR")
    typed = {"company": "Acme SAS", "line1": "13 rue de la Paix", "city": "Paris", "postal_code": "75002"}
    seen = alice.submits(page, FORM, button=PREVIEW, **typed)
    said = " ".join(seen.text.split())
    assert "Paid already −$25.00 To pay then $5.00" in said
    assert "$5.00 is to be paid with the new invoice" in said
    assert "Goes back to you" not in said
    done = alice.submits(seen, FORM, button=CONFIRM)
    right = documents_of(acme)[-1]
    assert (right.state, right.total_minor) == ("open", 3000)
    assert "Paid before −$25.00" in " ".join(done.text.split())
    assert "$5.00" in " ".join(alice.opens("/billing/invoices").texts("#invoices-due tbody td"))
    asked = " ".join(alice.opens(f"/billing/invoices/{right.id}/payment").text.split())
    assert "Total with tax $30.00 Paid before −$25.00 To pay now $5.00" in asked


def test_a_viewer_a_stranger_and_another_customer_correct_nothing(
    app: Flask, alice: Browser, bob: Browser, mallory: Browser, visitor: Browser, acme: Customer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    path = f"/billing/invoices/{documents_of(acme)[0].id}"
    assert bob.opens(path).soup.select(".invoice__correct") == []
    assert bob.opens(f"{path}/correction").status == 403
    assert mallory.opens(f"{path}/correction").status == 404
    assert visitor.opens(f"{path}/correction").path.startswith("/sign-in")


def test_what_may_not_be_corrected_says_why(app: Flask, alice: Browser, acme: Customer, alice_actor: Actor) -> None:
    sends_back(buys(app, alice_actor, 2500), 100)
    path = f"/billing/invoices/{documents_of(acme)[0].id}"
    assert alice.opens(path).soup.select(".invoice__correct") == []
    assert "was returned already" in alice.opens(f"{path}/correction").text
    buys(app, alice_actor, 900)
    corrects(acme, fresh := documents_of(acme)[2], at(OSLO))
    assert "is corrected already" in alice.opens(f"/billing/invoices/{fresh.id}/correction").text


def test_tax_of_time_that_a_change_took_off_stays_and_the_form_keeps_what_was_typed(app: Flask, origin: str) -> None:
    acme = plans.customer()
    alice = plans.manager(acme)
    with clock.at(plans.BEGIN):
        address.change(acme.customer_id, BERLIN, "", 0, by="mem_alice", as_typed=True)
    plans.confirms(alice, plans.target("team"), add_method(alice, GOOD).id, at=plans.BEGIN)
    with clock.at(plans.HALF):
        number = verified(acme, "DE136695976").id
    plans.confirms(alice, plans.target("team", interval="annual"), plans.method_of(acme))
    june, year = plans.documents(acme)
    says = f"Unused time of this invoice was taken off invoice {year.number}, with its tax, so its tax stays as it is."
    with clock.at(plans.HALF):
        browser = cast.signed_in(app, origin, alice)
        page = browser.opens(f"/billing/invoices/{june.id}/correction")
        assert page.value("registration") == number  # chosen at first
        no = browser.submits(page, FORM, button=PREVIEW, city="Potsdam")
        assert (no.status, says in " ".join(no.text.split()), no.value("city")) == (409, True, "Potsdam")
        assert no.soup.select(CONFIRM) == []
        seen = browser.submits(no, FORM, button=PREVIEW, registration="")  # only what else is wrong
        assert (seen.status, len(seen.soup.select(CONFIRM)), len(plans.documents(acme))) == (200, 1, 2)
        body = {
            "company": "Small GmbH",
            "line1": "Torstraße 140",
            "city": "Berlin",
            "postal_code": "10119",
            "country": "DE",
        }
        path = f"/customers/{acme.customer_id}/invoices/{june.id}/corrections/preview"
        api = api_for(app, "billing:read")
        assert problem_of(api.post(path, body | {"tax_registration": number})) == (409, "time_taken_off")
        assert api.post(path, body | {"city": "Potsdam"}).status_code == 200
