"""Webhooks as nobody should send them: one number makes one request, the same each time."""

import base64
import gzip
import hashlib
import hmac
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TYPES = [
    "payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.processing", "charge.succeeded",
    "charge.refunded", "charge.dispute.created", "charge.dispute.closed", "charge.dispute.funds_withdrawn",
    "refund.created", "refund.updated", "refund.failed", "setup_intent.succeeded", "setup_intent.setup_failed",
    "payment_method.attached", "payment_method.detached", "payment_method.automatically_updated", "mandate.updated",
    "customer.deleted", "balance.available", "invoice.paid", "v2.core.event_destination.ping", "moon.landed",
]  # fmt: skip
ABOUT = [
    "payment_intent",
    "charge",
    "refund",
    "dispute",
    "setup_intent",
    "payment_method",
    "mandate",
    "customer",
    "moon",
]
ODD: list[Any] = [
    None, True, False, 0, -1, 1e308, -0.0, 10**30, float("nan"), float("inf"), "", " ", "\0", "é" * 50, "\ud800",
    "x" * 300, "pi_1'; drop table payments; --", "../../etc/passwd", "{{7*7}}", "<script>", "%00", "pi_" + "1" * 97,
    "pi_" + "1" * 98, [], {}, [[]], [None], {"object": {}}, {"id": {}}, {"": ""}, "2026-11-21", "\u202e", "１２３", -(2**63),
    2**63, "0x10", "event", "usd",
]  # fmt: skip
NAMES = ["id", "object", "type", "created", "livemode", "data", "account", "api_version", "request", "pending_webhooks"]
CONTENT_TYPES = [
    "application/json", "application/json; charset=utf-16", "text/plain", "", "multipart/form-data",
    "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/octet-stream", "a/b/c;;=",
    "application/json; charset=\xff", "application/json; charset=none-such", "image/svg+xml", "*/*",
]  # fmt: skip
HEADERS = {
    "HTTP_HOST": ["evil.example", "", "localhost:99999", "[::1", "localhost\r\nX: y", "a" * 300, "\xff", "localhost."],
    "HTTP_COOKIE": ["purser=x", "purser=" + "a" * 5000, "=;=;", "\xff=\xff", "purser=\0"],
    "HTTP_CONTENT_ENCODING": ["gzip", "br", "identity", "x"],
    "HTTP_TRANSFER_ENCODING": ["chunked", "gzip, chunked", "x"],
    "HTTP_X_HTTP_METHOD_OVERRIDE": ["DELETE", "GET"],
    "HTTP_ACCEPT": ["", "text/html;q=x", "application/problem+json", "\xff"],
    "HTTP_ACCEPT_LANGUAGE": ["de;q=1.5,*;q=-1", "x" * 2000, "\xe9"],
    "HTTP_ACCEPT_ENCODING": ["zstd", "gzip;q=0"],
    "HTTP_ORIGIN": ["null", "https://evil.example", "\xff"],
    "HTTP_REFERER": ["https://evil.example/", "::::"],
    "HTTP_SEC_FETCH_SITE": ["cross-site", "x"],
    "HTTP_HX_REQUEST": ["true", "false"],
    "HTTP_AUTHORIZATION": ["Bearer sk_x", "Basic !!!", "Digest"],
    "HTTP_RANGE": ["bytes=0-0", "bytes=9999999999999999999-"],
    "HTTP_IF_NONE_MATCH": ["*", '"x'],
    "HTTP_IF_MODIFIED_SINCE": ["yesterday", "Sat, 99 Nov 2026 99:99:99 GMT"],
    "HTTP_EXPECT": ["100-continue", "the unexpected"],
    "HTTP_X_FORWARDED_FOR": ["127.0.0.1", "x, y, z", "::ffff:0:0"],
    "HTTP_X_FORWARDED_HOST": ["evil.example"],
    "HTTP_X_FORWARDED_PROTO": ["javascript", "https"],
    "HTTP_X_REQUEST_ID": ["x" * 5000, "\r\n", "\xff"],
    "HTTP_USER_AGENT": ["", "\xff\xfe", "x" * 5000],
    "HTTP_CONNECTION": ["upgrade", "close"],
    "HTTP_UPGRADE": ["websocket", "h2c"],
    "CONTENT_LENGTH": ["", "0", "1", "-1", "x", "１２", "9" * 30, "99999", "2000000", "1e3", " 5"],
    "QUERY_STRING": ["a=%00", "a=%ff", "[]=[[]", "x" * 3000, "%", "livemode=false"],
}
"""What a server hands to an application as these headers; bytes beyond ASCII as Latin-1, as WSGI has it."""


@dataclass(frozen=True)
class Strange:
    """One request."""

    body: bytes
    signature: str
    content_type: str
    environ: dict[str, str]


def strange(number: int, secret: str) -> Strange:
    """Return the request of this number."""
    chance = random.Random(f"webhook {number}")  # noqa: S311  # the same strangeness each time
    body = _body(chance, number)
    extra = chance.choices(list(HEADERS), k=chance.choice([0, 0, 1, 1, 2, 4]))
    return Strange(
        body,
        _signature(chance, body, secret),
        chance.choice([CONTENT_TYPES[0], CONTENT_TYPES[0], chance.choice(CONTENT_TYPES)]),
        {name: chance.choice(HEADERS[name]) for name in extra},
    )


def event(chance: random.Random, number: int) -> dict[str, Any]:
    """Return an event with nothing wrong about it, but that the object may be nobody's."""
    about = chance.choice(ABOUT)
    body = {
        "id": f"{about[:2]}_{number}", "object": about, "amount": chance.randrange(10**6), "currency": "usd",
        "status": chance.choice(["succeeded", "failed", "lost", "won"]), "metadata": {"payment": "pay_1"},
        "payment_intent": "pi_1", "charge": None, "created": 1_795_000_000,
    }  # fmt: skip
    return {
        "id": f"evt_{number}", "object": "event", "type": chance.choice(TYPES), "created": 1_795_000_000 + number,
        "livemode": False, "api_version": "2026-10-28.endive", "data": {"object": body, "previous_attributes": {}},
        "pending_webhooks": 1, "request": {"id": None, "idempotency_key": "k"},
    }  # fmt: skip


def _body(chance: random.Random, number: int) -> bytes:
    made: Any = event(chance, number)
    for _ in range(chance.choice([0, 1, 2, 3, 4, 5])):
        _disturb(chance, made)
    text = json.dumps(made if chance.random() < 0.9 else chance.choice(ODD))  # NaN is what Python writes, and reads
    if chance.random() < 0.03:
        text = chance.choice([
            "[" * 30_000, '{"a":' * 20_000 + "1" + "}" * 20_000, '{"created": ' + "9" * 5_000 + "}", text * 2,
            text.replace(":", ": :", 1), text.replace('"', "'"), f"/* */{text}", text[:-1] + ', "id": "evt_other"}',
            text[:-1] + ', "livemode": true, "livemode": false}', "\ufeff" + text, text + "\0",
        ])  # fmt: skip
    body = text.encode("utf-8", "surrogatepass")
    if chance.random() < 0.3:
        body = _bytes(chance, body)
    return body


def _disturb(chance: random.Random, made: dict[str, Any]) -> None:
    inside = made.get("data")
    inner = inside.get("object") if isinstance(inside, dict) else None
    target = chance.choice([made, made, inside, inner])
    if not isinstance(target, dict):
        target = made
    name = chance.choice([*NAMES, *target, "extra"])
    match chance.randrange(4):
        case 0:
            target.pop(name, None)
        case 1:
            target[name] = chance.choice(ODD)
        case 2:
            target[name] = {name: target.get(name)}
        case _:
            target[name] = [target.get(name)] * chance.choice([1, 2, 50])


def _bytes(chance: random.Random, body: bytes) -> bytes:
    changes: list[Callable[[bytes], bytes]] = [
        lambda text: text[: chance.randrange(len(text) + 1)],
        lambda text: text[chance.randrange(len(text) + 1) :],
        lambda text: chance.randbytes(chance.randrange(200)),
        lambda text: gzip.compress(text, mtime=0),
        lambda text: text.decode("utf-8", "replace").encode("utf-16"),
        base64.b64encode,
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.replace(b":", b"\xff", 1),
        lambda text: b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n" + text + b"\r\n--x--",
        lambda text: b"",
        lambda text: text + b" " * chance.choice([1, 70_000]),
    ]
    if chance.random() < 0.5:
        return chance.choice(changes)(body)
    for _ in range(chance.choice([1, 1, 5])):
        at = chance.randrange(len(body) + 1)
        body = body[:at] + chance.choice([b"", b"\xff", b"\0", b"}", b'"', chance.randbytes(3)]) + body[at + 1 :]
    return body


def _signature(chance: random.Random, body: bytes, secret: str) -> str:
    now = int(time.time())
    good = signed(body, secret, now)
    if chance.random() < 0.6:
        return good
    mark = good.partition("v1=")[2]
    return chance.choice([
        "", good[: chance.randrange(len(good))], good.upper(), good.replace("t=", "t=-"), good.replace("=", ":"),
        f"t={now}", f"v1={mark}", f"t=,v1={mark}", f"t={'9' * 5_000},v1={mark}", f"t=٣,v1={mark}", f"t={now}.5,v1={mark}",
        f"t={now},v0={mark}", f"t={now},v1={'0' * 64},v1={mark}", f"t={now},v1={mark},v1=é", f"v1={mark},t={now}",
        f"t={now},t={now},v1={mark}", f"t=1,t={now},v1={mark}", f"t={now}, v1={mark}", f" t={now},v1={mark} ",
        signed(body, "whsec_other", now), signed(body + b" ", secret, now), signed(body, "", now),
        signed(body, secret, now - 310), signed(body, secret, now + 310), signed(body, secret, 0),
        signed(body, secret, -(2**63)), f"{good},{good}", "," * 5_000, "=" * 5_000, f"t={now},v1=" + "a" * 8_000,
        "".join(chance.choice("t=v1,0a\xe9 \t;") for _ in range(chance.randrange(40))),
    ])  # fmt: skip


def signed(body: bytes, secret: str, moment: int) -> str:
    """Return the header that proves a body, for any bytes."""
    mark = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mark}"
