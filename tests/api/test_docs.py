"""The API's description is made from the operations: complete, valid, readable, and open to everybody."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from werkzeug.routing import Rule

from app.api.contract.openapi import operations_of
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.access.api_keys import SCOPES, SELLERS_ONLY
from tests.support import cast, shop, usage_cast
from tests.support.api import Api, api_for, problem_of
from tests.support.browser import Browser
from tests.support.routes import path_of, rules_of
from tests.support.server import Server


def closed_operations(app: Flask, only: Rule | None = None) -> list[tuple[str, str]]:
    """Return method and path of every operation, with ids that no row has."""
    return [
        (method, path_of(app, rule))
        for rule in ([only] if only else rules_of(app))
        if "operation" in vars(app.view_functions[rule.endpoint])
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]


def test_every_route_of_the_api_is_an_operation_or_its_description(app: Flask) -> None:
    bare = {
        rule.rule
        for rule in rules_of(app)
        if rule.rule.startswith("/v1") and "operation" not in vars(app.view_functions[rule.endpoint])
    }
    assert bare == {"/v1/openapi.json", "/v1/docs"}


def test_every_operation_is_in_the_document(app: Flask) -> None:
    document = app.test_client().get("/v1/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    declared = {(each.method, "/v1" + each.path.replace("<", "{").replace(">", "}")) for each in operations_of(app)}
    assert described == declared
    assert len(declared) >= 10
    ids = [each["operationId"] for item in document["paths"].values() for each in item.values()]
    assert len(set(ids)) == len(ids)
    assert all(each["summary"] for item in document["paths"].values() for each in item.values())


def test_every_reference_of_the_document_leads_somewhere(app: Flask) -> None:
    answer = app.test_client().get("/v1/openapi.json")
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', answer.text))
    assert named
    assert named <= set(answer.get_json()["components"]["schemas"])


def test_every_scope_is_one_that_a_key_can_have(app: Flask) -> None:
    assert {each.scope for each in operations_of(app)} <= set(SCOPES)


def test_the_table_of_scopes_is_the_one_that_keys_have() -> None:
    text = (Path(__file__).parents[2] / "docs/api.md").read_text()
    rows = re.findall(r"^\| `([a-z:]+)`( \*)? \|", text.split("| scope |")[1].split("\n\n")[0], re.MULTILINE)
    assert sorted(scope for scope, _star in rows) == sorted(SCOPES)
    assert {scope for scope, star in rows if star} == SELLERS_ONLY


def test_what_changes_a_plan_or_pays_is_what_the_table_says_of_billing_write(app: Flask) -> None:
    asks = {(each.method, each.path): each.scope for each in operations_of(app)}
    subscription = [scope for (method, path), scope in asks.items() if "/subscription" in path and method == "PUT"]
    assert subscription == ["billing:write"]
    text = (Path(__file__).parents[2] / "docs/api.md").read_text()
    (says,) = re.findall(r"^\| `billing:write` \| (.*) \|$", text, re.MULTILINE)
    assert "plan" in says
    assert "buy" in says


def test_no_operation_answers_without_a_key(app: Flask) -> None:
    for method, path in closed_operations(app):
        answer = app.test_client().open(path, method=method, json={})
        assert problem_of(answer) == (401, "unauthorized"), (method, path)


def test_no_operation_takes_a_cookie_for_a_key(app: Flask, alice: Browser) -> None:
    for method, path in closed_operations(app):
        assert problem_of(alice.client.open(path, method=method, json={})) == (401, "unauthorized"), (method, path)


def test_a_key_without_the_scope_is_refused_by_every_operation(app: Flask) -> None:
    makes_links, others = (api_for(app, scope) for scope in ("embed:create", "embed:manage"))
    by_itself = {f"v1_{each.resource}.{each.name}" for each in operations_of(app) if not each.proves_caller}
    for rule in rules_of(app):
        for method, path in closed_operations(app, rule):
            fits_nothing = others if rule.endpoint.startswith("v1_portal_sessions") else makes_links
            answer = fits_nothing.open(method, path.removeprefix("/v1"), json={})
            # Who asks in a round trip of its own may find first that there is no such thing.
            refusals = {403, 404, 422} if rule.endpoint in by_itself else {403}
            assert problem_of(answer)[0] in refusals, (method, path)


def test_the_page_shows_every_operation_and_its_links_lead_somewhere(app: Flask) -> None:
    answer = app.test_client().get("/v1/docs")
    assert answer.status_code == 200
    page = BeautifulSoup(answer.text, "html.parser")
    ids = [str(each["id"]) for each in page.select("[id]")]
    assert len(set(ids)) == len(ids)
    for each in operations_of(app):
        assert f"{each.method}-/v1" + each.path.replace("<", "{").replace(">", "}") in ids
    inside = [str(each["href"])[1:] for each in page.select("a[href^='#']")]
    assert set(inside) <= set(ids)
    assert not page.select("[style], script:not([src]), style")
    outside = [str(each.get("src") or each.get("href")) for each in page.select("script, link")]
    assert all(each.startswith("/static/") for each in outside)


def test_a_problems_type_leads_to_the_page(api: Api) -> None:
    path = f"/customers/{usage_cast.metered().customer_id}/credit_grants"
    problems = [
        api.get("/nothing"),
        api.post(path, {}),
        api.post(path, {"credits": "5", "reason": "Late", "expires_at": "2020-01-01T00:00:00Z"}),
    ]
    page = BeautifulSoup(api.app.test_client().get("/v1/docs").text, "html.parser")
    for each in problems:
        assert each.status_code in {404, 422}
        address, _, anchor = each.get_json()["type"].partition("#")
        assert address.endswith("/v1/docs")
        assert page.find(id=anchor) is not None, anchor


def test_only_credits_are_decimal_text_and_bounds_say_of_what(app: Flask) -> None:
    page = BeautifulSoup(app.test_client().get("/v1/docs").text, "html.parser")
    rows = [" ".join(row.get_text(" ").split()) for row in page.select("tbody tr")]
    keys = {row for row in rows if row.startswith("Idempotency-Key")}
    assert keys
    assert all("header text at least 1 character at most 255 characters" in row for row in keys)
    assert any(row.startswith("credits required decimal text") for row in rows)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("catalog_name", "section", "answer"),
    [("gateway", "Buy credit", "payment"), ("analytics", "Change a plan", "order")],
)
def test_the_documented_requests_are_answered_by_the_catalog_that_the_guide_names(
    app: Flask, catalog: str, live_server: Server, catalog_name: str, section: str, answer: str
) -> None:
    cast.apply_catalog(catalog_name)
    text = (Path(__file__).parents[2] / "docs/api.md").read_text()
    assert f"`{catalog_name}.toml`" in text.partition("## Keys")[0]
    names: dict[str, Any] = {"redirect": None}
    address, key = live_server.url, api_for(app).key
    for title in ("Create a customer", section):
        (code,) = re.findall(rf"^## {title}\n```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        code = code.replace("https://billing.example.com", address).replace("sk_…", key)
        if catalog_name == "analytics":
            code = code.replace('"external_id": "org-17"', '"external_id": "org-17", "catalog": "analytics"')
        if title == "Buy credit":
            with pytest.raises(SystemExit, match="method_missing"):  # nothing is saved yet to pay with
                exec(code, names)  # noqa: S102  # our own documentation
        if title == section:
            part = replace(cast.ALICE, email="owner@org-17.example")
            with as_service("a test"):
                customer = db.session.get_one(Customer, names["customer"])
            shop.add_method(cast.make_actor(part, customer))
        exec(code, names)  # noqa: S102  # our own documentation
    said = names[answer]
    assert (said if isinstance(said, dict) else said.json())["state"] in {"succeeded", "applied"}, said
