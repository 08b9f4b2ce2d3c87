"""A host that takes webhooks, as a process of its own on loopback: it keeps what it is sent, and misbehaves as it is event.

As a program it listens at a port of loopback and writes each request it got as a line of JSON to its standard output.
"""

import json
import os
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from tests.support import programs
from tests.support.ports import free_port
from tests.support.worker import until

HOST = "127.0.0.1"
PATIENCE = 60
DRIP = 0.02
HUGE = 200 * 1024 * 1024
SECRET = "hTTpsKnowerMayPost2026xY"
"""What makes the address of a chat a secret."""
RETRY_AFTER = "1800"
SLACK_SAYS = {
    "400": "invalid_payload", "403": "action_prohibited", "404": "no_service", "410": "channel_is_archived",
    "429": "rate_limited", "500": "rollup_error",
}  # fmt: skip
_ONE_LINE = threading.Lock()


@dataclass(frozen=True)
class Received:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: str

    def signed_by(self, secret: str) -> bool:
        """Say whether one of its signatures is of this secret, as the library of its receiver sees it."""
        try:
            Webhook(secret).verify(self.body, self.headers)
        except Exception:  # noqa: BLE001  # the library raises more than its own errors
            return False
        return True

    @property
    def event(self) -> dict[str, Any]:
        """The event in it."""
        event: dict[str, Any] = json.loads(self.body)
        return event


@dataclass(frozen=True)
class Receiver:
    """A running receiver."""

    port: int
    log: Path
    process: programs.Program

    def url(self, behaviour: str = "200") -> str:
        """Return the address at which it behaves so: a status, `hang`, `drip`, `redirect:…`, `huge` or `huge-302`."""
        return f"http://{HOST}:{self.port}/{behaviour}"

    def slack(self, answer: str = "") -> str:
        """Return the address of an incoming webhook of Slack's, which answers so: a status, or `hang`."""
        return self.url(f"services/T0ACME000/B0BILLING0/{SECRET}{f'?as={answer}' if answer else ''}")

    def teams(self, answer: str = "") -> str:
        """Return the address of a workflow of Teams, which answers so."""
        return self.url(f"workflows/{SECRET}/triggers/manual/paths/invoke{f'?as={answer}' if answer else ''}")

    def requests(self) -> list[Received]:
        """Return what it got so far."""
        return [Received(**json.loads(line)) for line in self.log.read_text().splitlines()]

    def sent(self) -> int:
        """Return how many bytes of its huge answer it got rid of, once it is over."""
        file = self.log.with_suffix(".sent")
        until(file.exists)
        return int(file.read_text())


@contextmanager
def receiving(directory: Path) -> Iterator[Receiver]:
    """Run a receiver inside the block."""
    port = free_port()
    log = directory / f"receiver-{port}.log"
    words = (str(port), str(log.with_suffix(".sent")))
    with log.open("wb") as output, log.with_suffix(".errors").open("wb") as errors:
        process = programs.start("tests.support.receiver", *words, env=os.environ, output=output, errors=errors)
    try:
        _wait(port)
        yield Receiver(port, log, process)
    finally:
        process.kill()
        process.wait()


def _wait(port: int) -> None:
    for _ in range(PATIENCE * 20):
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the receiver does not listen")


def _is_slacks(body: str) -> bool:
    """Say whether Slack would take it: JSON with a text of up to 40,000 characters."""
    try:
        text = json.loads(body)["text"]
    except (ValueError, KeyError, TypeError):
        return False
    return isinstance(text, str) and 0 < len(text) <= 40_000


def _is_a_card(body: str) -> bool:
    """Say whether the trigger of a workflow would take it: a message of one Adaptive Card, of up to 28 KB."""
    try:
        (attachment,) = json.loads(body)["attachments"]
        card = attachment["content"]
        return (
            attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
            and (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
            and bool(card["body"])
            and len(body.encode()) <= 28_000
        )
    except (ValueError, KeyError, TypeError):
        return False


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        body = self.rfile.read(length).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        with _ONE_LINE:
            print(json.dumps({"path": self.path, "headers": headers, "body": body}), flush=True)
        behaviour = self.path.lstrip("/").partition("?")[0]
        if self.path.startswith(("/services/", "/workflows/")):
            self._as_a_chat(body)
        elif behaviour == "hang":
            time.sleep(PATIENCE)
        elif behaviour == "drip":
            self._drip()
        elif behaviour.startswith("redirect"):
            self._answer(302, (("Location", f"http://{HOST}:{self.server.server_address[1]}/200"),))
        elif behaviour.startswith("huge"):
            self._huge(302 if behaviour == "huge-302" else 200)
        else:
            self._answer(int(behaviour))

    def _as_a_chat(self, body: str) -> None:
        """Answer as Slack's and Teams' incoming webhooks do: what they are sent is looked at, `?as=` lets them refuse."""
        asked = self.path.partition("?as=")[2]
        is_slack = self.path.startswith("/services/")
        if asked == "hang":
            time.sleep(PATIENCE)
        elif asked:
            waits = (("Retry-After", RETRY_AFTER),) if asked == "429" else ()
            self._answer(int(asked), waits, SLACK_SAYS.get(asked, "") if is_slack else "")
        elif is_slack:
            taken = _is_slacks(body)
            self._answer(200 if taken else 400, (), "ok" if taken else "invalid_payload")
        else:
            self._answer(202 if _is_a_card(body) else 400)

    def _answer(self, status: int, headers: tuple[tuple[str, str], ...] = (), words: str = "") -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(words)))
        self.end_headers()
        self.wfile.write(words.encode())

    def _drip(self) -> None:
        """Answer a byte at a time, each before anybody's patience with one read ends."""
        for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Filler: x\r\n" * 1000:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(DRIP)

    def _huge(self, status: int) -> None:
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/200")
        self.send_header("Content-Length", str(HUGE))
        self.end_headers()
        sent, piece = 0, b"x" * 65_536
        try:
            while sent < HUGE:
                self.wfile.write(piece)
                sent += len(piece)
        finally:
            count = Path(sys.argv[2])
            count.with_suffix(".part").write_text(str(sent))
            count.with_suffix(".part").rename(count)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, *_about: object) -> None:
        """A sender that hangs up is no error."""


if __name__ == "__main__":
    with _Server((HOST, int(sys.argv[1])), _Handler) as server:
        server.serve_forever()
