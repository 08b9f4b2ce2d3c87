"""Tax registrations by the API: added and removed as on the page, and read with what is known of them."""

from typing import Any

import pytest
from flask import Flask

from app.models.customers import Customer
from app.services import jobs
from tests.support.api import api_for, problem_of

GOOD: dict[str, Any] = {"country": "DE", "type": "eu_vat", "value": "DE 136 695 976"}


def path(customer: Customer) -> str:
    return f"/customers/{customer.customer_id}/tax_registrations"


@pytest.mark.both_databases
def test_a_number_is_added_read_and_removed(app: Flask, acme: Customer) -> None:
    api = api_for(app)
    made = api.post(path(acme), GOOD)
    assert (made.status_code, made.get_json()["value"], made.get_json()["state"]) == (201, "DE136695976", "pending")
    jobs.JOBS["tax_numbers_checked"](10)
    (row,) = api_for(app, "billing:read").get(path(acme)).get_json()["data"]
    assert (row["id"], row["state"], row["reason"], row["country"]) == (made.get_json()["id"], "verified", "", "DE")
    assert row["answered_at"]
    gone = api.open("DELETE", f"{path(acme)}/{row['id']}")
    assert (gone.status_code, gone.get_json()["id"]) == (200, row["id"])
    assert api.get(path(acme)).get_json() == {"data": []}
    assert problem_of(api.open("DELETE", f"{path(acme)}/{row['id']}"))[0] == 404


@pytest.mark.parametrize(
    ("body", "reason", "field"),
    [
        (GOOD | {"value": "DE136695977"}, "value_malformed", "value"),
        (GOOD | {"country": "FR"}, "country_mismatch", "country"),
        (GOOD | {"type": "vat"}, "kind_unknown", "type"),
        (GOOD | {"type": "exemption"}, "kind_unknown", "type"),
    ],
)
def test_what_the_page_refuses_is_refused(
    app: Flask, acme: Customer, body: dict[str, Any], reason: str, field: str
) -> None:
    answer = api_for(app).post(path(acme), body)
    assert problem_of(answer) == (422, reason)
    assert [each["field"] for each in answer.get_json().get("errors", [])] in ([field], [])


def test_the_same_number_twice_is_refused_and_the_same_request_is_not(app: Flask, acme: Customer) -> None:
    api = api_for(app)
    first = api.post(path(acme), GOOD)
    assert problem_of(api.post(path(acme), GOOD | {"value": "136695976"})) == (409, "registration_exists")
    assert [each["id"] for each in api.get(path(acme)).get_json()["data"]] == [first.get_json()["id"]]


def test_nobody_removes_another_customers_number(app: Flask, acme: Customer, globex: Customer) -> None:
    api = api_for(app)
    made = api.post(path(acme), GOOD).get_json()["id"]
    assert problem_of(api.open("DELETE", f"{path(globex)}/{made}"))[0] == 404
    assert len(api.get(path(acme)).get_json()["data"]) == 1
