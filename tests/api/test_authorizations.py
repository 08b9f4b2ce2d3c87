"""Authorizations over the API: what a host's backend sends and gets back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.money import MICROS, Credits
from app.models.customers import Customer
from app.services.authorizations import on_postgresql
from app.services.ledger import grants
from tests.support.api import Api, api_for, problem_of

MISSING = "hold_00000000000000000000000000"


@pytest.fixture
def paid(acme: Customer) -> Customer:
    """Acme with 10.00 of credit, and 50.00 that it may use below zero."""
    grants.give(acme.customer_id, kind="promotional", credits=Credits(10 * MICROS), granted_by="test", reason="Test")
    return acme


@pytest.mark.both_databases
def test_it_holds_and_captures_what_was_used(api: Api, paid: Customer) -> None:
    held = api.post("/authorizations", {"customer": "acme", "meter": "requests", "quantity": 5_000})
    assert held.status_code == 200
    answer = held.get_json()
    assert answer | {"expires_at": "", "authorization": ""} == {
        "allowed": True, "authorization": "", "credits": "2.00", "available_to_use": "58.00", "reason": None,
        "retry_after": None, "state": "held", "expires_at": "",
    }  # fmt: skip
    path = f"/authorizations/{answer['authorization']}"
    captured = api.post(f"{path}/capture", {"quantity": 2_000}).get_json()
    assert (captured["state"], captured["credits_used"], captured["available_to_use"]) == ("captured", "0.80", "59.20")
    assert api.get(f"/customers/{paid.customer_id}/balance").get_json()["available_to_use"] == "59.20"
    seen = api.get(path).get_json()
    assert (seen["captured_quantity"], seen["decision"]) == (2_000, None)


def test_a_no_is_an_answer_with_its_reason(api: Api, paid: Customer) -> None:
    answer = api.post("/authorizations", {"customer": paid.customer_id, "credits": "60.000001"})
    assert answer.status_code == 200
    said = answer.get_json()
    assert (said["allowed"], said["reason"], said["available_to_use"]) == (False, "insufficient_credits", "60.00")
    kept = api.get(f"/authorizations/{said['authorization']}").get_json()
    assert kept["reason"] == "insufficient_credits"
    assert kept["decision"] == {
        "balance": "10.00", "overage_protection": "50.00", "held": "0.00", "available_to_use": "60.00",
        "daily_limit": None, "daily_used": None, "plan": paid.plan or None, "plan_limit": None, "used": None, "quantity_held": None,
        "catalog": paid.catalog, "catalog_version": paid.catalog_version,
    }  # fmt: skip


def test_the_answer_says_the_amount_that_was_asked_for(api: Api, paid: Customer) -> None:
    for amount in ("100000000001.00", "999999999999.00", "999999999999.999999"):
        said = api.post("/authorizations", {"customer": "acme", "credits": amount}).get_json()
        assert (said["allowed"], said["reason"], said["credits"]) == (False, "insufficient_credits", amount)


@pytest.mark.case("AC-1")
def test_sent_again_with_its_key_it_holds_once(api: Api, paid: Customer) -> None:
    body = {"customer": "acme", "credits": "4.00"}
    first = api.post("/authorizations", body, once="one")
    again = api.post("/authorizations", body, once="one")
    assert (again.status_code, again.get_json()) == (first.status_code, first.get_json())
    other = api.post("/authorizations", {**body, "credits": "5.00"}, once="one")
    assert problem_of(other) == (409, "idempotency_key_reused")
    assert api.get(f"/customers/{paid.customer_id}/balance").get_json()["held"] == "4.00"


def test_a_refusal_sent_again_counts_its_wait_from_now(api: Api, paid: Customer) -> None:
    limits = {"enabled": True, "daily_limit": "5.00", "notify_threshold": None, "webhook_url": None, "version": 1}
    path = f"/customers/{paid.customer_id}/spend_management"
    version = api.get(path).get_json()["version"]
    assert api.open("PUT", path, json={**limits, "version": version}).status_code == 200
    assert api.post("/authorizations", {"customer": "acme", "credits": "4.00"}).get_json()["allowed"]
    start = clock.now().replace(hour=20, minute=0, second=0, microsecond=0) + timedelta(days=1)
    waits = []
    for hours in (0, 1, 5):
        with clock.at(start + timedelta(hours=hours)):
            if not hours:
                assert api.post("/authorizations", {"customer": "acme", "credits": "4.00"}).get_json()["allowed"]
            waits.append(api.post("/authorizations", {"customer": "acme", "credits": "2.00"}, once="two").get_json())
    assert [each["reason"] for each in waits] == ["daily_limit"] * 3
    assert [each["retry_after"] for each in waits] == [4 * 3600, 3 * 3600, 0]


def test_sent_again_it_says_what_became_of_the_hold(api: Api, paid: Customer) -> None:
    body = {"customer": "acme", "credits": "4.00", "ttl_seconds": 60}
    assert api.post("/authorizations", body, once="one").get_json()["state"] == "held"
    with clock.at(clock.now() + timedelta(seconds=61)):
        again = api.post("/authorizations", body, once="one").get_json()
        assert (again["allowed"], again["state"]) == (True, "expired")
        assert api.get(f"/authorizations/{again['authorization']}").get_json()["state"] == "expired"


def test_what_a_hold_that_is_over_held_is_free_at_once(api: Api, paid: Customer) -> None:
    api.post("/authorizations", {"customer": "acme", "credits": "4.00", "ttl_seconds": 60})
    path = f"/customers/{paid.customer_id}/balance"
    assert api.get(path).get_json()["held"] == "4.00"
    with clock.at(clock.now() + timedelta(seconds=61)):
        balance = api.get(path).get_json()
    assert (balance["held"], balance["available_to_use"]) == ("0.00", "60.00")


def test_the_key_of_one_service_is_not_another_services(app: Flask, paid: Customer) -> None:
    body = {"customer": "acme", "credits": "4.00"}
    both = [api_for(app, "usage:write").post("/authorizations", body, once="job-77").get_json() for _ in range(2)]
    assert [each["allowed"] for each in both] == [True, True]
    assert both[0]["authorization"] != both[1]["authorization"]
    assert both[1]["available_to_use"] == "52.00"


@pytest.mark.case("AC-1")
def test_a_part_sent_again_with_its_key_is_captured_once(api: Api, paid: Customer) -> None:
    held = api.post("/authorizations", {"customer": "acme", "credits": "4.00"}).get_json()["authorization"]
    part = {"credits": "1.00", "keep": True}
    first = api.post(f"/authorizations/{held}/capture", part, once="part")
    again = api.post(f"/authorizations/{held}/capture", part, once="part")
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    assert api.get(f"/authorizations/{held}").get_json()["captured"] == "1.00"


def test_more_than_was_held_is_a_problem_where_nothing_is_left(api: Api, paid: Customer) -> None:
    held = api.post("/authorizations", {"customer": "acme", "credits": "60.00"}).get_json()["authorization"]
    path = f"/authorizations/{held}"
    assert problem_of(api.post(f"{path}/capture", {"credits": "60.01"})) == (402, "insufficient_credits")
    assert problem_of(api.post(f"{path}/capture", {"credits": "60.01"}, once="all")) == (402, "insufficient_credits")
    grants.give(paid.customer_id, kind="promotional", credits=Credits(MICROS), granted_by="test", reason="Test")
    assert api.post(f"{path}/capture", {"credits": "60.01"}, once="all").status_code == 200, "it had taken nothing"


@pytest.mark.parametrize(
    ("body", "status"), [("x", 400), ('{"reason": "over"}', 422), ("[]", 422), ('"x"', 422), ("", 200), ("{}", 200)]
)
def test_a_release_takes_no_fields(api: Api, paid: Customer, body: str, status: int) -> None:
    held = api.post("/authorizations", {"customer": "acme", "credits": "4.00"}).get_json()["authorization"]
    path = f"/authorizations/{held}"
    answer = api.open("POST", f"{path}/release", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert api.get(path).get_json()["state"] == ("released" if status == 200 else "held")


def test_what_was_released_is_captured_no_more(api: Api, paid: Customer) -> None:
    held = api.post("/authorizations", {"customer": "acme", "credits": "60.00"}).get_json()["authorization"]
    path = f"/authorizations/{held}"
    assert api.post(f"{path}/release").get_json()["state"] == "released"
    assert problem_of(api.post(f"{path}/capture")) == (409, "authorization_released")


@pytest.mark.parametrize(
    "body",
    [
        {"customer": "acme"},
        {"customer": "acme", "meter": "requests"},
        {"customer": "acme", "quantity": 1},
        {"customer": "acme", "meter": "requests", "quantity": 1, "credits": "1"},
        {"customer": "acme", "credits": "0"},
        {"customer": "acme", "credits": 1},
        {"customer": "acme", "credits": "1", "ttl_seconds": 0},
        {"customer": "acme", "meter": "nothing", "quantity": 1},
        {"customer": "acme", "credits": "1", "more": 1},
    ],
)
def test_what_it_does_not_understand_is_422(api: Api, paid: Customer, body: dict[str, object]) -> None:
    assert problem_of(api.post("/authorizations", body))[0] == 422


@pytest.mark.case("AC-59")
def test_a_key_asks_only_about_its_own_customer(app: Flask, paid: Customer, globex: Customer) -> None:
    mallory, alice = api_for(app, "usage:write", customer=globex), api_for(app, "usage:write", customer=paid)
    for body in ({"customer": "acme", "credits": "1"}, {"customer": "acme", "meter": "nothing", "quantity": 1}):
        assert problem_of(mallory.post("/authorizations", body)) == (404, "not_found")
    held = alice.post("/authorizations", {"customer": "acme", "credits": "1"}).get_json()["authorization"]
    for path in (f"/authorizations/{held}", f"/authorizations/{MISSING}"):
        assert problem_of(mallory.post(f"{path}/capture")) == (404, "not_found")
        assert problem_of(mallory.post(f"{path}/release")) == (404, "not_found")
        assert problem_of(mallory.get(path)) == (404, "not_found")
    assert alice.get(f"/authorizations/{held}").get_json()["state"] == "held"


def test_a_key_must_be_good_and_may_only_do_what_its_scopes_say(app: Flask, api: Api, paid: Customer) -> None:
    held = api.post("/authorizations", {"customer": "acme", "credits": "1"}).get_json()["authorization"]
    wrong, reader = Api(app, api.key[:-1] + ("A" if api.key[-1] != "A" else "B")), api_for(app, "billing:read")
    for caller, expected in ((wrong, (401, "unauthorized")), (reader, (403, "forbidden"))):
        for body in ({"customer": "acme", "credits": "1"}, {"customer": "nobody", "credits": "1"}):
            assert problem_of(caller.post("/authorizations", body)) == expected
        for path in (f"/authorizations/{held}", f"/authorizations/{MISSING}"):
            assert problem_of(caller.post(f"{path}/capture")) == expected
            assert problem_of(caller.post(f"{path}/release")) == expected
        for body in ({"customer": 1}, {"customer": "acme", "credits": "0"}):  # whatever else is wrong with it
            assert problem_of(caller.post("/authorizations", body)) == expected
        for path, body in (
            (held, {"quantity": 2}),
            (held, {"quantity": "x"}),
            ("hold_x", {}),
            (held, {"credits": "1e"}),
        ):
            assert problem_of(caller.post(f"/authorizations/{path}/capture", body)) == expected
        assert problem_of(caller.post("/authorizations/hold_x/release")) == expected
    assert api.get(f"/authorizations/{held}").get_json()["state"] == "held"


@pytest.mark.fault("D1")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_without_its_database_the_answer_is_no(
    app: Flask, api: Api, paid: Customer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"customer": "acme", "credits": "1"}
    assert api.post("/authorizations", body).get_json()["allowed"] is True
    on_postgresql.close()
    nowhere = settings.database_url.replace("@127.0.0.1:", "@127.0.0.1:1")[: len(settings.database_url)]
    away = app.extensions["purser.authorizations"] = on_postgresql.AppState(replace(settings, database_url=nowhere))
    answer = api.post("/authorizations", body)
    away.path.close()
    assert problem_of(answer) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) >= 1
