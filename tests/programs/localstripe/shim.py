"""What stands before localstripe: a small server that writes requests down, keeps idempotency keys and fills gaps.

`python -m tests.programs.localstripe.shim FD UPSTREAM FILE` listens on an open socket, asks localstripe at UPSTREAM,
and appends what it hears to FILE. A request that no gap is known for goes to localstripe as it is.
"""

import json
import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from tests.programs.localstripe import gaps_in_money, gaps_in_setups, wallets
from tests.programs.localstripe.upstream import Body, Params, Refusal, Shop

Gap = tuple[str, str, Callable[..., Body]]
GAPS: tuple[Gap, ...] = (*gaps_in_money.GAPS, *gaps_in_setups.GAPS)


class Shim:
    """The state of the shim: keys and their answers, and what localstripe does not remember."""

    def __init__(self, shop: Shop, heard: Path) -> None:
        self._shop, self._heard = shop, heard
        self._answers: dict[str, tuple[str, int, str]] = {}
        self._one_at_a_time = threading.Lock()

    def answer(self, method: str, target: str, headers: dict[str, str], body: str) -> tuple[int, str, dict[str, str]]:
        """Answer one request as Stripe would."""
        with self._one_at_a_time:
            path = urlsplit(target).path
            if path.startswith("/_shim/"):
                return self._itself(method, path, body)
            url = f"http://{headers.get('Host', '')}{target}"
            with self._heard.open("a") as file:
                file.write(json.dumps({"method": method, "url": url, "headers": headers, "body": body}) + "\n")
            key = headers.get("Idempotency-Key", "") if method == "post" else ""
            known = self._answers.get(key)
            sent = f"{method} {target} {body}"
            if known is None:
                status, answer = self._execute(method, target, body)
                if key:
                    self._answers[key] = (sent, status, answer)
                return status, answer, {}
            if known[0] != sent:
                error = {"type": "idempotency_error", "message": "This key was used with other parameters."}
                return 400, json.dumps({"error": error}), {}
            return known[1], known[2], {"Idempotent-Replayed": "true"}

    def _execute(self, method: str, target: str, body: str) -> tuple[int, str]:
        parts = urlsplit(target)
        params = read(body if method == "post" else parts.query)
        wanted = params.pop("expand", {}).values()
        try:
            answer = self._ask(method, parts.path, params)
            for path in wanted:
                self._shop.expand(answer, path.split("."))
            return 200, json.dumps(answer)
        except Refusal as refusal:
            return refusal.status, json.dumps({"error": refusal.error})

    def _ask(self, method: str, path: str, params: Params) -> Body:
        for verb, pattern, handler in GAPS:
            ids = self._shop.matched(pattern, path)
            if verb == method and ids is not None:
                return handler(self._shop, params, *ids)
        return self._shop.ask(method, path, params)

    def _itself(self, method: str, path: str, body: str) -> tuple[int, str, dict[str, str]]:
        match path.split("/")[2:]:
            case ["ready"]:
                return 200, json.dumps({"ready": self._shop.is_open()}), {}
            case ["forget"] if method == "post":
                self._answers.clear()
                self._shop.forget()
                return 200, "{}", {}
            case ["customer", object_id] if method == "post":
                wallets.answered(self._shop, object_id, approved=body == "approve")
                return 200, "{}", {}
            case ["bank", object_id] if method == "post":
                wallets.decided(self._shop, object_id, body)
                return 200, "{}", {}
            case _:
                return 404, "{}", {}


def read(encoded: str) -> Params:
    """Read `a[b]=c` into dictionaries of texts."""
    tree: Params = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        *path, last = name.replace("]", "").split("[")
        inner = tree
        for step in path:
            inner = inner.setdefault(step, {})
        inner[last] = value
    return tree


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP for the shim."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # an answer in one piece: two would wait for each other

    def do_GET(self) -> None:
        """Answer a GET."""
        self._answers("get")

    def do_POST(self) -> None:
        """Answer a POST."""
        self._answers("post")

    def do_DELETE(self) -> None:
        """Answer a DELETE."""
        self._answers("delete")

    def log_message(self, *_: Any) -> None:
        """Say nothing: what matters is written to the file."""

    def _answers(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        shim = cast(Server, self.server).shim
        status, text, headers = shim.answer(method, self.path, dict(self.headers.items()), body)
        encoded = text.encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(encoded))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(encoded)


class Server(ThreadingHTTPServer):
    """Listens on a socket that was opened before."""

    daemon_threads = True

    def __init__(self, listener: socket.socket, shim: Shim) -> None:
        super().__init__(listener.getsockname()[:2], Handler, bind_and_activate=False)
        self.socket.close()
        self.socket, self.shim = listener, shim


def main() -> None:
    """Serve until somebody ends it."""
    _, descriptor, upstream, heard = sys.argv
    listener = socket.socket(fileno=int(descriptor))
    host, port = listener.getsockname()[:2]
    Server(listener, Shim(Shop(upstream, f"http://{host}:{port}"), Path(heard))).serve_forever()


if __name__ == "__main__":
    main()
