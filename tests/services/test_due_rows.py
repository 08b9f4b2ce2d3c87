"""Rows that are due: claimed by one at a time, worked on one by one, and a bad one stops no other."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app import clock
from app.domain.payments import ProcessorEvent
from app.models.database import db
from app.models.events import InboxEvent
from app.models.scope import as_service
from app.services import due_rows, shutdown
from app.services.reconciliation import inbox
from tests.support.databases import Database

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LEASE = timedelta(minutes=1)
pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def at_work(app: Flask) -> Iterator[None]:
    """Three events are due, in the order of their numbers, and the worker's scope is entered."""
    for number in (1, 2, 3):
        with clock.at(NOON + timedelta(seconds=number)):
            inbox.receive(
                ProcessorEvent(f"evt_{number}", "payout.paid", "payout", f"po_{number}", NOON, livemode=False)
            )
    with clock.at(NOON + timedelta(minutes=1)), as_service("try it"):
        yield


def take(event: InboxEvent) -> str:
    event.next_try_at = clock.now() + LEASE
    return event.id


def claim() -> str | None:
    due = select(InboxEvent).where(InboxEvent.state == "new", InboxEvent.next_try_at <= clock.now())
    return due_rows.claim(due.order_by(InboxEvent.next_try_at), take)


def test_each_is_claimed_once_until_its_lease_is_over() -> None:
    assert [claim() for _ in range(4)] == ["evt_1", "evt_2", "evt_3", None]
    with clock.at(clock.now() + LEASE):
        assert claim() is not None


def test_no_more_are_claimed_than_are_asked_for() -> None:
    assert list(due_rows.claimed(2, claim)) == ["evt_1", "evt_2"]
    assert list(due_rows.claimed(2, claim)) == ["evt_3"]


def test_what_is_put_aside_is_passed_over() -> None:
    def aside(event: InboxEvent) -> str | None:
        if event.id == "evt_3":
            return event.id
        event.state = "dead"
        return None

    due = select(InboxEvent).where(InboxEvent.state == "new").order_by(InboxEvent.next_try_at)
    assert due_rows.claim(due, aside) == "evt_3"
    db.session.rollback()
    dead = select(InboxEvent.id).where(InboxEvent.state == "dead").order_by(InboxEvent.id)
    assert db.session.scalars(dead).all() == ["evt_1", "evt_2"]


def test_what_cannot_be_claimed_is_tried_once_in_a_pass() -> None:
    tried = []

    def take_some(event: InboxEvent) -> str:
        tried.append(event.id)
        if event.id == "evt_1":
            raise SQLAlchemyError(event.id)
        return take(event)

    due = select(InboxEvent).where(InboxEvent.next_try_at <= clock.now()).order_by(InboxEvent.next_try_at)
    assert list(due_rows.claimed(9, lambda: due_rows.claim(due, take_some))) == ["evt_2", "evt_3"]
    assert tried == ["evt_1", "evt_2", "evt_3"]


def test_what_somebody_else_has_locked_is_left_to_them(database: Database) -> None:
    if database.kind == "sqlite":  # there whoever writes has the whole database
        assert claim() == "evt_1"
        return
    with Session(db.engine) as other, other.begin():
        other.execute(text("set local role purser_service"))
        other.execute(text("select id from inbox_events where id = 'evt_1' for update"))
        assert claim() == "evt_2"
    assert claim() == "evt_1"


def test_a_bad_one_stops_no_other_and_is_logged() -> None:
    def work(key: str) -> int:
        if key == "evt_2":
            db.session.execute(text("select no_such_column from inbox_events"))
        return 1

    with structlog.testing.capture_logs() as logs:
        done = due_rows.each(due_rows.claimed(9, claim), work, of="of_event", failed="event_failed")
    assert done == 2
    assert [(each["of_event"], each["log_level"]) for each in logs] == [("evt_2", "error")]
    assert claim() is None, "the third was claimed and worked on too"


def test_the_first_failure_is_raised_once_all_had_their_turn() -> None:
    seen = []

    def work(key: str) -> int:
        seen.append(key)
        raise SQLAlchemyError(key)

    with pytest.raises(SQLAlchemyError, match="one"):
        due_rows.each(["one", "two"], work, of="key", failed="key_failed", raises=True)
    assert seen == ["one", "two"]


def test_who_is_asked_to_end_claims_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    claims = due_rows.claimed(9, claim)
    assert next(claims) == "evt_1"
    monkeypatch.setattr(shutdown, "asked", lambda: True)
    assert list(claims) == []
    assert due_rows.each(["one"], len, of="key", failed="key_failed") == 0
    monkeypatch.undo()
    assert claim() == "evt_2"
