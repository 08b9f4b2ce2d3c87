"""The one place that chooses the processor: Stripe over the network, or the sandbox below the same SDK."""

from typing import TYPE_CHECKING

from app.config import Settings
from app.gateways.identity.person import Provider
from app.gateways.processor import PaymentGateway
from app.gateways.vies import COMMISSION, Service, Vies
from app.identity_settings import GITHUB

if TYPE_CHECKING:
    from stripe import StripeClient


def to_processor(settings: Settings) -> PaymentGateway:
    """Return the gateway for these settings. One serves all threads of a process."""
    from app.gateways.stripe.gateway import StripeGateway  # with the SDK, when a processor is first asked for

    if settings.payments != "sandbox":
        secret, live = settings.stripe_webhook_secret, "_live_" in settings.stripe_secret_key
        return StripeGateway(sdk(settings), webhook_secret=secret, live=live)
    from app.gateways.sandbox import controls  # never loaded in production

    return StripeGateway(sdk(settings), webhook_secret=controls.webhook_secret(settings), live=False)


def sdk(settings: Settings) -> "StripeClient":
    """Return the SDK's client for these settings, with the network or the sandbox's transport below it."""
    from app.gateways.stripe import client

    if settings.payments != "sandbox":
        return client.over_network(settings.stripe_secret_key, settings.stripe_api_base)
    from app.gateways.sandbox import controls  # never loaded in production

    return client.over(controls.transport(settings), controls.API_KEY)


def to_vies(settings: Settings) -> Vies:
    """Return who is asked about VAT numbers: the Commission, the address that is set, or with the sandbox nobody."""
    if settings.vies_url or settings.payments != "sandbox":
        return Service(settings.vies_url or COMMISSION)
    from app.gateways.pretend_vies import PretendVies  # never loaded in production

    return PretendVies()


def to_identity_providers(settings: Settings) -> dict[str, Provider]:
    """Return whom people may sign in with, by the names in addresses."""
    if not settings.identity_providers:
        return {}
    from app.gateways.identity.github import GitHub  # who has no provider imports no Authlib
    from app.gateways.identity.openid import OpenId

    return {each.name: GitHub(each) if each.kind == GITHUB else OpenId(each) for each in settings.identity_providers}
