"""The outside world of the webhook client, made up: names that lead where a test says, and who was connected to."""

import http.server
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from urllib3.util import connection as urllib3_connection

PUBLIC = "93.184.216.34"
PUBLIC_6 = "2606:2800:220:1:248:1893:25c8:1946"


@dataclass
class Net:
    """Where names lead, one answer a lookup (the last one stays), and what was done."""

    names: dict[str, list[list[str]]] = field(default_factory=dict)
    leads_to: int | None = None
    """The port of this machine at which a connection to a public address ends up; None: nowhere."""
    lookups: list[str] = field(default_factory=list)
    connections: list[tuple[str, int]] = field(default_factory=list)

    def name(self, name: str, *answers: list[str]) -> None:
        """Let the name lead to these addresses, one list after the other."""
        self.names[name] = list(answers)


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Net:
    """A network of the test's own: no lookup and no connection leaves this machine."""
    made = Net()
    really, connect = socket.getaddrinfo, socket.socket.connect

    def getaddrinfo(host: Any, port: Any, *more: Any, **options: Any) -> Any:
        made.lookups.append(str(host))
        if str(host) in made.names:
            answers = made.names[str(host)]
            found = answers.pop(0) if len(answers) > 1 else answers[0]
            return [entry for each in found for entry in really(each, port, *more, **options)]
        return really(host, port, socket.AF_UNSPEC, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)

    def create_connection(address: tuple[str, int], timeout: Any = None, *_more: Any, **_options: Any) -> socket.socket:
        made.connections.append(address)
        if made.leads_to is None:
            raise ConnectionRefusedError
        line = socket.socket()
        line.settimeout(timeout)
        connect(line, ("127.0.0.1", made.leads_to))
        return line

    def never(_line: socket.socket, address: Any) -> None:
        made.connections.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", never)
    monkeypatch.setattr(urllib3_connection, "create_connection", create_connection)
    return made


@dataclass
class Host:
    """A host with TLS: its port, whose signature to believe, and what it was asked by which name."""

    port: int
    trust: str
    asked: list[tuple[str | None, str | None, str]] = field(default_factory=list)


@contextmanager
def tls_host(directory: Path, name: str) -> Iterator[Host]:
    """Serve HTTPS under the name inside the block."""
    key, chain = directory / f"{name}.key", directory / f"{name}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(chain)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    asked_by: list[str | None] = []
    context.sni_callback = lambda _line, wanted, _context: asked_by.append(wanted)
    made = Host(0, str(chain))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            made.asked.append((asked_by[-1], self.headers["host"], self.path))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    class Server(http.server.ThreadingHTTPServer):
        def get_request(self) -> tuple[socket.socket, Any]:
            line, address = super().get_request()
            try:
                return context.wrap_socket(line, server_side=True), address
            except OSError:
                line.close()
                raise

    with Server(("127.0.0.1", 0), Handler) as server:
        made.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
