"""Gates refuse for their customers' accounts alone: what the host has set up wrongly is logged, and answered with 503."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.models.customers import Customer
from tests.api.test_client import key, library
from tests.api.test_client_again import LATER, answering, problem
from tests.support.server import Server

__all__ = ["key", "library"]
HELD = {
    "allowed": True, "authorization": "hold_1", "credits": "1.00", "available_to_use": "1.00", "reason": None,
    "retry_after": None, "state": "held", "expires_at": "2026-11-21T12:00:00Z",
}  # fmt: skip
USED_UP = HELD | {"allowed": False, "reason": "daily_limit", "retry_after": 3600, "state": "refused"}


def asked(library: ModuleType, gate: Any, customer: str) -> TestResponse:
    """Call a host behind the gate."""
    host = Flask("host")
    host.add_url_rule("/", "page", lambda: "served")
    host.wsgi_app = library.WsgiGate(host.wsgi_app, gate, lambda _environ: customer)  # type: ignore[method-assign]
    return host.test_client().get("/")


def test_what_the_host_has_set_up_wrongly_is_logged_and_no_refusal_of_its_customers(
    library: ModuleType, key: str, live_server: Server, acme: Customer, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = [
        (key, "requests", "nobody", "not_found"),
        (key, "requests", "", "validation_failed"),
        (key, "nothing", "acme", "unknown_meter"),
        ("sk_wrong", "requests", "acme", "unauthorized"),
    ]
    for text, meter, customer, reason in wrong:
        purser = library.Purser(live_server.url, text)
        gate = library.Gate(purser, meter, pause=60.0)
        caplog.clear()
        with caplog.at_level(logging.ERROR, "purser_client.gate"):
            answers = [asked(library, gate, customer) for _ in range(2)]
        assert [(each.status_code, each.get_json()["reason"]) for each in answers] == [(503, "unavailable")] * 2
        assert "credit" not in answers[0].text
        (line,) = caplog.messages  # once, and not with each call
        assert reason in line and repr(customer) in line
        is_open = library.Gate(purser, meter, open_when_away=True)
        assert asked(library, is_open, customer).text == "served"


def test_a_limit_of_the_host_s_key_is_not_one_of_its_customer(
    library: ModuleType, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with answering(LATER) as desk:
        gate = library.Gate(library.Purser(f"http://127.0.0.1:{desk.server_port}", "sk_1"), "requests")
        answer = asked(library, gate, "acme")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "rate_limited" in caplog.text


def test_a_key_that_ends_while_a_block_is_spent_is_no_refusal_of_the_customer(
    library: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    with answering((200, {}, HELD), (401, {}, problem(401, "unauthorized"))) as desk:
        gate = library.Gate(library.Purser(f"http://127.0.0.1:{desk.server_port}", "sk_1"), "requests", block=1)
        assert asked(library, gate, "acme").status_code == 200
        assert asked(library, gate, "acme").status_code == 503
    assert "unauthorized" in caplog.text


@pytest.mark.parametrize("can_answer", [False, True])
def test_a_websocket_is_refused_when_it_connects(library: ModuleType, can_answer: bool) -> None:
    sent, served = list[dict[str, Any]](), list[str]()

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        served.append(scope["customer"])

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    with answering((200, {}, USED_UP)) as desk:
        gate = library.Gate(library.Purser(f"http://127.0.0.1:{desk.server_port}", "sk_1"), "requests")
        behind = library.AsgiGate(app, gate, lambda scope: scope["customer"])
        extensions = {"websocket.http.response": {}} if can_answer else {}
        with ThreadPoolExecutor(1) as apart:  # a browser of another test may have a loop that runs in this thread
            for customer in ("acme", None):
                scope = {"type": "websocket", "customer": customer, "extensions": extensions}
                apart.submit(lambda whose: asyncio.run(behind(whose, receive, send)), scope).result()
    assert served == [None]
    if can_answer:
        assert [each["type"] for each in sent] == ["websocket.http.response.start", "websocket.http.response.body"]
        assert sent[0]["status"] == 429 and b"daily_limit" in sent[1]["body"]
    else:
        assert sent == [{"type": "websocket.close", "code": 1008, "reason": "daily_limit"}]
