"""The payment processor for the services: asked only outside a database transaction."""

from typing import TYPE_CHECKING

from flask import current_app

from app.extensions import Extension, settings
from app.gateways.processor import PaymentGateway
from app.gateways.sandbox import controls
from app.services.transaction import no_transaction

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

the_gateway: Extension[PaymentGateway] = Extension("gateway")


def gateway() -> PaymentGateway:
    """Return the gateway. A transaction left open across its calls would hold rows while a bank thinks."""
    no_transaction()
    return the_gateway()


def deliver_sandbox_events(limit: int = 50) -> int:
    """Let the sandbox post the webhooks that are due, at most `limit`; return how many arrived."""
    if settings().payments != "sandbox":
        return 0
    no_transaction()
    wsgi: WSGIApplication = current_app.wsgi_app
    return controls.deliver_due(settings(), wsgi, limit)
