"""Bank transfers by the API: pro-formas, what is missing for them, and what of the money is not used yet."""

import pytest
from flask import Flask

from app.domain.people import Actor
from app.models.customers import Customer
from tests.support import transfers
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
