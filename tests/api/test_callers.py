"""Keys: who may call, with which scopes, for which customer."""

from dataclasses import replace
from datetime import timedelta

import pytest
import structlog
from flask import Flask
from sqlalchemy import select, update

from app import clock, create_app
from app.config import Settings
from app.domain.errors import NotFound, Refused
from app.models.api_keys import ApiKey
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.access import api_keys
from app.services.transaction import transaction
from tests.support.api import Api, api_for, problem_of

GOOD_FORM = f"sk_{'0' * 26}_{'a' * 43}"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic c2s6eA==",
        "Bearer nonsense",
        f"Bearer {GOOD_FORM}",
        f"Bearer {GOOD_FORM[:-1]}",
        f"Bearer {GOOD_FORM}é",
        f"Token {GOOD_FORM}",
    ],
)
def test_without_a_good_key_nothing_is_said(app: Flask, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = app.test_client().get("/v1/customers", headers=headers)
    assert problem_of(answer) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_the_right_id_with_another_secret_is_a_stranger(app: Flask, api: Api) -> None:
    other = api_for(app)
    mixed = api.key[:30] + other.key[30:]
    assert problem_of(Api(app, mixed).get("/customers")) == (401, "unauthorized")


def test_only_a_hash_of_the_secret_is_kept(app: Flask, api: Api) -> None:
    with as_service("look at the keys"):
        (kept,) = db.session.scalars(select(ApiKey))
    secret = api.key.split("_", 2)[2]
    assert len(kept.secret_hash) == 64
    assert not any(secret in str(value) for value in vars(kept).values())


def test_a_revoked_key_is_dead_at_once(app: Flask, api: Api) -> None:
    assert api.get("/customers").status_code == 200
    number = f"key_{api.key.split('_')[1]}"
    first = api_keys.revoke(number).revoked_at
    assert problem_of(api.get("/customers")) == (401, "unauthorized")
    assert api_keys.revoke(number).revoked_at == first


def test_a_key_is_good_until_it_expires(app: Flask) -> None:
    ends = clock.now() + timedelta(hours=1)
    _key, text = api_keys.create("short", ["all"], expires_at=ends)
    shown = api_keys.presented(text)
    assert shown is not None
    with clock.at(ends - timedelta(microseconds=1)):
        assert api_keys.find(shown) is not None
    with clock.at(ends):
        assert api_keys.find(shown) is None


def test_its_use_is_noted_once_an_hour(app: Flask) -> None:
    key, text = api_keys.create("noted", ["all"])
    shown = api_keys.presented(text)
    assert shown is not None
    noted = []
    for minutes in (0, 59, 61):
        with clock.at(key.created_at + timedelta(minutes=minutes)):
            api_keys.find(shown)
        noted.append(next(each.last_used_at for each in api_keys.listed() if each.id == key.id))
    assert noted == [key.created_at, key.created_at, key.created_at + timedelta(minutes=61)]


def test_a_key_does_what_its_scopes_say(app: Flask, acme: Customer) -> None:
    reads = api_for(app, "billing:read")
    assert reads.get(f"/customers/{acme.customer_id}").status_code == 200
    refused = reads.open("PATCH", f"/customers/{acme.customer_id}", json={"name": "Other"})
    assert problem_of(refused) == (403, "forbidden")
    assert "customers:write" in refused.get_json()["detail"]
    assert problem_of(api_for(app, "usage:write").get("/customers")) == (403, "forbidden")


def test_a_key_of_one_customer_sees_no_other(app: Flask, acme: Customer, globex: Customer) -> None:
    mine = api_for(app, customer=acme)
    assert mine.get(f"/customers/{acme.customer_id}/balance").status_code == 200
    for path in ("", "/balance", "/balance_transactions"):
        assert problem_of(mine.get(f"/customers/{globex.customer_id}{path}")) == (404, "not_found")
    assert [each["id"] for each in mine.get("/customers").get_json()["data"]] == [acme.customer_id]
    assert mine.get("/customers", external_id="globex").get_json()["data"] == []
    limits = {"enabled": True, "daily_limit": "5", "notify_threshold": None, "webhook_url": None, "version": 0}
    path = f"/customers/{globex.customer_id}/spend_management"
    assert problem_of(mine.open("PUT", path, json=limits)) == (404, "not_found")


def test_what_is_the_sellers_no_key_of_a_customer_does(app: Flask, acme: Customer) -> None:
    mine, path = api_for(app, customer=acme), f"/customers/{acme.customer_id}"
    refused = [
        mine.post(f"{path}/credit_grants", {"credits": "5", "reason": "Mine"}),
        mine.open("PATCH", path, json={"plan": "business"}),
        mine.open("PATCH", path, json={"external_id": "globex-2"}),
        mine.post("/customers", {"name": "New", "email": "new@new.example"}),
        mine.get("/webhook_endpoints"),
        mine.post("/webhook_endpoints", {"url": "https://example.com/hook"}),
    ]
    for answer in refused:
        assert problem_of(answer) == (403, "forbidden")
        assert "for one customer only" in answer.get_json()["detail"]
    assert mine.get(path).get_json()["plan"] is None
    assert mine.get(f"{path}/balance").get_json()["total_credits"] == "0.00"


@pytest.mark.parametrize("scope", sorted(api_keys.SELLERS_ONLY))
def test_a_scope_of_the_sellers_is_refused_to_a_key_of_a_customer(app: Flask, acme: Customer, scope: str) -> None:
    words = ["portal", "create-api-key", "--scope", "billing:read", "--scope", scope, "--customer", acme.customer_id]
    result = app.test_cli_runner().invoke(args=words)
    assert result.exit_code != 0
    assert f"A key for one customer cannot have {scope}" in result.stderr
    assert api_keys.listed() == []


def test_a_scope_that_such_a_key_had_from_before_gives_it_nothing(app: Flask, acme: Customer) -> None:
    mine = api_for(app, customer=acme)
    with as_service("as an older release left it"), transaction() as session:
        session.execute(update(ApiKey).values(scopes="all credits:grant customers:write"))
    assert problem_of(mine.get(f"/customers/{acme.customer_id}")) == (403, "forbidden")
    body = {"credits": "5", "reason": "Mine"}
    assert problem_of(mine.post(f"/customers/{acme.customer_id}/credit_grants", body)) == (403, "forbidden")


@pytest.mark.parametrize(
    "number", ["cus_nothing", "cus_00000000000000000000000000", "key_0", "..", "a%00b", "%ff", "é"]
)
def test_what_is_not_there_is_404(api: Api, catalog: str, number: str) -> None:
    assert problem_of(api.get(f"/customers/{number}/balance")) == (404, "not_found")


def test_too_many_calls_are_answered_when_to_come_back(settings: Settings, app: Flask, catalog: str) -> None:
    slow = create_app(replace(settings, api_calls_per_minute=3))
    slow.test_client_class = app.test_client_class
    many, few = api_for(slow), api_for(slow)
    # A minute may turn meanwhile, which begins a new count: at the latest the next three use that up as well.
    answers = [many.get("/plans") for _ in range(8)]
    statuses = [each.status_code for each in answers]
    assert statuses[:3] == [200, 200, 200]
    assert 429 in statuses
    refused = answers[statuses.index(429)]
    assert problem_of(refused) == (429, "rate_limited")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert few.get("/plans").status_code == 200  # each key has its own
    with slow.app_context():
        db.engine.dispose()


def test_a_key_is_made_from_the_command_line_and_shown_alone(app: Flask, acme: Customer) -> None:
    runner = app.test_cli_runner()
    made = runner.invoke(args=["portal", "create-api-key", "--scope", "all", "--name", "Host"])
    assert made.exit_code == 0
    text = made.stdout.strip()
    assert Api(app, text).get("/customers").status_code == 200
    number = f"key_{text.split('_')[1]}"
    assert number in runner.invoke(args=["portal", "api-keys"]).stdout
    assert runner.invoke(args=["portal", "revoke-api-key", number]).exit_code == 0
    assert Api(app, text).get("/customers").status_code == 401
    assert f"{number}  revoked" in runner.invoke(args=["portal", "api-keys"]).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--scope", "everything"],
        ["--scope", "all", "--customer", "cus_nobody"],
        ["--scope", "all", "--expires-at", "yesterday"],
        ["--scope", "all", "--expires-at", "2020-01-01T00:00:00Z"],
        ["--scope", "all", "--name", "x" * 101],
    ],
)
def test_a_wrong_command_makes_no_key(app: Flask, arguments: list[str]) -> None:
    result = app.test_cli_runner().invoke(args=["portal", "create-api-key", *arguments])
    assert result.exit_code != 0
    assert api_keys.listed() == []


def test_what_is_no_key_cannot_be_revoked(app: Flask) -> None:
    with pytest.raises(NotFound):
        api_keys.revoke("key_nothing")
    with pytest.raises(Refused):
        api_keys.create("nothing", [])


def test_a_key_that_is_made_or_revoked_leaves_a_line_in_the_log_and_no_secret(app: Flask, acme: Customer) -> None:
    with app.app_context(), structlog.testing.capture_logs() as logs:
        key, text = api_keys.create("host", ["billing:read"], customer_id=acme.customer_id)
        for _ in range(2):
            api_keys.revoke(key.id)
    made, revoked = (line for line in logs if line["event"].startswith("api_key_"))
    assert (made["event"], made["id"], made["scopes"], made["customer"]) == (
        "api_key_created", key.id, "billing:read", acme.customer_id,
    )  # fmt: skip
    assert (revoked["event"], revoked["id"]) == ("api_key_revoked", key.id)
    assert not any(secret in str(logs) for secret in (text, text.split("_", 2)[2], key.secret_hash))
