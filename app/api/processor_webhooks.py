"""Webhooks of the payment processor: verified, kept in the inbox and answered at once; worked on afterwards."""

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from app.extensions import csrf
from app.gateways.processor import BadWebhook
from app.services.processor.gateway import gateway
from app.services.reconciliation import inbox
from app.web.access import public
from app.web.errors.cut_short import body_of

MAX_BYTES = 1024 * 1024

bp = Blueprint("processor_webhooks", __name__)
csrf.exempt(bp)  # no session is used: the signature is what proves the sender
log = structlog.get_logger()


@bp.post("/webhooks/stripe")
@public
def receive() -> Response:
    """Keep a webhook that is the processor's; anything else is 400, whatever is wrong with it."""
    try:
        event = gateway().read_event(_body(), request.headers.get("Stripe-Signature", ""))
    except BadWebhook as problem:
        log.warning("webhook_refused", why=str(problem))
        return Response("This is not a webhook for this portal.\n", 400, mimetype="text/plain")
    inbox.receive(event)
    return Response("", 200, mimetype="text/plain")


def _body() -> bytes:
    if (request.content_length or 0) > MAX_BYTES:
        raise BadWebhook("too large")
    request.max_content_length = MAX_BYTES  # also for a body that does not say its length
    try:
        return body_of(request)
    except RequestEntityTooLarge as problem:
        raise BadWebhook("too large") from problem
