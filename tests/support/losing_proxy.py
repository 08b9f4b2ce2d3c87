"""A way to the portal that loses answers: the request is done, and the connection ends without a word of it."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class LosingProxy(ThreadingHTTPServer):
    """Passes requests on, and loses as many answers to what changes something as it is asked to."""

    daemon_threads = True
    loses = 0
    portal = ""
    sent: list[tuple[str, str | None]]
    """Path and `Idempotency-Key` of each POST and PUT, as often as it came."""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LosingProxy

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = http.client.HTTPConnection(urlsplit(self.server.portal).netloc, timeout=60)
        connection.request(self.command, self.path, body, dict(self.headers.items()))
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        if self.command != "GET":
            self.server.sent.append((self.path, self.headers.get("Idempotency-Key")))
            if self.server.loses > 0:
                self.server.loses -= 1
                self.close_connection = True
                return
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815  # their names there

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        """Say nothing."""


@contextmanager
def losing(portal: str, answers: int = 0) -> Iterator[LosingProxy]:
    """Stand between a client and the portal inside the block, and lose so many answers."""
    proxy = LosingProxy(("127.0.0.1", 0), _Handler)
    proxy.portal, proxy.loses, proxy.sent = portal, answers, []
    thread = threading.Thread(target=proxy.serve_forever)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        thread.join(60)
        proxy.server_close()
