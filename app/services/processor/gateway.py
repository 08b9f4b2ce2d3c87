"""The payment processor for the services: asked only outside a database transaction."""

from app.extensions import Extension
from app.gateways.processor import PaymentGateway
from app.services.transaction import no_transaction

the_gateway: Extension[PaymentGateway] = Extension("gateway")


def gateway() -> PaymentGateway:
    """Return the gateway. A transaction left open across its calls would hold rows while a bank thinks."""
    no_transaction()
    return the_gateway()
