"""Whatever comes back in place of an answer says nothing: the outcome of a call is unknown then, and is looked up later."""

import gzip
import json
from collections.abc import Callable

import pytest

from app.domain.payments import Intent, Misused, Unknown
from app.gateways.stripe.transport import LONGEST
from tests.gateways.stripe.test_network import CALLS, gateway_at, listening
from tests.support import tiers

INTENT = {"object": "payment_intent", "id": "pi_1", "status": "succeeded", "amount": 2500, "amount_received": 2500}
GOOD = json.dumps({**INTENT, "currency": "usd", "metadata": {}, "next_action": None, "last_payment_error": None})
JSON = "application/json"
Answers = dict[str, tuple[str, str, bytes]]
ANSWERS: Answers = {
    "bytes that are no text": ("200 OK", JSON, b'{"id": "pi_1", "object": "payment_intent", "status": "\xff\xfe"}'),
    "latin-1": ("200 OK", f"{JSON}; charset=latin-1", GOOD.replace("usd", "Zürich").encode("latin-1")),
    "utf-16": ("200 OK", JSON, GOOD.encode("utf-16")),
    "an image": ("200 OK", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
    "half a surrogate": ("200 OK", JSON, GOOD.replace("pi_1", "pi_\\ud800").encode()),
    "a zero byte": ("200 OK", JSON, GOOD.replace("pi_1", "pi_\\u0000").encode()),
    "half a surrogate somewhere": ("200 OK", JSON, GOOD.replace("{}", '{"note": "\\udfff"}').encode()),
    "not JSON": ("200 OK", JSON, b"{'id': 1}"),
    "cut off JSON": ("200 OK", JSON, GOOD[:40].encode()),
    "a page": ("200 OK", "text/html", b"<html><h1>Sign in to the Wi-Fi</h1></html>"),
    "a page that says JSON": ("200 OK", JSON, b"<html>"),
    "text that is right but plain": ("200 OK", "text/plain", b"ok"),
    "nothing": ("200 OK", JSON, b""),
    "nothing at all": ("204 No Content", "", b""),
    "a list": ("200 OK", JSON, b"[]"),
    "a word": ("200 OK", JSON, b'"succeeded"'),
    "a number": ("200 OK", JSON, b"7"),
    "null": ("200 OK", JSON, b"null"),
    "a list of words": ("200 OK", JSON, b'{"object": "list", "data": ["a", null, 3], "has_more": false}'),
    "a list that is none": ("200 OK", JSON, b'{"object": "list", "data": 7, "has_more": "yes"}'),
    "numbers that are none": ("200 OK", JSON, GOOD.replace("2500", "NaN").encode()),
    "endless numbers": ("200 OK", JSON, GOOD.replace("2500", "9" * 5000).encode()),
    "endless depth": ("200 OK", JSON, b"[" * 100_000),
    "broken gzip": ("200 OK\r\nContent-Encoding: gzip", JSON, gzip.compress(GOOD.encode())[:-12] + b"\xff" * 12),
    "gzip that is none": ("200 OK\r\nContent-Encoding: gzip", JSON, GOOD.encode()),
    "an error that is no text": ("500 Oops", JSON, b'{"error": {"message": "\xff"}}'),
    "an error that is a page": ("503 Busy", "text/html", b"<html>\xe9</html>"),
    "an error that is a word": ("500 Oops", JSON, b'{"error": "no"}'),
    "an error that is a list": ("502 Oops", JSON, b'{"error": []}'),
    "a decline that is no text": ("402 Declined", JSON, b'{"error": {"type": "card_error", "code": "\xff"}}'),
    "another kind of 402": ("402 Declined", "text/html", b"<html>"),
    "no status": ("abc", JSON, GOOD.encode()),
}
"""By name: the status line's end with further headers, the content type and the body."""


def answer_of(kind: str) -> Callable[..., None]:
    status, content_type, body = ANSWERS[kind]
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return lambda connection: connection.sendall(head.encode() + body)


def ask_everything(base: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    gateway = gateway_at(base, monkeypatch)
    return {name: call(gateway) for name, call in CALLS.items()} | {"fetch_intent": gateway.fetch_intent("pi_1")}


@pytest.mark.parametrize("kind", tiers.some(12, ANSWERS, ids=list(ANSWERS)))
def test_an_answer_that_is_none_is_unknown_whatever_was_asked(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    with listening(answer_of(kind)) as base:
        answers = ask_everything(base, monkeypatch)
    assert {name: each for name, each in answers.items() if not isinstance(each, Unknown)} == {}


@pytest.mark.parametrize("note", ["Zürich", "\\ud83d\\ude00", "\\\\u0000", "\\\\ud800", "日本"])
def test_letters_of_any_language_are_read(monkeypatch: pytest.MonkeyPatch, note: str) -> None:
    body = GOOD.replace("{}", f'{{"payment": "{note}"}}').encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with listening(lambda connection: connection.sendall(head + body)) as base:
        answer = gateway_at(base, monkeypatch).fetch_intent("pi_1")
    assert isinstance(answer, Intent) and answer.payment_id == json.loads(f'"{note}"')


@pytest.mark.parametrize("cut", ["in the body", "in the head"])
def test_an_answer_that_is_cut_off_is_unknown_whatever_was_asked(monkeypatch: pytest.MonkeyPatch, cut: str) -> None:
    whole = f"HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\nContent-Length: {len(GOOD)}\r\n\r\n{GOOD}"
    sent = whole[: -20 if cut == "in the body" else 30].encode()
    with listening(lambda connection: connection.sendall(sent)) as base:
        answers = ask_everything(base, monkeypatch)
    assert {name: each for name, each in answers.items() if not isinstance(each, Unknown)} == {}


def test_an_answer_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads more into memory than the longest list that the processor sends."""
    sent: list[int] = []

    def pours(connection: object) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{")  # type: ignore[attr-defined]
        try:
            while len(sent) < 2_000:
                connection.sendall(b" " * 65_536)  # type: ignore[attr-defined]
                sent.append(65_536)
        except OSError:
            return

    with listening(pours) as base:
        gateway = gateway_at(base, monkeypatch)
        assert isinstance(gateway.fetch_intent("pi_1"), Unknown)
    assert sum(sent) < 2 * LONGEST


@pytest.mark.parametrize("status", ["400 Bad", "401 Who", "403 No", "404 None"])
def test_a_refusal_that_cannot_be_read_is_still_ours_to_mend(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    body = b'{"error": {"type": "invalid_request_error", "message": "\xff"}}'
    head = f"HTTP/1.1 {status}\r\nContent-Type: {JSON}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with listening(lambda connection: connection.sendall(head + body)) as base:
        answer = gateway_at(base, monkeypatch).fetch_intent("pi_1")
    assert isinstance(answer, Misused)
