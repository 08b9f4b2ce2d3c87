"""The Billing API from outside: nothing without a key, nothing beyond its scopes, nothing of another customer."""

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app.api.contract.operations import Operation
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import Credits
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Transfer
from app.models.scope import as_service
from app.models.webhooks import WebhookDelivery, WebhookEndpoint
from app.services import jobs
from app.services.access import api_keys
from app.services.access.api_keys import SCOPES
from app.services.authorizations import holds
from app.services.ledger import grants
from app.services.transaction import transaction
from app.services.webhooks import endpoints
from tests.security.test_mallory import RANDOM, _everything_of, _path
from tests.support.api import Api, api_for, problem_of
from tests.support.meters import accept_one
from tests.support.routes import rules_of

SINGLE = [scope for scope in SCOPES if scope != "all"]
BAD_KEYS = [
    "",
    "Bearer",
    "Bearer sk_",
    "Bearer nothing",
    "Basic c2s6c2s=",
    "Bearer sk_00000000000000000000000000_" + "A" * 43,
    "Bearer sk_%00",
]


def asked(declared: Operation, rule: Rule, customer: str, hold: str) -> tuple[str, dict[str, object]]:
    """Return a path and a body that can be judged, so that nothing but the key is in the way."""
    values = {name: hold if name == "authorization_id" else customer for name in rule.arguments}
    wants_more = declared.method == "POST" and rule.rule == "/v1/authorizations"
    body = {"customer": customer, "meter": "requests", "quantity": 1} if wants_more else {}
    return _path(rule.rule, values).removeprefix("/v1"), body


def operations(app: Flask) -> Iterator[tuple[Rule, Operation]]:
    """Return every operation of the API with its route."""
    for rule in rules_of(app):
        declared = getattr(app.view_functions[rule.endpoint], "operation", None)
        if declared is not None:
            yield rule, declared


@pytest.fixture
def acmes_ids(app: Flask, acme: Customer, alice_actor: Actor) -> list[str]:
    """Acme has credit, uses things, holds some and hears of it: an id of each thing it has."""
    grants.give(acme.customer_id, kind="promotional", credits=_ten(), granted_by="support", reason="Rocket credit")
    accept_one(acme.customer_id, id="launch-of-the-rocket", meter="requests", quantity=4_321)
    hold = holds.authorize(AuthorizationRequest(acme.customer_id, "requests", 1_000))
    with as_service("let Acme's events go to a closed port"), transaction() as session:
        endpoints.put(session, acme.customer_id, "https://127.0.0.1:9/rocket", by=alice_actor.member_id)
    grants.give(acme.customer_id, kind="promotional", credits=_ten(), granted_by="support", reason="Rocket credit 2")
    jobs.run_due()
    with as_service("read Acme's ids"):
        rows = [
            db.session.query(kind.id).filter(kind.customer_id == acme.customer_id).first()
            for kind in (Transfer, WebhookEndpoint, WebhookDelivery)
        ]
    assert all(rows)
    return [acme.customer_id, "acme", hold.id, "launch-of-the-rocket", *(str(row[0]) for row in rows if row)]


def test_there_is_no_operation_that_asks_for_nothing(app: Flask) -> None:
    found = [(declared.method, rule.rule) for rule, declared in operations(app)]
    assert len(found) >= 20
    assert [each for each in operations(app) if each[1].scope not in SCOPES] == []
    unguarded = {rule.rule for rule in rules_of(app) if rule.rule.startswith("/v1")} - {path for _method, path in found}
    assert unguarded == {"/v1/docs", "/v1/openapi.json"}


@pytest.mark.parametrize("key", BAD_KEYS)
def test_nothing_is_answered_without_a_good_key(app: Flask, acmes_ids: list[str], key: str) -> None:
    client = app.test_client()
    for rule, declared in operations(app):
        path, body = asked(declared, rule, acmes_ids[0], acmes_ids[2])
        headers = {"Authorization": key} if key else {}
        answer = client.open(f"/v1{path}", method=declared.method, headers=headers, json=body)
        assert problem_of(answer)[0] == 401, (declared.method, path)


def test_a_key_that_was_revoked_or_is_of_another_secret_opens_nothing(
    app: Flask, acme: Customer, acmes_ids: list[str]
) -> None:
    key, text = api_keys.create("gone", ["all"])
    good = Api(app, text)
    assert good.get(f"/customers/{acme.customer_id}").status_code == 200
    assert Api(app, text[:-1] + ("A" if text[-1] != "A" else "B")).get("/customers").status_code == 401
    api_keys.revoke(key.id)
    for rule, declared in operations(app):
        path, body = asked(declared, rule, acme.customer_id, acmes_ids[2])
        assert good.open(declared.method, path, json=body).status_code == 401, path


@pytest.mark.parametrize("scope", SINGLE)
def test_a_key_does_what_its_scope_says_and_nothing_else(app: Flask, acmes_ids: list[str], scope: str) -> None:
    program, kept = api_for(app, scope), 0
    for rule, declared in operations(app):
        path, body = asked(declared, rule, acmes_ids[0], acmes_ids[2])
        answer = program.open(declared.method, path, json=body)
        if declared.scope == scope:
            assert answer.status_code not in {401, 403}, (declared.method, path, answer.text)
            kept += 1
        else:
            assert problem_of(answer)[0] == 403, (declared.method, path, answer.text)
    assert kept


def test_mallorys_key_finds_nothing_of_acme(app: Flask, acme: Customer, globex: Customer, acmes_ids: list[str]) -> None:
    mallory, before, walked = api_for(app, customer=globex), _everything_of(acme), 0
    for rule, declared in operations(app):
        for value in acmes_ids:
            if rule.arguments:
                path = _path(rule.rule, dict.fromkeys(rule.arguments, value)).removeprefix("/v1")
                answer = mallory.open(declared.method, path, json={})
                assert answer.status_code in {403, 404, 422}, (declared.method, path, answer.text)
                _discloses_nothing(answer.text, path)
                walked += 1
    assert walked > len(acmes_ids)
    assert _everything_of(acme) == before


def test_mallorys_key_brings_nothing_to_acme(
    app: Flask, acme: Customer, globex: Customer, acmes_ids: list[str]
) -> None:
    mallory, before = api_for(app, customer=globex), _everything_of(acme)
    for value in (acme.customer_id, "acme"):
        event = {"id": "mallorys", "customer": value, "meter": "requests", "quantity": 1}
        alone = mallory.post("/usage_events", event)
        assert problem_of(alone) == (422, "unknown_customer")
        batch = mallory.post("/usage_events", {"events": [event]}).get_json()
        assert (batch["accepted"], batch["rejected"][0]["reason"]) == (0, "unknown_customer")
        for request in ({"meter": "requests", "quantity": 1}, {"credits": "1"}):
            assert mallory.post("/authorizations", {"customer": value, **request}).status_code == 404
    assert _everything_of(acme) == before


def test_mallorys_lists_hold_globex_alone(app: Flask, acme: Customer, globex: Customer, acmes_ids: list[str]) -> None:
    mallory = api_for(app, customer=globex)
    for rule, declared in operations(app):
        if declared.method == "GET" and not rule.arguments:
            for query in ({}, {"customer": acmes_ids[0]}, {"customer": "acme"}):
                answer = mallory.get(rule.rule.removeprefix("/v1"), **query)
                assert answer.status_code in {200, 403, 404, 422}, (rule.rule, answer.text)
                _discloses_nothing(answer.text, rule.rule)


def _discloses_nothing(text: str, where: str) -> None:
    words = RANDOM.sub("", text.lower())
    for canary in ("acme", "rocket", "4321"):
        assert canary not in words, f"{where} says {canary!r}: {text}"


def _ten() -> Credits:
    return Credits(10_000_000)
