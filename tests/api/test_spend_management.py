"""Spend management by the API: read and replaced as one set, by the page's rules (AC-56)."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.scope import as_customer, as_service
from app.services.balance import history
from app.services.webhooks import endpoints
from tests.support import spend
from tests.support.api import api_for, problem_of

SET: dict[str, Any] = {
    "enabled": True, "daily_limit": "25.00", "notify_threshold": "20.50", "webhook_url": None, "version": 0,
}  # fmt: skip


def path(customer: Customer) -> str:
    return f"/customers/{customer.customer_id}/spend_management"


@pytest.mark.both_databases
def test_who_never_chose_has_the_catalogs_terms_in_version_0(app: Flask, acme: Customer) -> None:
    answer = api_for(app, "billing:read").get(path(acme))
    assert (answer.status_code, answer.get_json()) == (
        200,
        {"enabled": False, "daily_limit": "50.00", "notify_threshold": "40.00", "webhook_url": None, "version": 0},
    )


def test_a_set_is_replaced_and_holds_for_the_balance_at_once(app: Flask, acme: Customer) -> None:
    api = api_for(app, "billing:read", "billing:write")
    answer = api.open("PUT", path(acme), json=SET)
    assert (answer.status_code, answer.get_json()) == (200, SET | {"version": 1})
    assert api.get(path(acme)).get_json() == SET | {"version": 1}
    with as_customer(acme.customer_id):
        assert history.numbers().daily_limit == spend.dollars("25")
    with as_service("test"):
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "spend_management.changed")).one()
    assert entry.actor.startswith("key_")


def test_the_same_set_again_changes_nothing(app: Flask, acme: Customer) -> None:
    api = api_for(app)
    made = api.open("PUT", path(acme), json=SET).get_json()
    assert api.open("PUT", path(acme), json=made).get_json() == made


def test_a_set_with_a_webhook_is_answered_with_it(app: Flask, acme: Customer) -> None:
    api, wanted = api_for(app), SET | {"webhook_url": "https://93.184.216.34/hook"}
    answer = api.open("PUT", path(acme), json=wanted)
    assert (answer.status_code, answer.get_json()) == (200, wanted | {"version": 1})
    again = api.open("PUT", path(acme), json=answer.get_json())
    assert (again.status_code, again.get_json()) == (200, wanted | {"version": 1})


@pytest.mark.case("AC-56")
def test_a_version_gone_by_is_refused_as_on_the_page(app: Flask, acme: Customer) -> None:
    api = api_for(app)
    api.open("PUT", path(acme), json=SET)
    answer = api.open("PUT", path(acme), json=SET | {"daily_limit": "90"})
    assert problem_of(answer) == (409, "version_gone_by")
    assert spend.held(acme) == (True, "25", "20.5")


@pytest.mark.parametrize(
    "change",
    [
        {"daily_limit": 25}, {"daily_limit": "1e3"}, {"daily_limit": "1.1234567"}, {"enabled": "yes"}, {"version": -1},
        {"version": 2**70}, {"version": True}, {"webhook_url": "x" * 2_001}, {"customer_id": "cus_x"},
    ],
)  # fmt: skip
def test_a_malformed_set_is_refused(app: Flask, acme: Customer, change: dict[str, Any]) -> None:
    answer = api_for(app).open("PUT", path(acme), json=SET | change)
    assert problem_of(answer)[0] == 422
    assert spend.held(acme) == (False, "50", "40")


def test_a_set_with_a_part_missing_is_refused(app: Flask, acme: Customer) -> None:
    for name in SET:
        answer = api_for(app).open("PUT", path(acme), json={key: SET[key] for key in SET if key != name})
        assert problem_of(answer)[0] == 422


def test_one_that_is_refused_leaves_the_webhook_as_it_was(app: Flask, acme: Customer) -> None:
    answer = api_for(app).open("PUT", path(acme), json=SET | {"webhook_url": "https://127.0.0.1/hook"})
    assert problem_of(answer) == (422, "url_not_public")
    with as_customer(acme.customer_id):
        assert endpoints.of(acme.customer_id) is None
    assert spend.held(acme) == (False, "50", "40")


def test_a_key_of_another_customer_finds_nothing(app: Flask, acme: Customer, globex: Customer) -> None:
    api = api_for(app, customer=globex)
    assert problem_of(api.get(path(acme)))[0] == 404
    assert problem_of(api.open("PUT", path(acme), json=SET))[0] == 404
    assert spend.held(acme) == (False, "50", "40")


def test_reading_is_not_writing(app: Flask, acme: Customer) -> None:
    assert problem_of(api_for(app, "billing:read").open("PUT", path(acme), json=SET))[0] == 403
