"""The balance and its movements: what a program reads is what the customer's pages show."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask

from app import clock
from app.domain.money import Credits
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.scope import as_customer, as_service
from app.services.balance import history
from app.services.ledger import grants
from app.services.transaction import transaction
from tests.support import cast, recharge, shop, spend
from tests.support.api import Api, api_for, problem_of
from tests.support.passes import passes
from tests.support.statements import counted

CREDITS = [
    "total_credits",
    "usage_this_period",
    "remaining_credits",
    "held",
    "overage_protection",
    "overage_left",
    "daily_limit",
    "daily_used",
    "daily_left",
    "available_to_use",
]


def gives(customer: Customer, units: int) -> None:
    grants.give(
        customer.customer_id,
        kind="promotional",
        credits=Credits(units * 10**6 + 1),
        granted_by="seller",
        reason=f"Gift of {units}",
    )


@pytest.mark.both_databases
def test_every_number_is_the_one_that_the_pages_show(api: Api, acme: Customer) -> None:
    gives(acme, 25)
    shown = api.get(f"/customers/{acme.customer_id}/balance").get_json()
    with as_customer(acme.customer_id):
        numbers = history.numbers()
    for name in CREDITS:
        value = getattr(numbers, name)
        assert (None if shown[name] is None else Decimal(shown[name])) == (None if value is None else value.units)
    assert (shown["credit_unit"], shown["standing"], shown["customer"]) == ("USD", "good", acme.customer_id)
    assert shown["total_credits"] == "25.000001"


def test_the_moment_is_that_of_the_answer(api: Api, acme: Customer) -> None:
    before = clock.now()
    shown = api.get(f"/customers/{acme.customer_id}/balance").get_json()["as_of"]
    assert shown.endswith("Z")
    assert before <= datetime.fromisoformat(shown) <= clock.now()


def test_the_movements_add_up_to_the_balance(api: Api, acme: Customer) -> None:
    for units in range(1, 8):
        gives(acme, units)
    rows, cursor = [], None
    while True:
        page = api.get(
            f"/customers/{acme.customer_id}/balance_transactions", limit=3, **({"cursor": cursor} if cursor else {})
        ).get_json()
        rows += page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [each["sequence"] for each in rows] == sorted((each["sequence"] for each in rows), reverse=True)
    assert len(rows) == 7
    remaining = api.get(f"/customers/{acme.customer_id}/balance").get_json()["remaining_credits"]
    assert sum(Decimal(each["amount"]) for each in rows) == Decimal(remaining) == Decimal(rows[0]["balance_after"])
    assert rows[0]["description"] == "Gift of 7"
    assert rows[0]["source"]["type"] == "grant"


def test_the_movements_of_one_kind_are_found(api: Api, acme: Customer) -> None:
    gives(acme, 1)
    path = f"/customers/{acme.customer_id}/balance_transactions"
    assert len(api.get(path, kind="promotional").get_json()["data"]) == 1
    assert api.get(path, kind="usage").get_json() == {"data": [], "next_cursor": None}


def test_a_page_of_movements_asks_the_same_however_many_there_are(api: Api, acme: Customer) -> None:
    path = f"/customers/{acme.customer_id}/balance_transactions"
    gives(acme, 1)
    api.get(path)
    with counted() as few:
        api.get(path)
    for units in range(1, 10):
        gives(acme, units)
    with counted() as many:
        api.get(path)
    assert len(few) == len(many)


def test_a_suspended_customer_may_use_nothing(app: Flask, api: Api, acme: Customer) -> None:
    gives(acme, 5)
    with as_service("suspend"), transaction() as session:
        session.get_one(Customer, acme.customer_id).standing = "suspended"
    shown = api.get(f"/customers/{acme.customer_id}/balance").get_json()
    assert (shown["standing"], shown["available_to_use"]) == ("suspended", "0.00")
    assert shown["blocked_by"] == {"reason": "suspended", "lifted_by": "invoices", "until": None, "meters": []}
    assert shown["remaining_credits"] == "5.000001"


def test_a_grant_says_when_its_rest_is_lost(api: Api, acme: Customer) -> None:
    ends = (clock.now() + timedelta(days=30)).replace(microsecond=0)
    body = {"credits": "2.5", "reason": "Trial", "kind": "trial", "expires_at": ends.isoformat(), "priority": 10}
    given = api.post(f"/customers/{acme.customer_id}/credit_grants", body).get_json()
    assert given["id"].startswith("grt_")
    assert (given["credits"], given["kind"], given["priority"]) == ("2.50", "trial", 10)
    assert given["expires_at"] == ends.isoformat().replace("+00:00", "Z")
    with clock.at(ends), as_customer(acme.customer_id):
        assert history.numbers().remaining_credits.micros == 0


@pytest.mark.parametrize("change", [{"kind": "purchased"}, {"kind": "referral"}, {"priority": 101}, {"reason": ""}])
def test_a_grant_that_may_not_be_is_refused(api: Api, acme: Customer, change: dict[str, object]) -> None:
    body = {"credits": "2.5", "reason": "Gift", **change}
    assert api.post(f"/customers/{acme.customer_id}/credit_grants", body).status_code == 422


def test_only_who_may_write_gives_credit(app: Flask, acme: Customer) -> None:
    reads = api_for(app, "billing:read", "usage:write")
    answer = reads.post(f"/customers/{acme.customer_id}/credit_grants", {"credits": "1", "reason": "Mine"})
    assert problem_of(answer) == (403, "forbidden")


def test_it_says_what_blocks_and_what_lifts_it(api: Api, acme: Customer) -> None:
    path = f"/customers/{acme.customer_id}/balance"
    with clock.at(datetime(2026, 11, 21, 12, tzinfo=UTC)):
        spend.uses(acme, "50")  # the overage protection
        none = api.get(path).get_json()["blocked_by"]
        spend.gives(acme, "100")
        fine = api.get(path).get_json()["blocked_by"]
        spend.chooses(acme, limit="10")
        spend.uses(acme, "12")
        limited = api.get(path).get_json()["blocked_by"]
    assert none == {"reason": "insufficient_credits", "lifted_by": "credit", "until": None, "meters": []}
    assert fine is None
    until = "2026-11-22T00:00:00Z"
    assert limited == {"reason": "daily_limit", "lifted_by": "daily_limit", "until": until, "meters": []}


def test_it_says_until_when_the_credit_lasts_with_and_without_auto_recharge(
    app: Flask, api: Api, acme: Customer, alice_actor: Actor
) -> None:
    path, begins = f"/customers/{acme.customer_id}/balance", datetime(2026, 11, 11, 9, tzinfo=UTC)
    with as_service("make the customer one of before"), transaction() as session:
        session.get_one(Customer, acme.customer_id).created_at = begins
    with clock.at(begins):
        spend.gives(acme, "200")
    for day in range(10):
        with clock.at(begins + timedelta(days=day)):
            spend.uses(acme, "10")
    with clock.at(begins + timedelta(days=10)):
        api.get(path)  # the first answer finds the catalog too
        with counted() as before:
            plain = api.get(path).get_json()["forecast"]
        shop.add_method(alice_actor)
        recharge.on(alice_actor, threshold="20", amount=2500, limit=5000)
        with counted() as after:
            with_it = api.get(path).get_json()["forecast"]
    assert len(after) == len(before) + 1, "auto-recharge comes with the numbers; the tax on what it buys is one more"
    without = {"runs_out_on": "2026-12-01", "earliest": "2026-12-01", "latest": "2026-12-01"}
    assert plain == without | {"reason": None, "pace_per_day": "10.00", "pace_days": 10, "auto_recharge": None}
    assert with_it["auto_recharge"]["without"] == without
    assert (with_it["auto_recharge"]["counted"], with_it["auto_recharge"]["reason"]) == (True, "limit_reached")
    assert without["runs_out_on"] < with_it["runs_out_on"]


@pytest.mark.proof  # twenty days of the worker
def test_what_is_forecast_of_auto_recharge_is_what_is_charged(
    app: Flask, api: Api, acme: Customer, alice_actor: Actor
) -> None:
    """At a steady pace the day on which the limit is reached, and that on which the credit ends, come as they were said."""
    path, begins = f"/customers/{acme.customer_id}/balance", datetime(2026, 11, 11, 9, tzinfo=UTC)
    with as_service("make the customer one of before"), transaction() as session:
        session.get_one(Customer, acme.customer_id).created_at = begins
    with clock.at(begins):
        spend.gives(acme, "198.75")
    for day in range(10):
        spend.uses(acme, "10", begins + timedelta(days=day))
    with clock.at(begins + timedelta(days=10)):
        shop.add_method(alice_actor)
        recharge.on(alice_actor, threshold="20", amount=2500, limit=5000)
        said = api.get(path).get_json()["forecast"]
        page = cast.signed_in(app, "http://localhost", alice_actor).opens("/billing/").text
    assert "With auto-recharge, credits last until about 5 Dec" in page and "limit is reached about 3 Dec" in page
    ends: date | None = None
    stopped: date | None = None
    for day in range(10, 30):
        at = begins + timedelta(days=day)
        spend.uses(acme, "10", at)
        with clock.at(at):
            passes(1)
            left = Decimal(api.get(path).get_json()["remaining_credits"])
        if stopped is None and recharge.decisions(acme)[-1:] == ["limit_reached"]:
            stopped = at.date()
        if left <= 0:
            ends = at.date()
            break
    assert recharge.states(acme) == [(2500, "succeeded")] * 2
    assert (said["runs_out_on"], said["auto_recharge"]["limit_reached_on"]) == (str(ends), str(stopped))


def test_a_day_that_nobody_can_say_has_its_reason(api: Api, acme: Customer) -> None:
    gives(acme, 5)
    shown = api.get(f"/customers/{acme.customer_id}/balance").get_json()["forecast"]
    assert (shown["runs_out_on"], shown["reason"], shown["pace_per_day"]) == (None, "no_pace", "0.00")
