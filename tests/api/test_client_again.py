"""Clients send again what helps: after as long as they are asked to wait, always with one key, and never for ever."""

import asyncio
import contextlib
import json
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask, Response
from flask.typing import ResponseReturnValue

from app.api.contract.openapi import operations_of
from app.api.contract.operations import Operation
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services.access import api_keys
from tests.api.test_client import key, library
from tests.support import shop, typescript
from tests.support.losing_proxy import losing
from tests.support.server import Server

__all__ = ["key", "library"]


class Desk(HTTPServer):
    """A server that gives these answers, one after the other, and keeps the keys that it was sent."""

    said: list[tuple[int, dict[str, str], Any]]
    keys: list[str | None]


class _Handler(BaseHTTPRequestHandler):
    server: Desk

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.server.keys.append(self.headers["Idempotency-Key"])
        status, headers, body = self.server.said.pop(0) if len(self.server.said) > 1 else self.server.said[0]
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(text)), "Content-Type": "application/json"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        """Say nothing."""


@contextlib.contextmanager
def answering(*said: tuple[int, dict[str, str], Any]) -> Iterator[Desk]:
    desk = Desk(("127.0.0.1", 0), _Handler)
    desk.said, desk.keys = list(said), []
    thread = threading.Thread(target=desk.serve_forever)
    thread.start()
    try:
        yield desk
    finally:
        desk.shutdown()
        thread.join(60)
        desk.server_close()


def problem(status: int, reason: str) -> dict[str, Any]:
    return {"status": status, "reason": reason, "detail": reason, "errors": [], "request_id": "req_1"}


DONE: tuple[int, dict[str, str], Any] = (200, {}, {"ok": True})
LATER = (429, {"Retry-After": "2"}, problem(429, "rate_limited"))
AWAY = (503, {"Retry-After": "5"}, problem(503, "unavailable"))
UNDER_WAY = (409, {"Retry-After": "1"}, problem(409, "request_under_way"))
LONG_UNDER_WAY = (409, {"Retry-After": "60"}, problem(409, "request_under_way"))
REUSED = (409, {}, problem(409, "idempotency_key_reused"))
LONG = (429, {"Retry-After": "3600"}, problem(429, "rate_limited"))


@pytest.mark.parametrize(
    ("said", "pauses", "ends"),
    [
        ([LATER, AWAY, DONE], [2, 5], None),
        ([UNDER_WAY, DONE], [1], None),
        ([LONG_UNDER_WAY, DONE], [10], None),
        ([LONG_UNDER_WAY], [10, 10], "Refused"),
        ([AWAY], [5, 5], "Unavailable"),
        ([LATER], [2, 2], "Refused"),
        ([LONG], [], "Refused"),
        ([REUSED], [], "Refused"),
        ([(402, {}, problem(402, "declined"))], [], "Refused"),
    ],
)
def test_it_waits_as_it_is_asked_and_keeps_its_key(
    library: ModuleType, monkeypatch: pytest.MonkeyPatch, said: list[Any], pauses: list[int], ends: str | None
) -> None:
    waited = list[float]()
    with answering(*said) as desk:
        purser = library.Purser(f"http://127.0.0.1:{desk.server_port}", "sk_1")
        monkeypatch.setattr(purser, "_sleep", waited.append)
        with pytest.raises(getattr(library, ends)) if ends else contextlib.nullcontext():
            assert purser.call("POST", "/customers/acme/top_ups", {}) == {"ok": True}
        assert waited == pauses
        assert len(desk.keys) == len(pauses) + 1 and len(set(desk.keys)) == 1 and desk.keys[0]


def test_permission_is_asked_without_waiting(library: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    waited = list[float]()
    with answering(AWAY) as desk:
        purser = library.Purser(f"http://127.0.0.1:{desk.server_port}", "sk_1")
        monkeypatch.setattr(purser, "_sleep", waited.append)
        answer = purser.authorize("acme", meter="requests", quantity=1)
        assert (answer.allowed, answer.reason, answer.retry_after) == (False, "unavailable", 5)
        assert waited == [] and len(desk.keys) == 1


def test_every_resource_is_there_typed_and_a_file_is_read(
    library: ModuleType, key: str, live_server: Server, acme: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    purser = library.Purser(live_server.url, key)
    paid = purser.top_ups.buy("acme", {"amount": {"amount_minor": 2500, "currency": "USD"}}, key="order-1")
    assert paid["state"] == "succeeded"
    assert purser.payments.read("acme", paid["id"])["id"] == paid["id"]
    assert [each["id"] for each in purser.payments.listed("acme", limit=1)["data"]] == [paid["id"]]
    assert purser.customers.read("acme")["id"] == acme.customer_id
    with pytest.raises(library.Refused) as refused:
        purser.invoice_files.pdf("acme", "inv_none")
    assert refused.value.status == 404


def test_calls_are_refused_at_the_limit_by_either_gate(
    library: ModuleType, key: str, live_server: Server, acme: Customer
) -> None:
    served = list[str]()
    host = Flask("host")

    @host.get("/")
    def page() -> ResponseReturnValue:
        served.append("wsgi")
        return Response("served")

    async def asgi(_scope: Any, _receive: Any, send: Any) -> None:
        served.append("asgi")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"served"})

    purser = library.Purser(live_server.url, key)
    gate = library.Gate(purser, "requests", block=100_000, pause=0.0)
    host.wsgi_app = library.WsgiGate(host.wsgi_app, gate, lambda environ: environ.get("HTTP_X_CUSTOMER"))  # type: ignore[method-assign]
    client = host.test_client()
    assert client.get("/").status_code == 200  # nobody's call
    assert client.get("/", headers={"X-Customer": "acme"}).status_code == 200
    assert gate.refusal("acme", 149_999) is None  # all 150,000 requests that 60.00 buy are spent
    refused = client.get("/", headers={"X-Customer": "acme"})
    assert (refused.status_code, refused.mimetype) == (402, "application/problem+json")
    assert refused.get_json()["reason"]
    sent = list[dict[str, Any]]()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    behind = library.AsgiGate(asgi, gate, lambda scope: scope.get("customer"))
    with ThreadPoolExecutor(1) as apart:  # a browser of another test may have a loop that runs in this thread
        for scope in ({"type": "http", "customer": "acme"}, {"type": "http"}):
            apart.submit(lambda whose: asyncio.run(behind(whose, receive, send)), scope).result()
    assert [each["status"] for each in sent if "status" in each] == [402, 200]
    assert served == ["wsgi", "wsgi", "asgi"]
    gate.settle()
    assert purser.usage.read("acme")["meters"][0]["used"] == 150_000


@pytest.mark.parametrize(("is_open", "status"), [(False, 503), (True, 200)])
def test_with_purser_away_a_gate_is_closed_or_open_as_was_chosen(
    library: ModuleType, is_open: bool, status: int
) -> None:
    with answering(AWAY) as desk:
        purser = library.Purser(f"http://127.0.0.1:{desk.server_port}", "sk_1")
        gate = library.Gate(purser, "requests", open_when_away=is_open)
        host = Flask("host")
        host.add_url_rule("/", "page", lambda: "served")
        host.wsgi_app = library.WsgiGate(host.wsgi_app, gate, lambda _environ: "acme")  # type: ignore[method-assign]
        answer = host.test_client().get("/")
        assert (answer.status_code, answer.headers.get("Retry-After")) == (status, None if is_open else "5")


@pytest.mark.proof
def test_the_typescript_client_asks_the_running_portal(
    app: Flask, live_server: Server, acme: Customer, alice_actor: Actor, session_dir: Path
) -> None:
    shop.add_method(alice_actor)
    text = api_keys.create("node", ["all"])[1]
    typescript.built(session_dir)
    with losing(live_server.url, answers=2) as proxy:
        done = subprocess.run(
            ["node", "test/asks.mjs", live_server.url, text, "acme", proxy.url],  # noqa: S607
            cwd=typescript.CLIENT, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert len(proxy.sent) == 3 and len({name for _path, name in proxy.sent}) == 1
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    groups = {each.resource for each in operations_of(app) if each.method == "GET" and readable(each)}
    assert said == {
        "state": "succeeded", "again": True, "refused": ["validation_failed", "amount"], "keys": 1, "version": 1,
        "groups": sorted(groups), "waited": [30_000],
    }  # fmt: skip


def readable(operation: Operation) -> bool:
    """Whether it needs no more than a customer."""
    needed = (each.is_required() for each in operation.query.model_fields.values()) if operation.query else ()
    return {*operation.parameters} <= {"customer_id"} and not any(needed)
