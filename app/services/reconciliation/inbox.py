"""Webhooks of the processor: kept by their id, answered at once, worked on afterwards, each with at most one effect.

An event is claimed by one worker at a time: for a minute, and under the number of the attempt. Who comes back later
than that finds the number changed and can no longer say how it ended; what it did is done only once all the same.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import Select, select, update

from app import clock
from app.domain import back_off
from app.domain.payments import ProcessorEvent
from app.models.bulk import insert_new
from app.models.database import Moment, db
from app.models.events import InboxEvent
from app.models.scope import as_service
from app.services import due_rows, wake_ups
from app.services.reconciliation import events
from app.services.transaction import transaction

log = structlog.get_logger()
LEASE = timedelta(minutes=1)
MAX_TRIES = 8
LONGEST_ID = 100
NOT_FINISHED = "not_finished"
"""Why an event is open whose worker has it, or was killed over it."""


@dataclass(frozen=True)
class Claim:
    """An event that is this worker's for now."""

    event_id: str
    attempt: int


def receive(event: ProcessorEvent) -> bool:
    """Keep a verified event; return whether it is new. The same event again changes nothing (W1, W2)."""
    now = clock.now()
    with as_service("keep a webhook"), transaction() as session:
        wake_ups.after_commit(session, "webhooks_worked")
        return insert_new(
            session,
            InboxEvent,
            {
                "id": event.id,
                "type": event.type[:100],
                "object_type": event.object_type[:60],
                # An id cut short could be another object's; what we act on has a short one of the processor's own.
                "object_id": event.object_id if len(event.object_id) <= LONGEST_ID else "",
                "created_at": event.created_at,
                "received_at": now,
                "state": "new",
                "tries": 0,
                "next_try_at": now,
                "problem": "",
            },
        )


def work(limit: int = 50) -> int:
    """Work on due events one by one, at most `limit`; return how many were done. Any number of workers may do so."""
    done = 0
    with as_service("work on webhooks"):
        for claim in due_rows.claimed(limit, _claim):
            try:
                problem = _act(claim.event_id)
            except Exception:
                log.exception("inbox_event_failed", event_id=claim.event_id, tries=claim.attempt)
                problem = "failed"
            finish = partial(_finish, claim, problem)
            done += due_rows.one(finish, failed="inbox_event_not_noted", event_id=claim.event_id)
    return done


def due(now: Moment) -> Select[InboxEvent]:
    """Ask for events of the processor that are to be worked on."""
    return select(InboxEvent).where(InboxEvent.state == "new", InboxEvent.next_try_at <= now)


def _claim() -> Claim | None:
    """Claim the event that is due the longest, for one lease. One that kills its workers becomes a dead letter."""
    now = clock.now()

    def take(event: InboxEvent) -> Claim | None:
        if event.problem == NOT_FINISHED and _is_last(event.tries):
            event.state = "dead"
            log.error("inbox_event_dead", event_id=event.id, why=NOT_FINISHED, tries=event.tries)
            return None
        event.tries += 1
        event.next_try_at, event.problem = now + LEASE, NOT_FINISHED
        return Claim(event.id, event.tries)

    return due_rows.claim(due(now).order_by(InboxEvent.next_try_at, InboxEvent.id), take)


def _is_last(attempt: int) -> bool:
    """Say whether an event is dead after this attempt. Run again by hand it has as many more, never the same."""
    return attempt > 0 and attempt % MAX_TRIES == 0


def _act(event_id: str) -> str:
    """Do what the event asks for; return why it must be tried again, or nothing."""
    return events.act(db.session.get_one(InboxEvent, event_id, populate_existing=True))


def _finish(claim: Claim, problem: str) -> bool:
    """Note how the attempt ended; return whether the event is done. One that was taken over notes nothing."""
    ended: dict[str, object] = {"problem": problem}
    if not problem:
        ended["state"] = "done"
    elif _is_last(claim.attempt):
        ended["state"] = "dead"
    else:
        ended["next_try_at"] = clock.now() + back_off.wait(claim.attempt, secrets.randbelow(1000))
    with transaction() as session:
        mine = session.execute(
            update(InboxEvent)
            .where(InboxEvent.id == claim.event_id, InboxEvent.state == "new", InboxEvent.tries == claim.attempt)
            .values(**ended)
            .returning(InboxEvent.id)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()
    if mine is None:
        log.warning("inbox_event_taken_over", event_id=claim.event_id, tries=claim.attempt)
    elif ended.get("state") == "dead":
        log.error("inbox_event_dead", event_id=claim.event_id, why=problem, tries=claim.attempt)
    return mine is not None and not problem
