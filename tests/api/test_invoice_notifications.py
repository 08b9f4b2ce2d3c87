"""Invoice notifications by the API: the page's rules, and no address that is used unasked."""

from typing import Any

import pytest
from flask import Flask

from app.models.customers import Customer
from tests.support import post
from tests.support.api import api_for, problem_of

BEFORE: dict[str, Any] = {
    "billing_email": "billing@acme.example", "pending_email": None, "pending_since": None, "recipients": [], "version": 0,
}  # fmt: skip
BOOKS = {"email": "books@firm.example", "receipts": True, "invoices": False, "payment_problems": True}


def path(customer: Customer) -> str:
    return f"/customers/{customer.customer_id}/invoice_notifications"


def put(app: Flask, customer: Customer, **values: Any) -> Any:
    body = {"billing_email": "billing@acme.example", "recipients": [], "version": 0} | values
    return api_for(app).open("PUT", path(customer), json=body)


@pytest.mark.both_databases
def test_a_set_is_replaced_and_each_new_address_is_asked(app: Flask, acme: Customer) -> None:
    assert api_for(app, "billing:read").get(path(acme)).get_json() == BEFORE
    now = put(app, acme, billing_email="Finance@acme.example", recipients=[BOOKS]).get_json()
    assert (now["billing_email"], now["pending_email"], now["version"]) == (
        "billing@acme.example",
        "finance@acme.example",
        1,
    )
    assert now["recipients"] == [BOOKS | {"is_confirmed": False}]
    assert {each.recipient for each in post.mails(acme)} == {"finance@acme.example", "books@firm.example"}
    same = put(app, acme, billing_email="finance@acme.example", recipients=[BOOKS], version=1)
    assert (same.get_json(), len(post.mails(acme))) == (now, 2), "nobody is asked twice"
    read_and_sent = put(app, acme, billing_email=now["billing_email"], recipients=[BOOKS], version=1)
    assert (read_and_sent.status_code, read_and_sent.get_json()) == (200, now), "the present one changes nothing"


@pytest.mark.parametrize(
    ("values", "status", "reason"),
    [
        ({"billing_email": "x"}, 422, "email_malformed"),
        ({"recipients": [BOOKS, BOOKS]}, 422, "email_twice"),
        ({"recipients": [BOOKS, BOOKS | {"email": "Books@firm.example"}]}, 422, "email_twice"),
        ({"recipients": [BOOKS | {"receipts": False, "payment_problems": False}]}, 422, "nothing_chosen"),
        ({"recipients": [BOOKS | {"email": "billing@acme.example"}]}, 422, "is_billing_email"),
        ({"version": 1}, 409, "version_gone_by"),
    ],
)
def test_what_is_refused_changes_nothing(
    app: Flask, acme: Customer, values: dict[str, Any], status: int, reason: str
) -> None:
    assert problem_of(put(app, acme, **values)) == (status, reason)
    assert (api_for(app).get(path(acme)).get_json(), post.mails(acme)) == (BEFORE, [])


def test_nobody_is_asked_more_than_thirty_addresses_a_day(app: Flask, acme: Customer) -> None:
    many = [BOOKS | {"email": f"b{number}@firm.example"} for number in range(20)]
    assert put(app, acme, recipients=many).status_code == 200
    more = [each | {"email": f"c{each['email']}"} for each in many]
    assert problem_of(put(app, acme, recipients=more, version=1)) == (409, "asked_too_often")
    assert len(api_for(app).get(path(acme)).get_json()["recipients"]) == 20
