"""Referrals over the API: a customer is created with the code of another, and its earnings are read."""

import pytest
from flask import Flask

from app.models.customers import Customer
from tests.support import cast, periods, referred
from tests.support.api import api_for, problem_of
from tests.support.periods import OVER, USED
from tests.support.referred import code_of, inviter
from tests.support.reversals import buys

NEW = {"name": "Globex", "email": "billing@globex.example", "catalog": "small"}


@pytest.mark.both_databases
def test_a_customer_who_comes_with_a_code_earns_its_inviter_credit(app: Flask) -> None:
    ours, api = inviter(), api_for(app)
    made = api.post("/customers", {**NEW, "referral_code": f" {code_of(ours).upper()} "})
    assert made.status_code == 201
    theirs = Customer(customer_id=made.get_json()["id"], name="Globex")
    with referred.on(USED):
        buys(app, referred.manager(theirs, "Mallory"), 2500)
    referred.counts(OVER)
    found = api.get(f"/customers/{ours.customer_id}/referrals").get_json()
    (invited,) = found.pop("invited")
    assert (invited["label"], invited["earned"]) == ("G…", "5.00")
    assert (found["code"], found["url"].endswith(f"/join/{found['code']}")) == (code_of(ours), True)
    assert (found["offered"], found["percent"], found["months"], found["count"]) == (True, "20", 12, 1)
    assert (found["earned"], found["given"], found["credit_unit"]) == ("5.00", "0.00", "USD")
    assert theirs.customer_id not in str(invited)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"referral_code": "0" * 12}, "referral_code_unknown"),
        ({"referral_code": "nonsense"}, "referral_code_unknown"),
        ({"email": "Billing@Small.example"}, "referral_of_oneself"),
        ({"email": "Alice@Acme.example"}, "referral_of_oneself"),
    ],
)
def test_a_code_that_earns_nothing_is_refused_and_nobody_is_created(
    app: Flask, change: dict[str, str], reason: str
) -> None:
    ours, api = inviter(), api_for(app)
    cast.make_actor(cast.ALICE, ours)
    before = len(api.get("/customers").get_json()["data"])
    answer = api.post("/customers", {**NEW, "referral_code": code_of(ours), **change})
    assert problem_of(answer) == (422, reason)
    assert answer.get_json()["errors"][0]["field"] == "referral_code"
    assert len(api.get("/customers").get_json()["data"]) == before


def test_the_code_of_a_seller_who_offers_none_any_more_is_refused(app: Flask) -> None:
    ours, api = inviter(), api_for(app)
    code = code_of(ours)
    periods.customer()  # the newest catalog offers none
    answer = api.post("/customers", {**NEW, "referral_code": code})
    assert problem_of(answer) == (422, "referral_code_unknown")
    assert api.get(f"/customers/{ours.customer_id}/referrals").get_json()["offered"] is False
