"""Certificates of exemption by the API: sent with their file, with the page's limits, for nothing before the seller's yes."""

import base64
from typing import Any

import pytest
from flask import Flask

from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.tax import exemptions, registrations
from tests.pages.test_tax_settings_certificates import JPEG, PDF, PNG, percent
from tests.support.api import api_for, problem_of


def body(content: bytes = PDF, **fields: Any) -> dict[str, Any]:
    sent = {"value": "EX-7/1", "territories": ["FR", "PT-20"], "expires_on": "2099-12-31"}
    return sent | {"file": base64.b64encode(content).decode()} | fields


@pytest.mark.both_databases
def test_it_is_kept_as_it_is_and_counts_once_the_seller_has_verified_it(
    app: Flask, acme: Customer, globex: Customer
) -> None:
    api, path = api_for(app), f"/customers/{acme.customer_id}/tax_registrations"
    large = PNG + b"x" * (2 * 1024 * 1024)  # more than any other body may have
    made = api.post(f"{path}/certificates", body(large), once="once")
    assert made.status_code == 201
    row = made.get_json()
    assert (row["type"], row["state"], row["territories"], row["expires_on"]) == (
        "exemption", "pending", ["FR", "PT-20"], "2099-12-31",
    )  # fmt: skip
    assert api.post(f"{path}/certificates", body(large), once="once").get_json()["id"] == row["id"]
    assert [each["id"] for each in api.get(path).get_json()["data"]] == [row["id"]]
    with as_customer(acme.customer_id):
        assert exemptions.file_of(acme.customer_id, row["id"]).content == large
    assert percent(acme, "FR") == "20", "it waits for the seller"
    exemptions.decide(row["id"], verified=True, by="jane", reason="Looked at it")
    assert percent(acme, "FR") == "0"
    assert problem_of(api.post(f"{path}/certificates", body(large))) == (409, "registration_exists")
    assert problem_of(api_for(app, "billing:read").post(f"{path}/certificates", body()))[0] == 403


@pytest.mark.parametrize(
    ("sent", "field", "reason"),
    [
        (body(b"<script>alert(1)</script>"), "file", "file_unknown"),
        (body(b""), "file", "file_missing"),
        (body(JPEG + b"x" * (5 * 1024 * 1024)), "file", "file_too_large"),
        (body(file="no base64!"), "file", "file_malformed"),
        (body(territories=[]), "territories", "territories_malformed"),
        (body(territories=["XX"]), "territories", "country_unknown"),
        (body(expires_on="2020-01-01"), "expires_on", "expired"),
        (body(expires_on="soon"), "expires_on", "date_parsing"),
    ],
)
def test_what_is_no_certificate_is_refused_beside_its_field(
    app: Flask, acme: Customer, sent: dict[str, Any], field: str, reason: str
) -> None:
    answer = api_for(app).post(f"/customers/{acme.customer_id}/tax_registrations/certificates", sent)
    assert answer.status_code == 422
    assert [(each["field"], each["reason"]) for each in answer.get_json()["errors"]] == [(field, reason)]
    with as_customer(acme.customer_id):
        assert registrations.listed(acme.customer_id) == []


def test_no_other_body_may_be_that_large_and_this_one_not_larger(app: Flask, acme: Customer) -> None:
    api, path = api_for(app), f"/customers/{acme.customer_id}/tax_registrations"
    number = {"country": "DE", "type": "eu_vat", "value": "x" * 2 * 1024 * 1024}
    assert problem_of(api.post(path, number)) == (413, "body_too_large")
    assert problem_of(api.post(f"{path}/certificates", body(file="x" * 11 * 1024 * 1024))) == (413, "body_too_large")
