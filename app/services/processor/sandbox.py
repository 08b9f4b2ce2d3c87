"""The sandbox's side of the worker: its time passes, and its webhooks come in, where it stands in for the processor."""

from flask import current_app

from app.extensions import settings
from app.services.transaction import no_transaction


def deliver_due(limit: int = 50) -> int:
    """Let the sandbox post the webhooks that are due, at most `limit`; return how many arrived. None with Stripe."""
    if settings().payments != "sandbox":
        return 0
    from app.gateways.sandbox import controls  # never loaded in production

    no_transaction()
    return controls.deliver_due(settings(), current_app.wsgi_app, limit)
