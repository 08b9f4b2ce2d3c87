"""The PDF on a document's page: being made, then there to download, the same bytes as by the API."""

import hashlib

import pytest
from flask import Flask

from app.domain.people.members import Actor
from app.gateways.pdf.renderer import Renderer, RenderFailed
from app.models.customers import Customer
from app.services.invoices import file_making
from app.services.papers import claims
from tests.support.api import api_for, problem_of
from tests.support.browser import Browser
from tests.support.documents import documents_of
from tests.support.reversals import buys
from tests.support.statements import counted

PATH, FILE = "/billing/invoices", "#invoices-file"
FRAGMENT = {"HX-Request": "true"}


@pytest.mark.both_databases
def test_it_is_being_made_then_downloaded_and_the_api_gives_the_same_bytes(
    app: Flask, drawing: Renderer, alice: Browser, bob: Browser, acme: Customer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    (document,) = documents_of(acme)
    page = alice.opens(f"{PATH}/{document.id}")
    assert page.texts(FILE) == ["The PDF is being made. It appears here in a moment. Look again"]
    polled = page.find(FILE)["hx-get"]
    assert alice.client.get(f"{PATH}/{document.id}/pdf").status_code == 303
    api = api_for(app, "billing:read")
    by_api = f"/customers/{acme.customer_id}/invoices/{document.id}/pdf"
    assert problem_of(api.get(by_api)) == (409, "file_not_made")
    file_making.make_due()
    part = alice.opens(str(polled), **FRAGMENT)
    assert alice.opens(str(polled)).path == f"{PATH}/{document.id}", "opened by itself it leads to the document"
    assert part.texts(f"{FILE} a") == ["Download PDF"]
    assert "hx-get" not in part.find(FILE).attrs
    for browser in (alice, bob):
        answer = browser.client.get(f"{PATH}/{document.id}/pdf")
        assert answer.status_code == 200
        assert answer.data[:5] == b"%PDF-"
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="invoice-{document.number}.pdf"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["ETag"] == f'"{hashlib.sha256(answer.data).hexdigest()}"'
    same = api.get(by_api)
    assert (same.data, same.headers["ETag"]) == (answer.data, answer.headers["ETag"])
    again = alice.client.get(f"{PATH}/{document.id}/pdf", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_document_without_an_e_invoice_has_none(
    app: Flask, drawing: Renderer, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    file_making.make_due()
    (document,) = documents_of(acme)
    assert alice.opens(f"{PATH}/{document.id}/xml").status == 404
    api = api_for(app, "billing:read")
    assert problem_of(api.get(f"/customers/{acme.customer_id}/invoices/{document.id}/xml")) == (404, "not_offered")


def test_it_is_nobody_elses(
    app: Flask,
    drawing: Renderer,
    acme: Customer,
    globex: Customer,
    alice_actor: Actor,
    mallory: Browser,
    visitor: Browser,
) -> None:
    buys(app, alice_actor, 2500)
    file_making.make_due()
    (document,) = documents_of(acme)
    for path in ("pdf", "xml", "file"):
        assert mallory.client.get(f"{PATH}/{document.id}/{path}").status_code == 404
        assert visitor.client.get(f"{PATH}/{document.id}/{path}").status_code == 303  # to sign in
    api = api_for(app, "billing:read")
    assert problem_of(api.get(f"/customers/{globex.customer_id}/invoices/{document.id}/pdf"))[0] == 404


def test_what_cannot_be_made_is_said_and_not_waited_for(
    app: Flask, drawing: Renderer, monkeypatch: pytest.MonkeyPatch, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    def fail(_parts: object) -> str:
        raise RenderFailed("not_drawn")

    file_making.the_printer.set(app, fail)
    monkeypatch.setattr(claims, "MAX_TRIES", 1)
    buys(app, alice_actor, 2500)
    file_making.make_due()
    page = alice.opens(f"{PATH}/{documents_of(acme)[0].id}")
    assert page.texts(FILE)[0].startswith("The PDF could not be made.")
    assert "hx-get" not in page.find(FILE).attrs


def test_where_no_pdfs_are_made_the_page_offers_none(
    app: Flask, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    (document,) = documents_of(acme)
    page = alice.opens(f"{PATH}/{document.id}")
    assert page.texts(FILE) == [""]
    assert alice.opens(f"{PATH}/{document.id}/pdf").status == 404


def test_a_download_costs_no_statement_beside_the_one_for_the_session(
    app: Flask, drawing: Renderer, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    file_making.make_due()
    path = f"{PATH}/{documents_of(acme)[0].id}/pdf"
    alice.client.get(path)
    with counted() as statements:
        assert alice.client.get(path).status_code == 200
    assert statements == []
