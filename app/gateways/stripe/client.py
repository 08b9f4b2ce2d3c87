"""The SDK's client as we use it: the API version it was made for, few retries, short waits, no telemetry."""

import requests
import stripe
from stripe import StripeClient

MAX_RETRIES = 2
TIMEOUT_SECONDS = 20.0


def over_network(api_key: str, base: str = "") -> StripeClient:
    """Return the client that asks Stripe, or whoever answers in its place at the address `base`."""
    return over(stripe.RequestsClient(timeout=TIMEOUT_SECONDS, session=_session()), api_key, base)


def over(transport: stripe.HTTPClient, api_key: str, base: str = "") -> StripeClient:
    """Return the client that sends its requests through this transport."""
    stripe.enable_telemetry = False
    if not base:
        return StripeClient(api_key, http_client=transport, max_network_retries=MAX_RETRIES)
    return StripeClient(
        api_key,
        http_client=transport,
        max_network_retries=MAX_RETRIES,
        base_addresses={"api": base, "connect": base, "files": base, "meter_events": base},
    )


def _session() -> requests.Session:
    """Return connections that follow no redirect: a request goes where it was sent, or fails."""
    session = requests.Session()
    session.max_redirects = 0
    return session
