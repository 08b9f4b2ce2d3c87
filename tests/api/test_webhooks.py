"""Webhook endpoints and deliveries over the API: kept once, refused with words, and nobody else's business."""

from pathlib import Path

import pytest
import structlog
from flask import Flask

from app import logs as logs_module
from app.config import Settings
from app.models.customers import Customer
from app.services.access import api_keys
from app.services.webhooks import endpoints
from tests.support.api import Api, api_for, problem_of
from tests.support.receiver import receiving
from tests.support.webhook_cast import send, settings, write_events

__all__ = ["settings"]
HOOK = {"url": "http://127.0.0.1:9/hook", "event_types": ["balance.low"]}


def made(api: Api, **changes: object) -> dict[str, object]:
    answer = api.post("/webhook_endpoints", HOOK | changes)
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.get_json()
    return found


@pytest.mark.both_databases
def test_an_endpoint_is_made_shown_listed_and_deleted(api: Api) -> None:
    endpoint = made(api)
    secret = endpoint.pop("secret")
    assert str(secret).startswith("whsec_")
    assert (endpoint["state"], endpoint["event_types"], endpoint["old_secret_until"]) == (
        "active",
        ["balance.low"],
        None,
    )
    assert api.get(f"/webhook_endpoints/{endpoint['id']}").get_json() == endpoint
    assert api.get("/webhook_endpoints").get_json() == {"data": [endpoint], "next_cursor": None}
    assert api.get(f"/webhook_endpoints/{endpoint['id']}/secret").get_json() == {"secret": secret}
    assert api.open("DELETE", f"/webhook_endpoints/{endpoint['id']}").status_code == 204
    assert problem_of(api.get(f"/webhook_endpoints/{endpoint['id']}")) == (404, "not_found")


def test_each_change_of_an_endpoint_leaves_a_line_in_the_log_and_no_secret(api: Api) -> None:
    with structlog.testing.capture_logs() as logs:
        first, _again = (api.post("/webhook_endpoints", HOOK, once="a").get_json() for _ in range(2))
        path = f"/webhook_endpoints/{first['id']}"
        api.post(f"{path}/rotate_secret", {})
        api.post(f"{path}/enable", {})
        second = api.get(f"{path}/secret").get_json()["secret"]
        api.open("DELETE", path)
        api.open("DELETE", path)
    logged = [line for line in logs if line["event"].startswith("seller_endpoint_")]
    assert [line["event"].removeprefix("seller_endpoint_") for line in logged] == [
        "created", "secret_rotated", "enabled", "deleted",
    ]  # fmt: skip
    assert {(line["id"], line["by"]) for line in logged} == {(first["id"], f"key_{api.key.split('_')[1]}")}
    assert set().union(*logged) <= logs_module.FIELDS | {"log_level"}
    assert not any(secret in str(logs) for secret in (first["secret"], second, api.key))


@pytest.mark.case("AC-1")
def test_the_same_key_makes_one_endpoint_with_one_secret(api: Api) -> None:
    first = api.post("/webhook_endpoints", HOOK, once="a")
    again = api.post("/webhook_endpoints", HOOK, once="a")
    assert (first.status_code, first.get_json()) == (again.status_code, again.get_json())
    other = api.post("/webhook_endpoints", HOOK | {"event_types": []}, once="a")
    assert problem_of(other) == (409, "idempotency_key_reused")
    assert len(api.get("/webhook_endpoints").get_json()["data"]) == 1


@pytest.mark.case("AC-61")
@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"url": "https://10.0.0.1/"}, "url_not_public", "url"),
        ({"url": "http://example.com/"}, "url_not_https", "url"),
        ({"url": "https://example.com:22/"}, "url_port", "url"),
        ({"url": " "}, "url_malformed", "url"),
        ({"url": "https://[::1"}, "url_malformed", "url"),
        ({"event_types": ["nonsense"]}, "event_type_unknown", "event_types"),
    ],
)
def test_an_endpoint_that_may_not_be_is_refused(api: Api, changes: dict[str, object], reason: str, field: str) -> None:
    answer = api.post("/webhook_endpoints", HOOK | changes)
    assert problem_of(answer) == (422, reason)
    assert [each["field"] for each in answer.get_json()["errors"]] == [field]
    assert api.get("/webhook_endpoints").get_json()["data"] == []


def test_a_secret_is_rotated_once_for_one_key(api: Api) -> None:
    endpoint = made(api)
    path = f"/webhook_endpoints/{endpoint['id']}"
    turned = api.post(f"{path}/rotate_secret", once="turn")
    assert turned.get_json()["old_secret_until"] is not None
    now = api.get(f"{path}/secret").get_json()
    assert now["secret"] != endpoint["secret"]
    assert api.post(f"{path}/rotate_secret", once="turn").get_json() == turned.get_json()
    assert api.get(f"{path}/secret").get_json() == now


@pytest.mark.fault("O4")
def test_an_endpoint_that_was_gone_is_switched_on_again(api: Api, acme: Customer, tmp_path: Path) -> None:
    with receiving(tmp_path) as receiver:
        endpoint = made(api, url=receiver.url("410"))
        write_events(acme.customer_id, "one")
        assert send() == 1
    path = f"/webhook_endpoints/{endpoint['id']}"
    off = api.get(path).get_json()
    assert (off["state"], off["disabled_reason"]) == ("disabled", "It answered 410: it no longer accepts events.")
    assert api.post(f"{path}/enable").get_json()["state"] == "active"
    assert api.get(path).get_json()["disabled_reason"] == ""


def test_the_list_turns_its_pages(api: Api) -> None:
    newest_first = [made(api, url=f"http://127.0.0.1:9/{number}")["id"] for number in range(3)][::-1]
    page = api.get("/webhook_endpoints", limit=2).get_json()
    rest = api.get("/webhook_endpoints", limit=2, cursor=page["next_cursor"]).get_json()
    assert [each["id"] for each in page["data"] + rest["data"]] == newest_first
    assert rest["next_cursor"] is None


def test_a_delivery_is_listed_shown_and_sent_again(api: Api, acme: Customer, globex: Customer) -> None:
    endpoint = made(api)
    write_events(acme.customer_id, "one", "two")
    write_events(globex.customer_id, "three")
    assert send() == 3
    listed = api.get("/webhook_deliveries", customer=acme.customer_id, endpoint=endpoint["id"], state="pending")
    deliveries = listed.get_json()["data"]
    assert [(each["type"], each["to"], each["tries"]) for each in deliveries] == [("balance.low", "seller", 1)] * 2
    page = api.get("/webhook_deliveries", limit=2).get_json()
    rest = api.get("/webhook_deliveries", limit=2, cursor=page["next_cursor"]).get_json()
    assert len({each["id"] for each in page["data"] + rest["data"]}) == 3
    found = api.get(f"/webhook_deliveries/{deliveries[0]['id']}").get_json()
    assert [(each["number"], each["status"], each["problem"]) for each in found["attempts"]] == [
        (1, None, "The connection failed.")
    ]
    path = f"/webhook_deliveries/{deliveries[0]['id']}/redeliver"
    assert problem_of(api.post(path)) == (409, "delivery_pending")
    api.open("DELETE", f"/webhook_endpoints/{endpoint['id']}")
    assert problem_of(api.post(path)) == (409, "webhook_missing")
    assert (
        api.get("/webhook_deliveries", state="dropped").get_json()["data"][0]["problem"] == "The address was removed."
    )


@pytest.mark.parametrize("cursor", ["x", "WzEsMl0", "WyJhIiwiYiJd", "Wy05OTk5OTk5OTk5OTk5OTk5OTksImEiXQ"])
def test_a_cursor_that_is_none_is_refused(api: Api, cursor: str) -> None:
    assert problem_of(api.get("/webhook_deliveries", cursor=cursor)) == (422, "cursor_malformed")


def test_a_customers_key_sees_its_own_deliveries_and_no_endpoint_of_the_sellers(
    app: Flask, api: Api, settings: Settings, acme: Customer, globex: Customer
) -> None:
    endpoint = made(api)
    endpoints.save(acme.customer_id, str(HOOK["url"]), by="alice")
    write_events(acme.customer_id, "one")
    send()
    theirs = api_for(app, "webhooks:manage", customer=acme)
    (own,) = theirs.get("/webhook_deliveries").get_json()["data"]
    assert own["to"] == "customer"
    (other,) = [each for each in api.get("/webhook_deliveries").get_json()["data"] if each["to"] == "seller"]
    assert problem_of(theirs.get(f"/webhook_deliveries/{other['id']}")) == (404, "not_found")
    assert problem_of(theirs.post(f"/webhook_deliveries/{other['id']}/redeliver")) == (404, "not_found")
    assert theirs.get("/webhook_deliveries", customer=globex.customer_id).get_json()["data"] == []
    mallory = api_for(app, "webhooks:manage", customer=globex)
    assert mallory.get("/webhook_deliveries").get_json()["data"] == []
    assert problem_of(mallory.get(f"/webhook_deliveries/{own['id']}")) == (404, "not_found")
    for method, path in (
        ("GET", ""), ("POST", ""), ("GET", f"/{endpoint['id']}"), ("GET", f"/{endpoint['id']}/secret"),
        ("POST", f"/{endpoint['id']}/rotate_secret"), ("POST", f"/{endpoint['id']}/enable"), ("DELETE", f"/{endpoint['id']}"),
    ):  # fmt: skip
        answer = theirs.open(method, f"/webhook_endpoints{path}", json=HOOK if path == "" else {})
        assert problem_of(answer)[0] == 403, (method, path)


def test_it_needs_its_scope(app: Flask) -> None:
    poor = api_for(app, *(set(api_keys.SCOPES) - {"all", "webhooks:manage"}))
    assert problem_of(poor.get("/webhook_endpoints")) == (403, "forbidden")
    assert problem_of(poor.get("/webhook_deliveries")) == (403, "forbidden")
