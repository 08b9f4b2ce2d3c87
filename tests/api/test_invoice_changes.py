"""The API of what is done with an invoice that is due: paid, voided or credited, once for each key."""

import pytest
from flask import Flask

from app.models.customers import Customer
from app.models.documents import Document
from tests.support import periods
from tests.support.api import api_for, problem_of
from tests.support.documents import documents_of
from tests.support.periods import now_of
from tests.support.shop import BROKE, GOOD, add_method


@pytest.fixture
def small(app: Flask) -> Customer:
    """A customer whose October left $7.05 below zero."""
    made = periods.customer()
    periods.uses(made, 705)
    return made


@pytest.fixture
def invoice(small: Customer) -> Document:
    document = periods.closes(small)
    assert document is not None
    return document


def path(invoice: Document, what: str) -> str:
    return f"/customers/{invoice.customer_id}/invoices/{invoice.id}/{what}"


@pytest.mark.both_databases
def test_it_is_paid_by_the_default_method_once_for_its_key(app: Flask, small: Customer, invoice: Document) -> None:
    add_method(periods.manager(small), GOOD)
    api = api_for(app)
    first = api.post(path(invoice, "pay"), {"amount_minor": 881}, once="once")
    again = api.post(path(invoice, "pay"), {"amount_minor": 881}, once="once")
    assert (first.status_code, first.get_json()["state"], first.get_json()["invoice_state"]) == (
        200,
        "succeeded",
        "paid",
    )
    assert again.get_json()["payment"] == first.get_json()["payment"]
    assert problem_of(api.post(path(invoice, "pay"), {})) == (409, "not_payable")
    for address in (path(invoice, "").rstrip("/"), path(invoice, "").rstrip("/").rpartition("/")[0]):
        found = api.get(address).get_json()
        assert found.get("data", [found])[0]["payment"] == first.get_json()["payment"]


def test_another_amount_no_method_and_a_decline(app: Flask, small: Customer, invoice: Document) -> None:
    api = api_for(app)
    assert problem_of(api.post(path(invoice, "pay"), {})) == (422, "method_missing")
    add_method(periods.manager(small), BROKE)
    assert problem_of(api.post(path(invoice, "pay"), {"amount_minor": 880})) == (409, "amount_changed")
    declined = api.post(path(invoice, "pay"), {}).get_json()
    assert (declined["state"], declined["problem"], declined["invoice_state"]) == (
        "failed",
        "insufficient_funds",
        "open",
    )


@pytest.mark.both_databases
def test_it_is_voided_with_a_reason_and_keeps_its_number(app: Flask, invoice: Document) -> None:
    api = api_for(app)
    assert problem_of(api.post(path(invoice, "void"), {}))[0] == 422
    void = api.post(path(invoice, "void"), {"reason": "Wrong month"}).get_json()
    assert (void["state"], void["number"]) == ("void", invoice.number)


def test_a_paid_one_is_refused_a_credit_note_and_the_problem_leads_to_its_refund(
    app: Flask, small: Customer, invoice: Document
) -> None:
    add_method(periods.manager(small), GOOD)
    api = api_for(app)
    payment = api.post(path(invoice, "pay"), {}).get_json()["payment"]
    refused = api.post(path(invoice, "credit_notes"), {"reason": "Goodwill"})
    assert problem_of(refused) == (409, "invoice_paid")
    problem = refused.get_json()
    assert f"Refund its payment {payment}" in problem["detail"]
    place, _, anchor = problem["type"].partition("#")
    assert anchor == "problem-invoice_paid"
    assert f'id="{anchor}"' in app.test_client().get(place).text


def test_a_credit_note_is_given_once_for_its_key(app: Flask, small: Customer, invoice: Document) -> None:
    api = api_for(app)
    given = {"amount_minor": 381, "reason": "Goodwill"}
    made = api.post(path(invoice, "credit_notes"), given, once="note")
    again = api.post(path(invoice, "credit_notes"), given, once="note")
    assert (made.status_code, made.get_json()["total_minor"], made.get_json()["tax_minor"]) == (201, 381, 76)
    assert again.get_json()["id"] == made.get_json()["id"]
    assert now_of(invoice).credited_minor == 381
    assert len(documents_of(small)) == 2
    too_much = {"amount_minor": 501, "reason": "More"}
    refused = api.post(path(invoice, "credit_notes"), too_much)
    assert problem_of(refused) == (422, "amount_out_of_range")
    assert [each["field"] for each in refused.get_json()["errors"]] == ["amount_minor"]


def test_a_customers_own_key_pays_and_neither_voids_nor_credits(app: Flask, small: Customer, invoice: Document) -> None:
    add_method(periods.manager(small), GOOD)
    own = api_for(app, "billing:write", customer=small)
    for what in ("void", "credit_notes"):
        assert own.post(path(invoice, what), {"reason": "Mine"}).status_code == 403
    assert own.post(path(invoice, "pay"), {}).get_json()["state"] == "succeeded"


def test_nobody_changes_anothers(app: Flask, invoice: Document, globex: Customer) -> None:
    api = api_for(app)
    for what, body in (("pay", {}), ("void", {"reason": "x"}), ("credit_notes", {"reason": "x"})):
        address = f"/customers/{globex.customer_id}/invoices/{invoice.id}/{what}"
        assert problem_of(api.post(address, body))[0] == 404
