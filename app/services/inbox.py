"""Webhooks of the processor: kept by their id, answered at once, worked on afterwards, each with at most one effect."""

from datetime import timedelta

import structlog
from sqlalchemy import select

from app import clock
from app.domain.payments import Intent, Misused, ProcessorEvent, Unknown
from app.models.database import db
from app.models.events import InboxEvent
from app.models.insert import insert_new
from app.models.payments import Payment
from app.models.scope import as_service
from app.services import settle
from app.services.processor import gateway
from app.services.transaction import transaction

log = structlog.get_logger()
LEASE = timedelta(minutes=1)
MAX_TRIES = 8


def receive(event: ProcessorEvent) -> bool:
    """Keep a verified event; return whether it is new. The same event again changes nothing (W1, W2)."""
    now = clock.now()
    with as_service("keep a webhook"), transaction() as session:
        return insert_new(
            session,
            InboxEvent,
            {
                "id": event.id,
                "type": event.type[:100],
                "object_type": event.object_type[:60],
                "object_id": event.object_id[:100],
                "created_at": event.created_at,
                "received_at": now,
                "state": "new",
                "tries": 0,
                "next_try_at": now,
                "problem": "",
            },
        )


def work(limit: int = 50) -> int:
    """Work on due events, at most `limit`; return how many were done. Any number of workers may do so at once."""
    done = 0
    with as_service("work on webhooks"):
        for event_id in _claim(limit):
            try:
                problem = _act(event_id)
            except Exception:
                log.exception("inbox_event_failed", event_id=event_id)
                problem = "failed"
            done += _finish(event_id, problem)
    return done


def _claim(limit: int) -> list[str]:
    now = clock.now()
    with transaction() as session:
        due = list(
            session.scalars(
                select(InboxEvent)
                .where(InboxEvent.state == "new", InboxEvent.next_try_at <= now)
                .order_by(InboxEvent.next_try_at, InboxEvent.id)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
        )
        for event in due:
            event.tries += 1
            event.next_try_at = now + LEASE
        return [event.id for event in due]


def _act(event_id: str) -> str:
    """Do what the event asks for; return why it must be tried again, or nothing."""
    event = db.session.get_one(InboxEvent, event_id, populate_existing=True)
    if event.object_type != "payment_intent":
        return ""
    intent_id = event.object_id
    payment_id = db.session.scalar(select(Payment.id).where(Payment.processor_id == intent_id))
    if payment_id is None:
        answer = gateway().fetch_intent(intent_id)
        if isinstance(answer, Unknown):
            return "processor_unavailable"
        if isinstance(answer, Misused) or not isinstance(answer, Intent) or not answer.payment_id:
            return ""  # not ours: another product of the seller at the same processor
        # Ours, but its id is not saved yet: the event overtook our own answer (W8). The sweep saves it in time.
        known = db.session.get(Payment, answer.payment_id)
        return "not_saved_yet" if known is not None and known.processor_id is None and known.state == "created" else ""
    settle.settle(payment_id)
    return ""


def _finish(event_id: str, problem: str) -> bool:
    now = clock.now()
    with transaction() as session:
        event = session.get_one(InboxEvent, event_id, populate_existing=True)
        event.problem = problem
        if not problem:
            event.state = "done"
        elif event.tries >= MAX_TRIES:
            event.state = "dead"
            log.error("inbox_event_dead", event_id=event_id, why=problem)
        else:
            event.next_try_at = now + timedelta(seconds=2**event.tries)
        return not problem
