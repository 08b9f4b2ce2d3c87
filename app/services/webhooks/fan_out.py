"""Fan-out: each new event becomes a delivery for each endpoint that wants it."""

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain import webhooks
from app.models.database import db
from app.models.events import OutboxEvent
from app.models.scope import as_service
from app.models.webhooks import SellerEndpoint, WebhookEndpoint
from app.services import shutdown
from app.services.transaction import transaction
from app.services.webhooks import queue

BATCH = 100


def spread_due(limit: int = BATCH) -> int:
    """Make a delivery of each new event for each endpoint that wants it; return how many events were fanned out.

    Events are taken by their state, never by a number that grows: of two transactions the later number may be
    committed first. Any number of workers may do so.
    """
    done = 0
    with as_service("fan out events"):
        while done < limit and not shutdown.asked() and _waits():
            spread = _spread(min(BATCH, limit - done))
            if not spread:
                break
            done += spread
    return done


def _waits() -> bool:
    """Say whether there is anything to do: with nothing to do, nothing is locked."""
    due = select(OutboxEvent.id).where(OutboxEvent.state == "pending", OutboxEvent.next_try_at <= clock.now())
    return db.session.scalar(due.limit(1)) is not None


def _spread(limit: int) -> int:
    now = clock.now()
    with transaction() as session:
        events = session.scalars(
            select(OutboxEvent)
            .where(OutboxEvent.state == "pending", OutboxEvent.next_try_at <= now)
            .order_by(OutboxEvent.next_try_at, OutboxEvent.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).all()
        queue.add(session, _deliveries(session, events))
        for each in events:
            each.state, each.done_at = "done", now
    return len(events)


def _deliveries(session: Session, events: Any) -> list[dict[str, Any]]:
    """Return the deliveries of these events: an endpoint does not receive events from before it was created."""
    theirs = {
        each.customer_id: each
        for each in session.scalars(
            select(WebhookEndpoint)
            .where(
                WebhookEndpoint.customer_id.in_({event.customer_id for event in events}),
                WebhookEndpoint.state == "active",
            )
            .execution_options(populate_existing=True)
        )
    }
    sellers = [
        (each, frozenset(json.loads(each.event_types)))
        for each in session.scalars(
            select(SellerEndpoint)
            .where(SellerEndpoint.state == "active")
            .order_by(SellerEndpoint.id)
            .execution_options(populate_existing=True)
        )
    ]
    rows = []
    for event in events:
        own = theirs.get(event.customer_id)
        wanting: list[tuple[WebhookEndpoint | SellerEndpoint, bool]] = [
            (each, True) for each, types in sellers if not types or event.type in types
        ]
        if own is not None and event.type in webhooks.CUSTOMER_TYPES:
            wanting.append((own, False))
        body = webhooks.body(event.type, event.created_at, event.sequence, json.loads(event.data))
        rows += [
            queue.row(
                customer_id=event.customer_id,
                event_id=event.id,
                event_type=event.type,
                sequence=event.sequence,
                body=body,
                endpoint_id=endpoint.id,
                to_seller=to_seller,
                now=clock.now(),
            )
            for endpoint, to_seller in wanting
            if endpoint.created_at <= event.created_at
        ]
    return rows
