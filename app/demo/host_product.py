"""The example host product beside the demo: its keys, its process, and who answers webhooks until it is started."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from app.demo.environment import HOST, ROOT
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.access import api_keys, frame_origins
from app.services.webhooks import endpoints

CUSTOMER = "demo-northwind"
WEBHOOKS = "/webhooks"
BUSY_ONCE = "spend.daily_limit_reached"
"""The event that is turned away at its first try, so that the log shows a second one."""
SCOPES = {"demo.key": ["all"], "demo-host.key": ["billing:read", "embed:create", "usage:write"]}


@contextmanager
def listening(port: int) -> Iterator[str]:
    """Answer webhooks as the host product would, while the history is written; yield the address."""
    answered: set[str] = set()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            kind = str(json.loads(body).get("type"))
            busy = kind == BUSY_ONCE and kind not in answered
            answered.add(kind)
            self.send_response(503 if busy else 204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as its base calls it
            """Say nothing."""

    with ThreadingHTTPServer((HOST, port), Listener) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{port}{WEBHOOKS}"
        finally:
            server.shutdown()
            thread.join()


def key(directory: Path, name: str) -> str:
    """Return the text of a key that is good, kept in a file of this name from one start to the next."""
    path = directory / name
    shown = api_keys.presented(path.read_text().strip()) if path.exists() else None
    kept = api_keys.find(shown) if shown is not None else None
    if kept is not None and kept.scopes == frozenset(SCOPES[name]):
        return path.read_text().strip()
    _row, text = api_keys.create(name.removesuffix(".key"), SCOPES[name])
    path.unlink(missing_ok=True)
    path.touch(0o600)
    path.write_text(text + "\n")
    return text


def address(port: int) -> str:
    """Return where people find it: under another host than the portal, which makes it another site for browsers."""
    return f"http://{HOST}:{port}"


def environment(directory: Path, portal: str, port: int) -> dict[str, str]:
    """Return what the host product has to know: where Purser is, its key, and the secret of its webhooks.

    Its pages may frame the portal.
    """
    frame_origins.add(address(port), by="demo")
    with as_service("read the host product's webhook secret"):
        found = db.session.query(Customer.customer_id).filter_by(external_id=CUSTOMER).scalar()
        secret = endpoints.secret(found)
    return {
        "PURSER_URL": portal,
        "PURSER_API_KEY": key(directory, "demo-host.key"),
        "PURSER_CUSTOMER": found,
        "PURSER_WEBHOOK_SECRET": secret,
        "PYTHONPATH": str(ROOT / "clients" / "python"),
    }


def command(port: int) -> list[str]:
    """Return how the host product is started on its port."""
    serve = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)]
    serve += ["--workers", "1", "--workers-kill-timeout", "5", "--blocking-threads", "4", "--http", "1", "--no-ws"]
    return [*serve, "examples.host_product.host:app"]
