"""The invoice address by the API: read, replaced as a whole, refused as the page refuses it."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.models.customers import Customer
from tests.support.api import api_for, problem_of

EMPTY: dict[str, Any] = {
    "company": "", "line1": "", "line2": "", "city": "", "postal_code": "", "region": "", "country": "", "po_number": "",
    "buyer_reference": "", "version": 0, "po_required": False, "lines": [],
}  # fmt: skip
BERLIN: dict[str, Any] = {
    "company": "Acme GmbH", "line1": "Hauptstraße 1", "city": "Berlin", "postal_code": "10115", "country": "DE", "version": 0,
}  # fmt: skip


def path(customer: Customer) -> str:
    return f"/customers/{customer.customer_id}/invoice_address"


def fields_of(answer: TestResponse) -> list[tuple[str, str]]:
    return [(each["field"], each["reason"]) for each in answer.get_json()["errors"]]


@pytest.mark.both_databases
def test_an_address_is_read_and_replaced(app: Flask, acme: Customer) -> None:
    api = api_for(app)
    assert api_for(app, "billing:read").get(path(acme)).get_json() == EMPTY
    given = {"po_number": "7", "buyer_reference": "04011000-12345-34"}
    answer = api.open("PUT", path(acme), json=BERLIN | given | {"country": "de"})
    kept = EMPTY | BERLIN | given | {"version": 1, "lines": ["Acme GmbH", "Hauptstraße 1", "10115 Berlin"]}
    assert (answer.status_code, answer.get_json()) == (200, kept)
    assert api.get(path(acme)).get_json() == kept


def test_what_looks_wrong_is_kept_once_it_is_said_to_be_right(app: Flask, acme: Customer) -> None:
    api, odd = api_for(app), BERLIN | {"postal_code": "1011"}
    answer = api.open("PUT", path(acme), json=odd)
    assert problem_of(answer) == (422, "address_asked") and fields_of(answer) == [("postal_code", "address_asked")]
    assert api.get(path(acme)).get_json() == EMPTY
    assert api.open("PUT", path(acme), json=odd | {"as_typed": True}).get_json()["lines"][-1] == "1011 Berlin"


def test_each_field_that_cannot_be_kept_is_named(app: Flask, acme: Customer) -> None:
    api = api_for(app)
    assert api.open("PATCH", f"/customers/{acme.customer_id}", json={"po_required": True}).get_json()["po_required"]
    answer = api.open("PUT", path(acme), json={"company": " ", "line1": "", "country": "FR", "version": 0})
    assert problem_of(answer) == (422, "validation_failed")
    assert fields_of(answer) == [
        ("company", "field_missing"), ("line1", "field_missing"), ("city", "field_missing"),
        ("postal_code", "field_missing"), ("po_number", "po_number_missing"),
    ]  # fmt: skip
    assert api.get(path(acme)).get_json() == EMPTY | {"po_required": True}


@pytest.mark.parametrize(
    ("reference", "reason"), [("7" * 101, "buyer_reference_too_long"), ("4\x07", "buyer_reference_unprintable")]
)
def test_a_reference_that_no_document_can_bear_is_refused(
    app: Flask, acme: Customer, reference: str, reason: str
) -> None:
    answer = api_for(app).open("PUT", path(acme), json=BERLIN | {"buyer_reference": reference})
    assert (problem_of(answer), fields_of(answer)) == ((422, "validation_failed"), [("buyer_reference", reason)])


def test_an_old_version_is_refused(app: Flask, acme: Customer) -> None:
    api = api_for(app)
    api.open("PUT", path(acme), json=BERLIN)
    assert problem_of(api.open("PUT", path(acme), json=BERLIN | {"city": "Bonn"})) == (409, "version_gone_by")
