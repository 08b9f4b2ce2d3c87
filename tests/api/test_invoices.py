"""The API of invoices: the same documents, newest first, page by page, and one with all its parts."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from tests.pages.test_invoices import invoices
from tests.support.api import api_for, problem_of
from tests.support.documents import documents_of
from tests.support.reversals import buys, sends_back


def path(customer: Customer) -> str:
    return f"/customers/{customer.customer_id}/invoices"


@pytest.mark.both_databases
def test_they_are_listed_page_by_page_and_read_whole(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    sends_back(buys(app, alice_actor, 2500), 1000)
    api = api_for(app, "billing:read")
    first = api.get(path(acme), limit=1).get_json()
    second = api.get(path(acme), limit=1, cursor=first["next_cursor"]).get_json()
    assert [each["type"] for each in (*first["data"], *second["data"])] == ["credit_note", "invoice"]
    assert second["next_cursor"] is None
    (only,) = api.get(path(acme), type="invoice").get_json()["data"]
    invoice, note = documents_of(acme)
    assert (only["id"], only["number"], only["state"], only["returned_minor"]) == (
        invoice.id,
        invoice.number,
        "paid",
        1000,
    )
    assert api.get(f"{path(acme)}/{invoice.id}").get_json()["lines"][0]["description"] == "Credit: 25.00 USD"
    whole = api.get(f"{path(acme)}/{note.id}").get_json()
    assert (whole["returns"], whole["total_minor"], whole["payment"]) == (invoice.id, 1000, invoice.payment_id)
    assert whole["seller_address"] == note.seller_address.splitlines() and whole["seller_address"]
    assert [whole[name] for name in ("city", "postal_code", "due_on")] == [
        note.buyer_city,
        note.buyer_postal_code,
        None,
    ]
    assert [(line["type"], line["net_minor"]) for line in whole["lines"]] == [("returned", 1000)]
    assert [(tax["category"], tax["percent"], tax["tax_minor"]) for tax in whole["taxes"]] == [("O", "0", 0)]


def test_what_is_not_there_and_what_is_anothers_are_alike(
    app: Flask, acme: Customer, globex: Customer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    api = api_for(app)
    assert problem_of(api.get(f"{path(globex)}/{documents_of(acme)[0].id}"))[0] == 404
    assert api.get(path(globex)).get_json()["data"] == []
    assert problem_of(api.get(path(acme), cursor="nonsense")) == (422, "cursor_malformed")


def test_they_are_narrowed_by_state_day_and_number(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    with clock.at(datetime(2026, 11, 19, 23, 59, 59, 999_999, tzinfo=UTC)):
        due = invoices(acme, 100)
    with clock.at(datetime(2026, 11, 20, tzinfo=UTC)):
        payment = buys(app, alice_actor, 2500)
    with clock.at(datetime(2026, 11, 21, tzinfo=UTC)):
        sends_back(payment, 1000)
    _due, bought, note = documents_of(acme)
    api = api_for(app, "billing:read")
    for query, found in (
        ({"state": "open"}, [due]),
        ({"state": "issued", "type": "credit_note"}, [note.id]),
        ({"state": "open", "type": "credit_note"}, []),
        ({"from": "2026-11-20"}, [note.id, bought.id]),
        ({"to": "2026-11-19"}, [due]),
        ({"from": "2026-11-20", "to": "2026-11-20"}, [bought.id]),
        ({"q": "cn-"}, [note.id]),
        ({"q": "%"}, []),
    ):
        assert [each["id"] for each in api.get(path(acme), **query).get_json()["data"]] == found, query
    turned = {"from": "2026-11-20", "to": "2026-11-19"}
    assert problem_of(api.get(path(acme), **turned)) == (422, "days_out_of_order")
    assert problem_of(api.get(path(acme), **{"from": "2026-02-30"})) == (422, "day_malformed")
