"""The real transport against real sockets: nothing listens, it resets, it stays silent, it talks nonsense."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import stripe

from app.config import Settings
from app.domain.addresses.profile import Profile
from app.domain.methods import Rail, SetupOrder
from app.domain.money import Money
from app.domain.payments import ChargeOrder, Intent, Misused, Unknown
from app.domain.reversals import DisputeState, ProcessorDispute
from app.gateways import connect
from app.gateways.stripe import client
from app.gateways.stripe.gateway import StripeGateway
from tests.gateways.conftest import NOON
from tests.gateways.conftest import RETURN_URL as BACK

AMOUNT = Money(2500, "USD")
PLAIN = Settings(
    secret_key="only-for-tests-" + "0" * 32,
    database_url="sqlite://",
    payments="stripe",
    stripe_secret_key="sk_test_network",
    stripe_publishable_key="pk_test_network",
    stripe_webhook_secret="whsec_network",
)


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Answer each connection on a port of our own."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.recv(65_536)
                answer(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def gateway_at(base: str, monkeypatch: pytest.MonkeyPatch, *, seconds: float = 60) -> StripeGateway:
    monkeypatch.setattr(client, "MAX_RETRIES", 0)
    monkeypatch.setattr(client, "TIMEOUT_SECONDS", seconds)
    made = connect.to_processor(replace(PLAIN, stripe_api_base=base))
    assert isinstance(made, StripeGateway)
    return made


def replies(status: str, body: str) -> Callable[[socket.socket], None]:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return lambda connection: connection.sendall((head + body).encode())


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_where_nothing_listens_nothing_was_executed(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    answer = gateway_at(f"http://127.0.0.1:{port}", monkeypatch).fetch_intent("pi_1")
    assert answer == Unknown("the processor could not be reached")


def test_a_reset_connection_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(resets) as base:
        answer = gateway_at(base, monkeypatch).fetch_intent("pi_1")
    assert isinstance(answer, Unknown)


def test_silence_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    with listening(lambda _connection: (over.wait(60), None)[1]) as base:
        answer = gateway_at(base, monkeypatch, seconds=0.3).fetch_intent("pi_1")
        over.set()
    assert isinstance(answer, Unknown)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("500 Oops", "<html>"),
        ("502 Bad Gateway", "{}"),
        ("503 Busy", '{"error": {"type": "api_error"}}'),
        ("200 OK", "<html>"),
        ("200 OK", "{}"),
        ("200 OK", "[]"),
        ("200 OK", "null"),
        ("200 OK", '{"object": "payment_intent", "id": "pi_1", "status": "odd"}'),
        ("409 Conflict", '{"error": {"code": "lock_timeout", "type": "invalid_request_error"}}'),
        ("429 Slow", '{"error": {"code": "rate_limit"}}'),
        ("408 Late", "{}"),
    ],
)
def test_nonsense_says_nothing(monkeypatch: pytest.MonkeyPatch, status: str, body: str) -> None:
    with listening(replies(status, body)) as base:
        assert isinstance(gateway_at(base, monkeypatch).fetch_intent("pi_1"), Unknown)


CALLS: dict[str, Callable[[StripeGateway], object]] = {
    "create_customer": lambda g: g.create_customer(customer_id="cus_1", profile=Profile("A", "a@a.example"), key="k"),
    "create_intent": lambda g: g.create_intent(ChargeOrder("pay_1", "cus_1", "cus_x", AMOUNT, "Credits"), key="k"),
    "confirm_intent": lambda g: g.confirm_intent("pi_1", method="pm_1", return_url=BACK, off_session=True, key="k"),
    "confirm_one_time": lambda g: g.confirm_one_time("pi_1", rail=Rail.CRYPTO, return_url=BACK, key="k"),
    "cancel_intent": lambda g: g.cancel_intent("pi_1", key="k"),
    "find_intent": lambda g: g.find_intent(payment_id="pay_1", processor_customer="cus_x", since=NOON),
    "intents_since": lambda g: g.intents_since(NOON, NOON),
    "events_since": lambda g: g.events_since(NOON, NOON),
    "begin_setup": lambda g: g.begin_setup(SetupOrder("set_1", "cus_1", "cus_x", (Rail.CARD,)), key="k"),
    "confirm_setup": lambda g: g.confirm_setup(
        "seti_1", method="pm_card_visa", return_url=BACK, acceptance=None, key="k"
    ),
    "fetch_setup": lambda g: g.fetch_setup("seti_1"),
    "cancel_setup": lambda g: g.cancel_setup("seti_1", key="k"),
    "fetch_method": lambda g: g.fetch_method("pm_1"),
    "list_methods": lambda g: g.list_methods("cus_x"),
    "portal_url": lambda g: g.portal_url(processor_customer="cus_x", return_url=BACK, key="k"),
    "create_refund": lambda g: g.create_refund(
        intent_id="pi_1", refund_id="ref_1", payment_id="pay_1", amount=AMOUNT, reason="", key="k"
    ),
    "fetch_refund": lambda g: g.fetch_refund("re_1"),
    "refunds_of": lambda g: g.refunds_of("pi_1"),
    "fetch_dispute": lambda g: g.fetch_dispute("du_1"),
    "disputes_of": lambda g: g.disputes_of("pi_1"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("body", ["{}", '{"object": "odd", "data": [{}], "status": {}}', "<html>"])
def test_an_answer_of_another_kind_says_nothing_whatever_was_asked(
    monkeypatch: pytest.MonkeyPatch, call: Callable[[StripeGateway], object], body: str
) -> None:
    with listening(replies("200 OK", body)) as base:
        answer = call(gateway_at(base, monkeypatch))
    assert isinstance(answer, Unknown)


def test_a_setup_that_succeeded_with_nothing_is_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    body = (
        '{"object": "setup_intent", "id": "seti_1", "status": "succeeded", "metadata": {}, "payment_method": null,'
        ' "mandate": null, "next_action": null, "last_setup_error": null}'
    )
    with listening(replies("200 OK", body)) as base:
        assert isinstance(gateway_at(base, monkeypatch).fetch_setup("seti_1"), Unknown)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("warning_needs_response", DisputeState.OPEN),
        ("warning_under_review", DisputeState.OPEN),
        ("warning_closed", DisputeState.WON),
        ("needs_response", DisputeState.OPEN),
        ("under_review", DisputeState.OPEN),
        ("a_word_to_come", DisputeState.OPEN),
        ("won", DisputeState.WON),
        ("prevented", DisputeState.WON),
        ("lost", DisputeState.LOST),
    ],
)
def test_each_word_of_a_dispute_is_open_won_or_lost(
    monkeypatch: pytest.MonkeyPatch, status: str, state: DisputeState
) -> None:
    body = (
        f'{{"object": "dispute", "id": "du_1", "status": "{status}", "amount": 100, "currency": "usd", "created": 1,'
        ' "payment_intent": "pi_1", "reason": "general", "evidence_details": {"due_by": null}}'
    )
    with listening(replies("200 OK", body)) as base:
        answer = gateway_at(base, monkeypatch).fetch_dispute("du_1")
    assert isinstance(answer, ProcessorDispute) and answer.state is state and answer.respond_by is None


@pytest.mark.parametrize("status", ["400 Bad", "401 Who", "403 No", "404 None"])
def test_a_refusal_of_the_request_is_ours_to_mend(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    with listening(replies(status, '{"error": {"type": "invalid_request_error", "message": "no"}}')) as base:
        assert isinstance(gateway_at(base, monkeypatch).fetch_intent("pi_1"), Misused)


def test_an_intent_of_somebody_else_is_read_without_our_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    body = (
        '{"object": "payment_intent", "id": "pi_1", "status": "succeeded", "amount": 100, "amount_received": 100,'
        ' "currency": "usd",'
        ' "metadata": {}, "next_action": null, "last_payment_error": null}'
    )
    with listening(replies("200 OK", body)) as base:
        answer = gateway_at(base, monkeypatch).fetch_intent("pi_1")
    assert isinstance(answer, Intent) and (answer.payment_id, answer.customer_id) == ("", "")


def test_the_client_is_pinned_and_says_nothing_about_us(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for _ in range(2):
            connection, _ = server.accept()
            with connection:
                heard.append(connection.recv(65_536))
                replies("404 None", '{"error": {"message": "no"}}')(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    gateway = gateway_at(f"http://127.0.0.1:{server.getsockname()[1]}", monkeypatch)
    gateway.fetch_intent("pi_1")
    gateway.cancel_intent("pi_1", key="pay_1:cancel")
    thread.join()
    server.close()
    first, second = (text.decode().lower() for text in heard)
    assert "stripe-version: 2026-10-28.endive" in first and "telemetry" not in first + second
    assert "idempotency-key: pay_1:cancel" in second
    assert stripe.enable_telemetry is False
