"""Bank transfers by the API: pro-formas, what is missing for them, and what of the money is not used yet."""

import pytest
from flask import Flask

from app.domain.people.members import Actor
from app.models.customers import Customer
from tests.support import periods, transfers
from tests.support.api import api_for, problem_of


@pytest.fixture
def catalog(app: Flask) -> str:
    """The example catalog, with bank transfers."""
    transfers.take_transfers()
    return "gateway"


@pytest.mark.both_databases
def test_a_pro_forma_and_unapplied_cash_are_read(
    app: Flask, acme: Customer, globex: Customer, alice_actor: Actor
) -> None:
    order = transfers.ordered(alice_actor)
    transfers.sent(app, acme.customer_id, 2499)
    api, path = api_for(app, "billing:read"), f"/customers/{acme.customer_id}"
    (row,) = api.get(f"{path}/pro_formas").get_json()["data"]
    assert (row["id"], row["state"], row["amount_minor"], row["missing_minor"]) == (order.id, "waiting", 2500, 1)
    assert api.get(f"{path}/pro_formas/{order.id}").get_json() == row
    cash = api.get(f"{path}/unapplied_cash").get_json()
    assert (cash["unapplied_minor"], cash["currency"]) == (2499, "USD")
    assert [each["type"] for each in cash["movements"]] == ["funded"]
    assert {"label": "Routing number", "value": "999999999"} in cash["account"]
    other = f"/customers/{globex.customer_id}"
    assert problem_of(api.get(f"{other}/pro_formas/{order.id}"))[0] == 404
    assert api.get(f"{other}/unapplied_cash").get_json()["unapplied_minor"] == 0
    transfers.sent(app, acme.customer_id, 2)
    row = api.get(f"{path}/pro_formas/{order.id}").get_json()
    assert (row["state"], row["missing_minor"], row["payment"][:4]) == ("paid", 0, "pay_")
    assert api.get(f"{path}/unapplied_cash").get_json()["unapplied_minor"] == 1


@pytest.mark.both_databases
def test_a_pro_forma_is_ordered_once_for_its_key_with_the_pages_validation(app: Flask, acme: Customer) -> None:
    api, path = api_for(app), f"/customers/{acme.customer_id}/pro_formas"
    made = api.post(path, {"amount_minor": 2500}, once="once")
    assert made.status_code == 201
    row = made.get_json()
    assert (row["state"], row["amount_minor"], row["missing_minor"], row["invoice"]) == ("waiting", 2500, 2500, None)
    assert api.post(path, {"amount_minor": 2500}, once="once").get_json()["id"] == row["id"]
    assert problem_of(api.post(path, {"amount_minor": 2600}, once="once")) == (409, "idempotency_key_reused")
    low = api.post(path, {"amount_minor": 1})
    assert low.status_code == 422 and low.get_json()["errors"][0]["field"] == "amount_minor"
    for body in ({}, {"amount_minor": 2500, "pack": "starter"}, {"invoice": "inv_1", "pack": "starter"}):
        assert problem_of(api.post(path, body)) == (422, "one_of"), body
    assert problem_of(api.post(path, {"pack": "none"}))[0] == 422
    assert problem_of(api.post(path, {"invoice": "inv_none"}))[0] == 404
    assert problem_of(api_for(app, "billing:read").post(path, {"amount_minor": 2500}))[0] == 403
    assert len(api.get(path).get_json()["data"]) == 1, "what is refused orders nothing"


def test_an_invoice_is_ordered_to_be_paid_by_bank_transfer(app: Flask, globex: Customer) -> None:
    small = periods.customer(more='\n[payment_methods]\nkinds = ["card", "bank_transfer"]\n')
    periods.uses(small, 705)
    invoice = periods.closes(small)
    assert invoice is not None
    api, path = api_for(app), f"/customers/{small.customer_id}/pro_formas"
    assert problem_of(api.post(path, {"invoice": invoice.id, "amount_minor": 880})) == (409, "amount_changed")
    row = api.post(path, {"invoice": invoice.id}).get_json()
    assert (row["invoice"], row["amount_minor"], row["state"]) == (invoice.id, 881, "waiting")
    assert api.post(path, {"invoice": invoice.id, "amount_minor": 881}).get_json()["id"] == row["id"], "it waits once"
    other = f"/customers/{globex.customer_id}/pro_formas"
    assert problem_of(api.post(other, {"invoice": invoice.id}))[0] == 404


def test_where_no_transfers_are_taken_none_is_ordered(app: Flask) -> None:
    small = periods.customer()
    refused = api_for(app).post(f"/customers/{small.customer_id}/pro_formas", {"amount_minor": 2500})
    assert problem_of(refused) == (422, "kind_not_taken")
