"""The sandbox behind a real HTTP address of loopback: what a portal with PAYMENTS=stripe talks to in tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from app.config import Settings
from app.gateways.sandbox import controls

KEYS = {
    "STRIPE_SECRET_KEY": controls.API_KEY,
    "STRIPE_PUBLISHABLE_KEY": "pk_test_purser",
    "STRIPE_WEBHOOK_SECRET": "whsec_purser",
}


@contextmanager
def answering(settings: Settings) -> Iterator[str]:
    """Answer Stripe's requests from the sandbox's tables inside the block; yield the address."""
    transport = controls.transport(settings)

    class Handler(BaseHTTPRequestHandler):
        """Hands each request on."""

        def do_GET(self) -> None:
            """Answer."""
            length = int(self.headers.get("Content-Length") or 0)
            sent = self.rfile.read(length).decode()
            url = f"https://api.stripe.com{self.path}"
            body, status, headers = transport.request(self.command.lower(), url, dict(self.headers.items()), sent)
            raw = body.encode() if isinstance(body, str) else body
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def do_POST(self) -> None:
            """Answer."""
            self.do_GET()

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join(60)
        server.server_close()


def with_stripe(settings: Settings, address: str) -> Settings:
    """Return the settings of a portal that takes this address for Stripe."""
    names = {name.lower(): value for name, value in KEYS.items()}
    return replace(settings, payments="stripe", stripe_api_base=address, **names)  # type: ignore[arg-type]  # texts
