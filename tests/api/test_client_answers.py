"""What the Python client makes of answers: a yes is of now, what was not counted is said, and an error says all it knows."""

from datetime import UTC
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from flask import Flask

from app.models.customers import Customer
from tests.api.test_client import key, library
from tests.support.ports import free_port
from tests.support.server import Server

__all__ = ["key", "library"]
COUNTED = {"id": "one", "customer": "acme", "meter": "requests", "quantity": 1}
UNKNOWN = {"id": "two", "customer": "acme", "meter": "nothing", "quantity": 1}


@pytest.mark.parametrize("end", ["captured", "released"])
def test_a_permission_that_is_over_is_no_longer_a_yes(
    library: ModuleType, key: str, live_server: Server, acme: Customer, end: str
) -> None:
    purser = library.Purser(live_server.url, key)
    asked = purser.authorize("acme", credits=Decimal(1), key="job")
    assert (asked.allowed, asked.state, asked.reason) == (True, "held", None)
    assert asked.expires_at is not None
    assert asked.expires_at.utcoffset() == UTC.utcoffset(None)
    _ = purser.capture(asked.authorization) if end == "captured" else purser.release(asked.authorization)
    again = purser.authorize("acme", credits=Decimal(1), key="job")
    assert (again.allowed, again.state, again.reason) == (False, end, end)
    assert again.authorization == asked.authorization


def test_what_is_captured_at_once_is_a_yes_each_time(
    library: ModuleType, key: str, live_server: Server, acme: Customer
) -> None:
    purser = library.Purser(live_server.url, key)
    asked = [purser.authorize("acme", credits=Decimal(1), capture=True, key="job") for _ in range(2)]
    assert [(each.allowed, each.state) for each in asked] == [(True, "captured")] * 2


def test_what_was_not_counted_is_said_with_its_place_and_why(
    library: ModuleType, key: str, live_server: Server, acme: Customer
) -> None:
    purser = library.Purser(live_server.url, key)
    reported = purser.report([UNKNOWN, COUNTED])
    assert (reported.accepted, reported.duplicates, bool(reported)) == (1, 0, False)
    (rejected,) = reported.rejected
    assert (rejected.index, rejected.id, rejected.reason) == (0, "two", "unknown_meter")
    with pytest.raises(library.NotCounted, match=r"1 events were not counted, first number 0 \(two\)") as problem:
        reported.raise_for_rejected()
    assert problem.value.rejected == reported.rejected
    whole = purser.report([COUNTED])
    whole.raise_for_rejected()
    assert whole
    with pytest.raises(library.NotCounted) as problem:  # a wholly rejected batch is no success
        purser.report([UNKNOWN])
    assert problem.value.reported.accepted == 0


def test_an_error_says_which_field_and_which_request(
    library: ModuleType, key: str, live_server: Server, acme: Customer
) -> None:
    purser = library.Purser(live_server.url, key)
    with pytest.raises(library.Refused) as problem:
        purser.call("POST", "/authorizations", {"customer": "acme", "meter": "requests", "quantity": -1}, key="x")
    refused = problem.value
    assert (refused.status, refused.reason) == (422, "validation_failed")
    assert [each["field"] for each in refused.errors] == ["quantity"]
    assert "quantity" in str(refused)
    assert refused.request_id.startswith("req_")


def test_a_customer_is_named_by_either_id(library: ModuleType, key: str, live_server: Server, acme: Customer) -> None:
    purser = library.Purser(live_server.url, key)
    made = purser.call(
        "POST", "/customers", {"external_id": "eu/shop 17%", "name": "Shop", "email": "a@shop.example"}, key="s"
    )
    assert purser.balance("eu/shop 17%")["customer"] == made["id"]
    assert purser.balance("acme") | {"as_of": ""} == purser.balance(acme.customer_id) | {"as_of": ""}


def test_a_list_is_read_to_its_end(
    library: ModuleType, key: str, live_server: Server, app: Flask, acme: Customer
) -> None:
    purser = library.Purser(live_server.url, key)
    for number in range(4):
        purser.report([COUNTED | {"id": f"e{number}"}])
    found = purser.each("/customers/acme/usage_events", meter="requests", limit=2)
    assert [each["id"] for each in found] == ["e3", "e2", "e1", "e0"]


@pytest.mark.parametrize(
    ("method", "more", "tries"),
    [
        ("GET", {}, 3),
        ("POST", {}, 3),
        ("POST", {"key": "k"}, 3),
        ("POST", {"repeatable": True}, 3),
        ("PUT", {}, 3),
        ("POST", {"waits": False}, 3),
    ],
)
def test_what_got_no_answer_is_sent_again_with_one_key(
    library: ModuleType, monkeypatch: pytest.MonkeyPatch, method: str, more: dict[str, Any], tries: int
) -> None:
    purser, sent = library.Purser(f"http://127.0.0.1:{free_port()}", "sk_none", timeout=1), []
    pauses = list[float]()
    monkeypatch.setattr(purser, "_sleep", pauses.append)
    session = purser._session()
    send = session.send

    def counted(request: Any, **kwargs: Any) -> Any:
        sent.append(request.headers.get("Idempotency-Key"))
        return send(request, **kwargs)

    monkeypatch.setattr(session, "send", counted)
    with pytest.raises(library.Unavailable):
        purser.call(method, "/customers/acme/credit_grants", {}, **more)
    assert len(sent) == tries
    assert len(set(sent)) == 1
    assert (sent[0] is not None) == (method != "GET" and "repeatable" not in more)
    assert len(pauses) == 2 and all(pause > 0 for pause in pauses) == ("waits" not in more)
