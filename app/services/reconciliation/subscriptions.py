"""Whether the processor sends us every event that we act on: asked when a worker starts, and by a command."""

import structlog

from app.domain import processor_events
from app.services import portal_links
from app.services.processor.gateway import gateway

log = structlog.get_logger()


def check() -> list[str] | None:
    """Return what is wrong with the webhook endpoint at the processor, as sentences; None: it does not say."""
    found = gateway().webhook_endpoints()
    if not isinstance(found, list):
        log.warning("webhook_endpoint_unknown", why=found.why)
        return None
    problems = processor_events.problems(found, portal_links.page("processor_webhooks.receive"))
    for problem in problems:
        log.warning("webhook_endpoint_problem", why=problem)
    return problems
