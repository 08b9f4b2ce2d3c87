"""A service that speaks like VIES, on loopback: it keeps what it is asked, and misbehaves on demand."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HTML = b"<html><body>Service unavailable</body></html>"


def error(code: str) -> dict[str, Any]:
    """Return what VIES says inside of a 200 where it does not answer."""
    return {"actionSucceed": False, "errorWrappers": [{"error": code}]}


@dataclass
class FakeVies:
    """A running service; `says` is a status and a body for each question, the last one for all that follow."""

    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    says: list[tuple[int, object]] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    """What happens while a question is on its way."""
    silent: threading.Event = field(default_factory=threading.Event)
    """Set: nothing is answered until it is cleared."""

    def answers(self, *says: tuple[int, object] | dict[str, Any] | bytes) -> None:
        """Answer like this from now on. A dict of `valid` alone becomes the whole documented answer."""
        self.says[:] = [each if isinstance(each, tuple) else (200, each) for each in says]

    def next_answer(self, question: dict[str, str]) -> tuple[int, bytes]:
        """Return the answer to the question."""
        self.asked.append(question)
        self.meanwhile()
        status, body = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(body, bytes):
            return status, body
        if isinstance(body, dict) and "valid" in body:
            body = {"requestDate": "2026-11-28T10:00:00Z", "name": "---", "address": "---"} | question | body
            body.setdefault("requestIdentifier", "WAPI0001" if "requesterNumber" in question else "")
        return status, json.dumps(body).encode()


@contextmanager
def answering() -> Iterator[FakeVies]:
    """Run the service inside the block."""
    fake = FakeVies(says=[(200, {"valid": True})])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["content-length"])))
            while fake.silent.is_set():
                time.sleep(0.01)
            status, body = fake.next_answer(question) if self.path == "/rest/check-vat-number" else (404, HTML)
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}/rest"
    try:
        yield fake
    finally:
        fake.silent.clear()
        server.shutdown()
        server.server_close()
        thread.join()
