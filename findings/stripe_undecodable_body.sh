#!/bin/sh
# stripe 16.1.0: an answer whose body is not UTF-8 leaves the SDK as a bare UnicodeDecodeError.
#
# Surprising: a gateway between you and Stripe may answer with a page of its own, and not every such page is UTF-8. The SDK has an
# error for a body that it cannot read (APIError, "Invalid response body from API"), and raises it for a page in UTF-8. For other
# bytes it never gets so far: it first decodes the body for a debug line, whether logging is on or not, and that decoding raises.
# Whom it hurts: whoever writes `except stripe.StripeError` around a charge. The charge may have been made, the handler that would
# mark it as unknown does not run, and an error 500 is all that is left of it.
# What to do instead: hand the client an HTTPClient of your own that makes the body readable (the last line shows it), or treat
# any exception out of a call that moves money as "outcome unknown", and ask again with the same idempotency key.
#
# Run `sh findings/stripe_undecodable_body.sh`: 0 if it is still so, 1 if it changed.
set -eu
folder=$(mktemp -d)
trap 'cd /; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check stripe==16.1.0 requests==2.34.2
venv/bin/python - <<'PYTHON'
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import requests
import stripe


class Gateway(BaseHTTPRequestHandler):
    status, page = 0, b""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.page)))
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, *_):
        pass


class Readable(stripe.RequestsClient):
    def request(self, method, url, headers, post_data=None):
        body, status, answered = super().request(method, url, headers, post_data)
        return body.decode("utf-8", "replace"), status, answered


def raised(status, charset, transport):
    Gateway.status, Gateway.page = status, "<h1>Service momentanément indisponible</h1>".encode(charset)
    client = stripe.StripeClient(
        "sk_test_none", base_addresses={"api": address}, http_client=transport, max_network_retries=0
    )
    try:
        client.v1.payment_intents.create({"amount": 1000, "currency": "eur"})
    except Exception as error:
        print(f"  HTTP {status}, {charset}, {type(transport).__name__}: {type(error).__name__}")
        return error


server = HTTPServer(("127.0.0.1", 0), Gateway)
address = f"http://127.0.0.1:{server.server_port}"
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"stripe {stripe.VERSION}, requests {requests.__version__}, Python {sys.version.split()[0]}")
print("expected: a StripeError every time. Seen:")
holds = True
for status in (200, 402, 502):
    holds &= isinstance(raised(status, "utf-8", stripe.RequestsClient()), stripe.StripeError)
    holds &= isinstance(raised(status, "latin-1", stripe.RequestsClient()), UnicodeDecodeError)
holds &= isinstance(raised(200, "latin-1", Readable()), stripe.StripeError)
print("still so" if holds else "CHANGED: this is no longer what stripe does")
sys.exit(not holds)
PYTHON
