"""The SDK's client as we use it: the API version it was made for, few retries, short waits, nothing told about us."""

import requests
import stripe
from stripe import StripeClient

from app.config import Settings
from app.gateways.sandbox import controls

MAX_RETRIES = 2
TIMEOUT_SECONDS = 20.0


def build(settings: Settings) -> StripeClient:
    """Return the client for these settings: the sandbox's transport below it, or the network."""
    stripe.enable_telemetry = False
    if settings.payments == "sandbox":
        return StripeClient(controls.API_KEY, http_client=controls.transport(settings), max_network_retries=MAX_RETRIES)
    network = stripe.RequestsClient(timeout=TIMEOUT_SECONDS, session=_session())
    base = settings.stripe_api_base
    if not base:
        return StripeClient(settings.stripe_secret_key, http_client=network, max_network_retries=MAX_RETRIES)
    return StripeClient(
        settings.stripe_secret_key,
        http_client=network,
        max_network_retries=MAX_RETRIES,
        base_addresses={"api": base, "connect": base, "files": base, "meter_events": base},
    )


def _session() -> requests.Session:
    """Return connections that follow no redirect: a request goes where it was sent, or fails."""
    session = requests.Session()
    session.max_redirects = 0
    return session
