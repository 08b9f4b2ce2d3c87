"""Auto-recharge by the API: read and narrowed by a key, never widened (AC-6, I12)."""

from typing import Any

import pytest
from flask import Flask

from app.domain.people.members import Actor
from app.models.customers import Customer
from tests.support import recharge, shop
from tests.support.api import api_for, problem_of

OFF: dict[str, Any] = {
    "enabled": False, "threshold": "20.00", "amount": {"amount_minor": 2500, "currency": "USD"}, "pack": None,
    "period_limit": {"amount_minor": 5000, "currency": "USD"}, "payment_method": None, "other_methods": False, "version": 0,
}  # fmt: skip


def path(customer: Customer) -> str:
    return f"/customers/{customer.customer_id}/auto_recharge"


@pytest.fixture
def on(alice_actor: Actor) -> Actor:
    shop.add_method(alice_actor)
    recharge.on(alice_actor)
    return alice_actor


@pytest.mark.both_databases
def test_who_never_chose_has_it_off_in_version_0(app: Flask, acme: Customer) -> None:
    answer = api_for(app, "billing:read").get(path(acme))
    assert (answer.status_code, answer.get_json()) == (200, OFF)


def test_a_key_switches_it_off_and_lowers_it(app: Flask, acme: Customer, on: Actor) -> None:
    api = api_for(app)
    lower = OFF | {
        "enabled": True,
        "threshold": "10.00",
        "period_limit": {"amount_minor": 2500, "currency": "USD"},
        "version": 1,
    }
    assert api.open("PUT", path(acme), json=lower).get_json() == lower | {"version": 2}
    off = lower | {"enabled": False, "version": 2}
    assert api.open("PUT", path(acme), json=off).get_json() == off | {"version": 3}
    assert len(recharge.consents(acme)) == 1


@pytest.mark.parametrize(
    "wider",
    [
        {"threshold": "21"},
        {"period_limit": {"amount_minor": 5001, "currency": "USD"}},
        {"amount": {"amount_minor": 2600, "currency": "USD"}},
        {"other_methods": True},
    ],
)
def test_a_key_widens_nothing(app: Flask, acme: Customer, on: Actor, wider: dict[str, Any]) -> None:
    answer = api_for(app).open("PUT", path(acme), json=OFF | {"enabled": True, "version": 1} | wider)
    assert problem_of(answer) == (403, "consent_missing")
    assert recharge.terms(on).version == 1


def test_a_key_never_switches_it_on(app: Flask, acme: Customer, on: Actor) -> None:
    api = api_for(app)
    api.open("PUT", path(acme), json=OFF | {"version": 1})
    answer = api.open("PUT", path(acme), json=OFF | {"enabled": True, "version": 2})
    assert problem_of(answer) == (403, "consent_missing")
    assert (recharge.terms(on).enabled, len(recharge.consents(acme))) == (False, 1)


@pytest.mark.parametrize(
    ("wrong", "status", "reason"),
    [
        ({"version": 7}, 409, "version_gone_by"),
        ({"period_limit": {"amount_minor": 2400, "currency": "USD"}}, 422, "limit_below_purchase"),
        ({"period_limit": {"amount_minor": 5000, "currency": "EUR"}}, 422, "currency_mismatch"),
        ({"pack": "gold"}, 422, "amount_or_pack"),
        ({"amount": None}, 422, "amount_or_pack"),
        ({"threshold": "-1000"}, 422, "threshold_out_of_bounds"),
        ({"payment_method": "pm_unknown"}, 404, "not_found"),
    ],
)
def test_what_cannot_be_kept_is_refused_whole(
    app: Flask, acme: Customer, alice_actor: Actor, wrong: dict[str, Any], status: int, reason: str
) -> None:
    answer = api_for(app).open("PUT", path(acme), json=OFF | wrong)
    assert problem_of(answer) == (status, reason)
    assert recharge.terms(alice_actor).version == 0
