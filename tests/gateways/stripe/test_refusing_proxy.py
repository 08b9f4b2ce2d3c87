"""Where calls to the processor go: to STRIPE_API_BASE when it is set, to Stripe when it is not, and nowhere else."""

import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from app.domain.payments import Intent, Unknown
from app.gateways import connect
from app.gateways.processor import PaymentGateway
from tests.gateways.contract.conftest import PLAIN
from tests.programs.localstripe.running import ROOT, running
from tests.support.stripe_wire import VERSION, problems

OTHERWISE = {"read_event"}
"""Calls nobody: a webhook comes to us."""
NO_SUCH_DISPUTE = {"fetch_dispute"}
LACKS = {"bank_account", "pay_from_cash", "cash_movements", "return_cash"}
LACKS |= {"begin_checkout", "fetch_checkout", "end_checkout"}
"""localstripe keeps no cash for customers and has no checkouts."""
Heard = list[tuple[str, str, str]]


class Listener(ThreadingHTTPServer):
    """An HTTP server on loopback that notes who wants what, and gives everybody the same answer."""

    daemon_threads = True

    def __init__(self, status: int, headers: dict[str, str] | None = None, body: str = "{}") -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.heard: Heard = []
        self.answer = (status, headers or {}, body.encode())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    """Notes the request and answers."""

    server: Listener

    def _answers(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.server.heard.append((self.command, self.path, body))
        status, headers, text = self.server.answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    do_CONNECT = do_GET = do_POST = do_DELETE = _answers  # noqa: N815  # named by the standard library

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def listening() -> Iterator[Callable[..., Listener]]:
    """Start listeners, and stop them afterwards."""
    servers: list[Listener] = []

    def start(status: int, headers: dict[str, str] | None = None, body: str = "{}") -> Listener:
        servers.append(Listener(status, headers, body))
        Thread(target=servers[-1].serve_forever, daemon=True).start()
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def asks_everything(directory: Path, **environ: str) -> tuple[dict[str, str], list[list[str]]]:
    """Make every call there is in a process of its own; return the kinds of the answers, and who was called."""
    file = directory / "asked.json"
    keys = {"STRIPE_SECRET_KEY": "sk_test_x12345", "STRIPE_PUBLISHABLE_KEY": "pk_test_x"}
    settings = {"PAYMENTS": "stripe", "STRIPE_WEBHOOK_SECRET": "whsec_x", "SECRET_KEY": "x" * 32, **keys}
    names = {"http_proxy", "https_proxy", "all_proxy", "no_proxy", "stripe_api_base"}
    inherited = {name: value for name, value in os.environ.items() if name.lower() not in names}
    subprocess.run(
        [sys.executable, "-m", "tests.programs.asks_everything", str(file)],
        cwd=ROOT,
        env={**inherited, **settings, "DATABASE_URL": f"sqlite:///{directory / 'no.sqlite3'}", **environ},
        check=True,
    )
    found = json.loads(file.read_text())
    calls = {name for name, _ in inspect.getmembers(PaymentGateway, inspect.isfunction) if not name.startswith("_")}
    assert set(found["answers"]) == calls - OTHERWISE, "each call of the protocol is made"
    return found["answers"], found["called"]


def test_every_call_goes_to_the_address_that_is_set_and_to_no_other(
    tmp_path: Path, listening: Callable[..., Listener]
) -> None:
    proxy = listening(403)
    with running() as there:
        answers, called = asks_everything(
            tmp_path, STRIPE_API_BASE=there.base, HTTPS_PROXY=proxy.url, ALL_PROXY=proxy.url, NO_PROXY="127.0.0.1"
        )
        sent = there.requests()
        assert [each for each in sent if problems(each, base=there.base)] == []
    assert {name for name, kind in answers.items() if kind in {"Unknown", "Misused"}} - LACKS == NO_SUCH_DISPUTE, (
        answers
    )
    assert {tuple(each) for each in called} <= {
        (how, "127.0.0.1", there.base.rpartition(":")[2]) for how in ("connect", "look up")
    }
    assert ["connect", "127.0.0.1", there.base.rpartition(":")[2]] in called
    assert {each.headers["Stripe-Version"] for each in sent} == {VERSION} and len(sent) > len(answers)
    assert proxy.heard == []


def test_with_no_address_set_every_call_goes_to_stripe_and_to_no_other(
    tmp_path: Path, listening: Callable[..., Listener]
) -> None:
    """The same program against a proxy that refuses everybody: it hears whom each call was meant for."""
    proxy = listening(403)
    answers, called = asks_everything(tmp_path, HTTPS_PROXY=proxy.url, HTTP_PROXY=proxy.url)
    assert {tuple(each) for each in called} <= {
        (how, "127.0.0.1", str(proxy.server_port)) for how in ("connect", "look up")
    }
    assert {(how, who) for how, who, _ in proxy.heard} == {("CONNECT", "api.stripe.com:443")}
    assert len(proxy.heard) >= len(answers)
    assert set(answers.values()) == {"Unknown"}, "refused on the way: it may be repeated"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_leads_nowhere(listening: Callable[..., Listener], status: int) -> None:
    paid = '{"object": "payment_intent", "id": "pi_1", "status": "succeeded", "amount": 1, "amount_received": 1}'
    elsewhere = listening(200, body=paid)
    base = listening(status, {"Location": f"{elsewhere.url}/v1/payment_intents/pi_1"})
    gateway = connect.to_processor(replace(PLAIN, stripe_api_base=base.url))
    for answer in (gateway.fetch_intent("pi_1"), gateway.cancel_intent("pi_1", key="pay_1:cancel")):
        assert isinstance(answer, Unknown) and not isinstance(answer, Intent)
    assert elsewhere.heard == [] and {method for method, _, _ in base.heard} == {"GET", "POST"}
