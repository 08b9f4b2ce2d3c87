"""What the demo's worker does at once: charges, notices, mails, webhooks of what happened, and second tries in time."""

from datetime import timedelta

from sqlalchemy import func, select

from app import clock
from app.models.database import db
from app.models.scope import as_service
from app.models.webhooks import WebhookDelivery
from app.services import jobs
from app.services.webhooks.queue import PENDING

AT_ONCE = ("notices_decided", *jobs.CHARGING, "notices_sent", "mails_sent", "events_spread", *jobs.OUTWARD)
FOLLOWED = timedelta(minutes=2)
"""How long webhooks that failed are followed. What is due later waits for the next jobs."""


def run() -> None:
    """Charge what is due, send notices, mails and webhooks of what happened, and retry failed webhooks in time."""
    jobs.run_due(names=AT_ONCE)
    now, is_done = clock.now(), True
    while is_done:
        with as_service("see when webhooks are tried again"):
            again = db.session.scalar(
                select(func.min(WebhookDelivery.next_try_at)).where(WebhookDelivery.state == PENDING)
            )
        if again is None or again > now + FOLLOWED:
            return
        with clock.at(max(again, now)):
            is_done = any(jobs.run_due(names=jobs.OUTWARD).values())
