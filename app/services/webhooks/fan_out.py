"""Fan-out: each new event becomes a delivery for each endpoint that wants it."""

import json
import secrets
from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app import clock
from app.domain import back_off, webhooks
from app.domain.messages import chat
from app.domain.messages.chat import Form
from app.models.customers import Customer
from app.models.database import Moment, db
from app.models.events import OutboxEvent
from app.models.scope import as_service
from app.models.webhooks import ChatChannel, SellerEndpoint, WebhookEndpoint
from app.services import due_rows, shutdown
from app.services.catalog import versions
from app.services.transaction import transaction
from app.services.webhooks import chat_text, queue

log = structlog.get_logger()
BATCH = 100
MAX_TRIES = 8


def spread_due(limit: int = BATCH) -> int:
    """Make a delivery of each new event for each endpoint that wants it; return how many events were fanned out.

    Events are taken by their state, never by a number that grows: of two transactions the later number may be
    committed first. Any number of workers may do so.
    """
    done, bad = 0, list[str]()
    with as_service("fan out events"):
        while done < limit and not shutdown.asked():
            waiting = _waiting(min(BATCH, limit - done), bad)
            spread = due_rows.together(waiting, _spread, of="event_id", failed="event_not_spread")
            if not spread.count and not spread.failed:
                break
            done, bad = done + spread.count, [*bad, *spread.failed]
        due_rows.each(bad, _put_off, of="event_id", failed="event_not_put_off")
    return done


def due(now: Moment) -> Select[str]:
    """Ask for events that no delivery was made of."""
    return select(OutboxEvent.id).where(OutboxEvent.state == "pending", OutboxEvent.next_try_at <= now)


def _waiting(limit: int, but: Sequence[str]) -> Sequence[str]:
    """Return the ids of the events that wait the longest, but for those that just failed."""
    others = due(clock.now()).where(OutboxEvent.id.not_in(but))
    return db.session.scalars(others.order_by(OutboxEvent.next_try_at, OutboxEvent.id).limit(limit)).all()


def _put_off(event_id: str) -> int:
    """Let an event that failed wait longer each time; one that failed too often is a dead letter."""
    with transaction() as session:
        event = session.scalars(
            select(OutboxEvent)
            .where(OutboxEvent.id == event_id, OutboxEvent.state == "pending")
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one_or_none()
        if event is None:
            return 0
        event.tries, event.problem = event.tries + 1, "failed"
        event.next_try_at = clock.now() + back_off.wait(event.tries, secrets.randbelow(1000))
        if event.tries >= MAX_TRIES:
            event.state = "dead"
            log.error("event_dead", id=event.id, why=event.problem)
    return 1


def _spread(event_ids: Sequence[str]) -> int:
    now = clock.now()
    with transaction() as session:
        events = session.scalars(
            select(OutboxEvent)
            .where(OutboxEvent.id.in_(event_ids), OutboxEvent.state == "pending")
            .order_by(OutboxEvent.next_try_at, OutboxEvent.id)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).all()
        queue.add(session, [*_deliveries(session, events), *_messages(session, events)])
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


def _messages(session: Session, events: Sequence[OutboxEvent]) -> list[dict[str, Any]]:
    """Return the messages of these events to chats, each in the words of now: a delivery keeps what it sends."""
    sent = [each for each in events if each.type in chat.TYPES]
    if not sent:
        return []
    channels = {
        channel.customer_id: (channel, customer)
        for channel, customer in session.execute(
            select(ChatChannel, Customer)
            .join(Customer, Customer.customer_id == ChatChannel.customer_id)
            .where(ChatChannel.customer_id.in_({each.customer_id for each in sent}), ChatChannel.state == "active")
            .execution_options(populate_existing=True)
        )
    }
    rows = []
    for event in sent:
        channel, customer = channels.get(event.customer_id, (None, None))
        if channel is None or customer is None or event.created_at < channel.created_at:
            continue
        message = chat_text.of(event, customer, versions.of(customer))
        rows.append(
            queue.row(
                customer_id=event.customer_id,
                event_id=event.id,
                event_type=event.type,
                sequence=event.sequence,
                body=chat.body(Form(channel.form), message),
                endpoint_id=channel.id,
                to_seller=False,
                now=clock.now(),
            )
        )
    return rows
