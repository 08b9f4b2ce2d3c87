"""Cookies of a stranger's, of any kind: never an error of ours, never a session."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask_login import encode_cookie
from sqlalchemy import Engine, event

from app.domain.people.members import Actor
from app.services.access import sessions
from tests.support.browser import Browser
from tests.support.client import StandAloneClient
from tests.support.server import Server

NAMES = ["remember_token", "session", "purser", "__Host-purser", "__Host-purser-sign-in", "purser-frame", "None"]
ODD = {
    "empty": "",
    "not ASCII": "\xff\xfe\xfc",
    "UTF-8": "ключ".encode().decode("latin-1"),
    "ten KiB": "x" * 10_240,
    "ten KiB that are not ASCII": "\xff" * 10_240,
    "a signature that is none": "mem_01m7yf6e2petjvd4e9mfpp4v5z|" + "0" * 128,
    "no signature": "mem_01m7yf6e2petjvd4e9mfpp4v5z|",
    "only a bar": "|",
    "an octal that is none": '"\\777\\400"',
    "quotes": '"',
    "a percent": "%00%ff%",
    "equals": "=" * 50,
    "a made-up token": "A" * 43,
    "another's JSON": "eyJfdXNlcl9pZCI6Im1lbV8xIn0.Zzzzzz.0000",
}
PATHS = ["/billing/", "/sign-in", "/confirm-access", "/no-such-page", "/static/portal.css", "/healthz"]


def asks(app: Flask, path: str, cookie: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    """Ask with this Cookie header, as it came over the wire; return the status and where it leads."""
    client = app.test_client(use_cookies=False)
    answer = client.open(path, method=method, environ_overrides={"HTTP_COOKIE": cookie}, headers=headers)
    return answer.status_code, answer.headers.get("Location", "") or answer.headers.get("HX-Redirect", "")


def is_a_stranger(app: Flask, cookie: str) -> None:
    """See that whoever sends this cookie is nobody, on a page, for htmx and with a form; at most a session is over."""
    status, location = asks(app, "/billing/", cookie)
    assert (status, location.removesuffix("&ended=1")) == (303, "/sign-in?next=%2Fbilling%2F")
    status, location = asks(app, "/billing/", cookie, **{"HX-Request": "true"})
    assert (status, location.removesuffix("?ended=1")) == (401, "/sign-in")
    assert asks(app, "/billing/payment-methods/pm_1/removal", cookie, "POST")[0] == 303


@pytest.mark.parametrize("what", ODD)
def test_odd_cookies_are_no_error_and_no_session(app: Flask, what: str) -> None:
    cookie = "; ".join(f"{name}={ODD[what]}" for name in NAMES)
    for path in PATHS:
        assert asks(app, path, cookie)[0] < 500, path
    is_a_stranger(app, cookie)


def test_a_header_that_holds_no_cookie_is_none(app: Flask) -> None:
    for cookie in ("", ";", "=", "\xff", ";;;=;", "a" * 10_240, "purser", "=purser", "purser=;purser="):
        is_a_stranger(app, cookie)


def test_a_remember_token_signs_nobody_in_even_with_the_right_signature(app: Flask, alice_actor: Actor) -> None:
    with app.test_request_context():
        token = encode_cookie(alice_actor.member_id)
    for name in NAMES:
        is_a_stranger(app, f"{name}={token}")


def test_no_header_signs_anybody_in(app: Flask, alice_actor: Actor) -> None:
    for text in (f"Bearer {alice_actor.member_id}", f"Basic {alice_actor.member_id}", "\xff"):
        assert asks(app, "/billing/", "", Authorization=text)[0] == 303


def test_another_customers_token_is_dead_once_they_signed_out(app: Flask, mallory: Browser, acme: object) -> None:
    kept = mallory.client.get_cookie("purser")
    assert kept is not None
    assert asks(app, "/billing/", f"purser={kept.value}")[0] == 200
    mallory.submits(mallory.opens("/billing/"), ".account form[action='/sign-out']")
    is_a_stranger(app, f"purser={kept.value}")
    is_a_stranger(app, f"purser={kept.value}; remember_token={kept.value}")


def test_a_visitors_token_is_no_sign_in(app: Flask, alice_actor: Actor) -> None:
    token = sessions.begin(json.dumps({"_user_id": alice_actor.member_id, "_fresh": True}))
    is_a_stranger(app, f"purser={token}")


def test_asvs_7_2_1_the_data_of_a_session_says_nothing_of_who_is_signed_in(
    app: Flask, alice: Browser, mallory_actor: Actor
) -> None:
    kept = alice.client.get_cookie("purser")
    assert kept is not None
    sessions.keep(kept.value, json.dumps({"_user_id": mallory_actor.member_id, "_fresh": True}))
    page = alice.opens("/billing/")
    assert "Alice Archer" in page.text and "Mallory" not in page.text
    assert all(not each.startswith("remember_token") for each in page.response.headers.getlist("Set-Cookie"))


def test_signing_in_keeps_no_address_and_no_browsers_name(app: Flask, alice: Browser) -> None:
    alice.opens("/billing/")
    kept = alice.client.get_cookie("purser")
    assert kept is not None
    found = sessions.find(kept.value)
    assert found is not None
    assert "_id" not in found.data and "_user_id" not in found.data and "_fresh" not in found.data


def test_the_server_too_answers_odd_bytes(live_server: Server) -> None:
    where = urlsplit(live_server.url)
    for name in NAMES:
        for what, value in ODD.items():
            with socket.create_connection((where.hostname or "", where.port or 0), timeout=60) as line:
                sent = f"GET /billing/ HTTP/1.1\r\nHost: {where.netloc}\r\nCookie: {name}={value}\r\nConnection: close\r\n\r\n"
                line.sendall(sent.encode("latin-1"))
                answer = line.makefile("rb").readline().decode()
            assert answer.split()[1] in {"303", "400", "431"}, (name, what, answer)


def test_the_clients_of_this_file_send_what_they_say(app: Flask, alice: Browser) -> None:
    kept = alice.client.get_cookie("purser")
    assert kept is not None and isinstance(alice.client, StandAloneClient)
    assert asks(app, "/billing/", f"purser={kept.value}")[0] == 200


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """Collect every statement that any engine runs."""
    seen: list[str] = []

    def saw(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", saw)
    yield seen
    event.remove(Engine, "before_cursor_execute", saw)


@pytest.mark.both_databases
def test_a_stranger_asks_the_database_for_nothing_and_a_page_that_is_not_there_for_little(
    app: Flask, alice: Browser, asked: list[str]
) -> None:
    asked.clear()
    for path in ("/billing/", "/confirm-access", "/no-such-page", "/static/portal.css"):
        app.test_client(use_cookies=False).get(path, base_url=alice.origin, headers={"Cookie": "remember_token=a|b"})
    assert asked == []
    assert alice.opens("/no-such-page").status == 404
    read = [each for each in asked if each.startswith("SELECT")]
    assert 0 < len(read) <= 5, "who is signed in, and what stands around the page"


def test_one_statement_finds_the_session_its_member_and_the_customer(alice: Browser, asked: list[str]) -> None:
    alice.opens("/billing/")  # keeps its form token in the session, once
    for path, headers in (("/billing/usage", {}), ("/billing/payment-methods/", {"HX-Request": "true"})):
        asked.clear()
        assert alice.opens(path, **headers).status == 200
        assert len([each for each in asked if "browser_sessions" in each]) == 1
        assert [each for each in asked if each.startswith(("UPDATE", "INSERT", "DELETE"))] == []
