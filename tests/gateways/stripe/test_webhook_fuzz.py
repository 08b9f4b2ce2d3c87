"""Thousands of strange webhooks are answered with 200 or 400, and none of them moves anything."""

import json
import random
import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app.config import Settings
from app.gateways.sandbox import controls
from app.models.database import db
from app.models.events import InboxEvent
from app.models.ledger import Transfer
from app.models.payments import Payment
from app.models.scope import as_service
from app.services.reconciliation import inbox
from tests.support import tiers
from tests.support.client import outside_contexts
from tests.support.server import Server, serving
from tests.support.strange_webhooks import Strange, event, signed, strange

HOW_MANY = tiers.sample_of(400, proof=10_000)
PATH = "/webhooks/stripe"
NOTHING = ""
"""No answer: the server hung up on what is no HTTP."""


def answered(app: Flask, sent: Strange) -> int:
    """Hand the request to the application as a server would; return the status."""
    builder = EnvironBuilder(path=PATH, method="POST", data=sent.body, base_url="http://localhost")
    environ = builder.get_environ()
    environ.update({"CONTENT_TYPE": sent.content_type, "HTTP_STRIPE_SIGNATURE": sent.signature})
    environ.update(sent.environ)
    environ["wsgi.input"] = BytesIO(sent.body)
    _, status, _ = run_wsgi_app(app.wsgi_app, environ, buffered=True)
    return int(status.split()[0])


@pytest.mark.fault("W6", "W7")
def test_strange_webhooks_are_answered_with_200_or_400(
    app: Flask, settings: Settings, record_property: Callable[[str, object], None]
) -> None:
    secret = controls.webhook_secret(settings)
    answers: Counter[int] = Counter()
    with outside_contexts():
        for number in range(HOW_MANY):
            status = answered(app, strange(number, secret))
            answers[status] += 1
            assert status in {200, 400}, f"{status} for {strange(number, secret)}"
    assert answers.total() == HOW_MANY and min(answers[200], answers[400]) > HOW_MANY / 10, answers
    record_property("strange webhooks", answers.total())
    with as_service("look at what the webhooks left"):
        kept = list(db.session.scalars(select(InboxEvent)))
        assert 0 < len(kept) <= answers[200]
        assert all(re.fullmatch(r"[A-Za-z0-9_]{1,100}", each.id, re.ASCII) for each in kept)


@pytest.mark.fault("W6", "W9")
def test_what_was_let_in_of_them_is_worked_off_and_moves_nothing(app: Flask, settings: Settings) -> None:
    secret = controls.webhook_secret(settings)
    with outside_contexts():
        let_in = sum(answered(app, strange(number, secret)) == 200 for number in range(600))
    while inbox.work(100):
        pass
    with as_service("look at what the webhooks left"):
        states = Counter(db.session.scalars(select(InboxEvent.state)))
        problems = Counter(db.session.scalars(select(InboxEvent.problem)))
        assert states.keys() == {"done"} and 0 < states["done"] <= let_in, problems
        for table in (Payment, Transfer):
            assert db.session.scalar(select(func.count()).select_from(table)) == 0


@pytest.fixture
def real_server(app: Flask, settings: Settings, tmp_path: Path) -> Iterator[Server]:
    """The server that the portal is installed with: what it makes of bytes is its own."""
    with serving(settings, tmp_path) as server:
        yield server


def test_a_real_server_answers_strange_bytes_with_400_and_goes_on(real_server: Server) -> None:
    chance = random.Random("bytes")  # noqa: S311  # the same strangeness each time
    secret = controls.webhook_secret(real_server.settings)
    answers = Counter(spoken(real_server, _strange_request(chance, number, secret)) for number in range(300))
    assert answers.keys() <= {"200", "400", NOTHING} and min(answers["200"], answers["400"]) > 10, answers
    body = json.dumps(event(chance, HOW_MANY)).encode()
    good = request(body, {"Stripe-Signature": signed(body, secret, int(time.time()))})
    assert spoken(real_server, good, within=60) == "200"


def request(body: bytes, headers: dict[str, str]) -> bytes:
    """Return the request as bytes; a header may be anything, and may be there twice."""
    known = {"Host": "localhost", "Content-Length": str(len(body)), "Content-Type": "application/json", **headers}
    lines = [f"{name}: {value}" for name, value in known.items() if value != NOTHING]
    head = "\r\n".join([f"POST {PATH} HTTP/1.1", *lines, "Connection: close", "", ""])
    return head.encode("utf-8", "surrogateescape") + body


def spoken(server: Server, said: bytes, *, within: float = 3) -> str:
    """Say something to the server; return the status of its answer, or nothing when it hung up or waits for more."""
    where = urlsplit(server.url)
    with socket.create_connection((str(where.hostname), int(where.port or 0)), timeout=within) as line:
        try:
            line.sendall(said)
            answer = b"".join(iter(lambda: line.recv(65_536), b""))
        except OSError:  # it had hung up before we were done, or waits for what we never say
            return NOTHING
    return answer.split()[1].decode() if answer.startswith(b"HTTP/1.1 ") else NOTHING


def _strange_request(chance: random.Random, number: int, secret: str) -> bytes:
    sent = strange(number, secret)
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").title(): value
        for name, value in sent.environ.items()
        if name.startswith("HTTP_") and name != "HTTP_EXPECT"  # what it promises to wait for never comes
    }
    said = request(sent.body, {**headers, "Stripe-Signature": sent.signature, "Content-Type": sent.content_type})
    if chance.random() < 0.3:
        end = said.index(b"\r\n\r\n")
        at = chance.randrange(len(f"POST {PATH} HTTP/1.1\r\n"), end)
        odd = [b"\0", b"\r", b"\n", b":", b"\xff", b" ", b"\r\n ", chance.randbytes(2)]
        said = said[:at] + chance.choice(odd) + said[at + 1 :]
    return said
