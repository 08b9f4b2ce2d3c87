"""Webhooks out over HTTPS: signed after Standard Webhooks, and only ever to the public internet (AC-61).

Names are looked up once: every address found must be public, and the connection goes to the one that was looked at,
under the name. No redirect is followed, no proxy of the environment is used, and nothing takes longer than `SECONDS`.
"""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import requests
import urllib3
from AntiSSRF import AntiSSRFError, AntiSSRFPolicy, PolicyConfigOptions  # type: ignore[import-untyped]
from standardwebhooks import Webhook
from urllib3.connection import HTTPConnection, HTTPSConnection

from app.domain.webhooks import Answer, Answered, Unanswered, check_url, not_public

SECONDS = 10
CONNECT_SECONDS = 5
MOST_READ = 64 * 1024
_NOT_PUBLIC = "Its host leads to no address on the public internet."
_TOO_LATE = f"It did not answer within {SECONDS} seconds."
_LOOPBACK = ["127.0.0.0/8", "::1/128"]
# Beside the library's list: all that is not global unicast, and the old ways to write an IPv4 address as IPv6.
_MORE_DENIED = ["::/96", "::ffff:0:0:0/96", "100::/8", "200::/7", "400::/6", "800::/5", "1000::/4", "4000::/2"]
_MORE_DENIED += ["8000::/1"]


def signed(secrets: Sequence[str], event_id: str, at: datetime, body: str) -> dict[str, str]:
    """Return the headers that go with the body: one signature of each secret, the present one first."""
    # The library signs another time, and says nothing, when it is given one that is not in UTC.
    moment = at.astimezone(UTC).replace(microsecond=0)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(event_id, moment, body) for secret in secrets),
    }


def look_up(url: str, *, allow_loopback: bool = False) -> None:
    """Refuse an address that events may not be sent to: by its form, or by where its host leads just now."""
    parts = check_url(url, allow_loopback=allow_loopback)
    host = parts.hostname or ""
    problem: list[str] = []

    def work(_line: "_Line") -> None:
        session = _session(host, allow_loopback=allow_loopback)
        try:
            prepared = requests.Request("POST", url).prepare()
            session.get_adapter(prepared.url or "").build_connection_pool_key_attributes(prepared, verify=True)
        except (AntiSSRFError, OSError, ValueError) as found:
            problem.append(type(found).__name__)
        finally:
            session.close()

    if not _within(CONNECT_SECONDS, work) or problem:
        raise not_public()


def post(
    url: str, body: str, headers: dict[str, str], *, allow_loopback: bool = False, trust: str | bool = True
) -> Answer:
    """Send the body, and return what came of it within ten seconds. `trust` names the certificates to believe."""
    began = time.monotonic()
    came: list[Answer] = []

    def report(answer: Callable[[int], Answer]) -> None:
        came.append(answer(int((time.monotonic() - began) * 1000)))

    def heard(status: int, retry_after: int | None) -> None:
        report(lambda took: Answered(status, took, retry_after))

    def work(line: "_Line") -> None:
        try:
            host = check_url(url, allow_loopback=allow_loopback).hostname or ""
            with closing(_session(host, allow_loopback=allow_loopback)) as session:
                _exchange(session, _request(url, body, headers), trust, line, heard)
        except Exception as problem:  # noqa: BLE001  # whatever the other side makes of HTTP, a delivery must end
            words = _TOO_LATE if line.was_cut else _words(problem)
            report(lambda took: Unanswered(words, took))

    _within(SECONDS, work)
    return came[0] if came else Unanswered(_TOO_LATE, int((time.monotonic() - began) * 1000))


def _request(url: str, body: str, headers: dict[str, str]) -> requests.PreparedRequest:
    own = {"content-type": "application/json", "user-agent": "Purser-Webhooks/1", "accept-encoding": "identity"}
    return requests.Request("POST", url, data=body.encode(), headers=own | headers).prepare()


def _exchange(
    session: Any,
    request: requests.PreparedRequest,
    trust: str | bool,
    line: "_Line",
    heard: Callable[[int, int | None], None],
) -> None:
    """Send by the adapter alone: a session would read the whole body of a redirect before it lets it be."""
    token = _LINE.set(line)
    try:
        adapter = session.get_adapter(request.url or "")
        adapter.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        patience = (CONNECT_SECONDS, SECONDS)
        answer = adapter.send(request, stream=True, timeout=patience, verify=trust, cert=None, proxies={})
        with closing(answer):
            if line.was_cut:  # an answer that breaks off is read as one that has ended
                raise TimeoutError
            heard(answer.status_code, _seconds(answer.headers.get("retry-after", "")))
            # Taken in, so that the other side sees its answer taken; what it says is not looked at
            answer.raw.read(MOST_READ, decode_content=False)
    finally:
        _LINE.reset(token)
        line.close()


def _seconds(text: str) -> int | None:
    """Return the seconds of a Retry-After header; None for the form with a date, and for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _words(problem: Exception) -> str:
    match problem:
        case AntiSSRFError() | socket.gaierror():
            return _NOT_PUBLIC
        case requests.exceptions.SSLError():
            return "TLS failed, or its certificate is not trusted."
        case requests.exceptions.Timeout():
            return _TOO_LATE
        case requests.exceptions.RequestException() | urllib3.exceptions.HTTPError() | OSError():
            return "The connection failed."
        case _:
            return "It cannot be sent to."


@lru_cache
def _policy(*, loopback: bool) -> Any:
    policy = AntiSSRFPolicy(PolicyConfigOptions.EXTERNAL_ONLY_LATEST)
    policy.add_denied_addresses(_MORE_DENIED)
    policy.add_xff_header = False  # some receivers take what it says for an address
    if loopback:
        policy.add_allowed_addresses(_LOOPBACK)
        policy.allow_plain_text_http = True
    return policy


def _session(host: str, *, allow_loopback: bool) -> Any:
    """Return a session of its own: a connection is never used again, so each is looked at."""
    loopback = allow_loopback and host.lower() in {"localhost", "127.0.0.1", "::1"}
    session = _policy(loopback=loopback).get_antissrf_session()
    session.trust_env = False
    return session


class _Line:
    """The connection of one request, so that it can be cut from outside."""

    def __init__(self) -> None:
        self.was_cut = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def hold(self, made: socket.socket) -> None:
        """Keep hold of the connection: of a copy, as TLS takes the first one over."""
        with self._lock:
            self._socket = made.dup()
        if self.was_cut:
            self.cut()

    def cut(self) -> None:
        """End the connection now, whoever waits for it."""
        with self._lock:
            self.was_cut = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None


_LINE: ContextVar[_Line] = ContextVar("line")


class _Http(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        made = super()._new_conn()
        _LINE.get().hold(made)
        return made


class _Https(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        made = super()._new_conn()
        _LINE.get().hold(made)
        return made


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls: Any = _Http


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls: Any = _Https


def _within(seconds: float, work: Callable[[_Line], None]) -> bool:
    """Do the work in a thread of its own; cut its line when the time is over. Say whether it was done by then.

    Timeouts of sockets restart with each byte, and looking up a name has none at all.
    """
    line = _Line()
    thread = threading.Thread(target=work, args=(line,), name="webhook", daemon=True)
    thread.start()
    thread.join(seconds)
    if not thread.is_alive():
        return True
    line.cut()
    thread.join(1)
    return False
