"""The SDK's client as we use it: the API version it was made for, few retries, short waits, no telemetry."""

import stripe
from stripe import StripeClient

from app.gateways.stripe.transport import Readable, Session

MAX_RETRIES = 2
TIMEOUT_SECONDS = 20.0


def over_network(api_key: str, base: str = "") -> StripeClient:
    """Return the client that asks Stripe, or whoever answers in its place at the address `base`."""
    return over(stripe.RequestsClient(timeout=TIMEOUT_SECONDS, session=Session()), api_key, base)


def over(transport: "stripe.HTTPClient", api_key: str, base: str = "") -> StripeClient:
    """Return the client that sends its requests through this transport."""
    stripe.enable_telemetry = False
    transport = Readable(transport)
    if not base:
        return StripeClient(api_key, http_client=transport, max_network_retries=MAX_RETRIES)
    return StripeClient(
        api_key,
        http_client=transport,
        max_network_retries=MAX_RETRIES,
        base_addresses={"api": base, "connect": base, "files": base, "meter_events": base},
    )
