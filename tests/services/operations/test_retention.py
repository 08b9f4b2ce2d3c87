"""What is only kept to be looked at goes after 90 days: refused calls, and webhooks that ended with their attempts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, update
from sqlalchemy.engine import Engine

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import MICROS
from app.models.authorizations import Authorization
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.models.webhooks import WebhookAttempt, WebhookDelivery
from app.services import jobs
from app.services.authorizations import holds
from app.services.operations import dead_letters, retention
from app.services.transaction import transaction
from app.services.verification.verify import verify
from app.services.webhooks import endpoints
from tests.support import spend
from tests.support.databases import Database
from tests.support.webhook_cast import send, settings, write_events

__all__ = ["settings"]
HOOK = "http://127.0.0.1:9/hook"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY_90 = NOON + timedelta(days=90)
MOMENT = timedelta(minutes=1)
"""Longer than a call may have waited for a lock: it is kept as having been asked when its turn came."""


def asked(customer: Customer, key: str, units: int) -> None:
    """Ask for so much, and use it at once."""
    holds.authorize(AuthorizationRequest(customer.customer_id, micros=units * MICROS, key=key, at_once=True))


def kept(column: Any) -> list[Any]:
    with as_service("test"):
        return sorted(db.session.scalars(select(column)))


@contextmanager
def looked() -> Iterator[list[tuple[str, Any]]]:
    """Collect what is selected inside the block, with its values."""
    seen: list[tuple[str, Any]] = []

    def saw(_connection: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            seen.append((statement, values))

    event.listen(Engine, "before_cursor_execute", saw)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", saw)


def plan(database: Database, statement: str, values: Any) -> str:
    """Return how the database would look for it, if it could not read the whole table instead."""
    with as_service("test"):
        connection = db.session.connection()
        if database.kind == "postgresql":
            connection.exec_driver_sql("set local enable_seqscan = off")
        words = "explain " if database.kind == "postgresql" else "explain query plan "
        rows = connection.exec_driver_sql(words + statement, values).all()
        db.session.rollback()
    return "\n".join(str(row) for row in rows)


def test_a_refused_call_is_kept_for_90_days_and_any_other_call_for_good(app: Flask, acme: Customer) -> None:
    with clock.at(NOON):
        spend.gives(acme, "10")
        asked(acme, "allowed", 1)
        asked(acme, "refused", 1_000)
    with clock.at(NOON + MOMENT):
        asked(acme, "refused later", 1_000)
    with clock.at(DAY_90):
        assert retention.trim_refusals() == 0
    with clock.at(DAY_90 + MOMENT):
        assert [retention.trim_refusals() for _ in range(2)] == [1, 0]
    assert kept(Authorization.key) == ["allowed", "refused later"]
    assert verify() == []


def test_a_webhook_that_ended_is_kept_for_90_days_with_its_attempts(
    app: Flask, acme: Customer, globex: Customer
) -> None:
    with clock.at(NOON):
        for each in (acme, globex):
            endpoints.save(each.customer_id, HOOK, by="test")
        write_events(acme.customer_id, "one", "two")
        write_events(globex.customer_id, "three")
        assert send() == 3  # nobody answers there
        endpoints.save(acme.customer_id, "", by="test")  # drops Acme's; that of Globex waits on
    assert len(kept(WebhookDelivery.id)) == len(kept(WebhookAttempt.delivery_id)) == 3
    with clock.at(DAY_90):
        assert retention.trim_deliveries() == 0
    with clock.at(DAY_90 + MOMENT):
        assert [retention.trim_deliveries() for _ in range(2)] == [2, 0]
    assert kept(WebhookDelivery.customer_id) == kept(WebhookAttempt.customer_id) == [globex.customer_id]


def test_what_was_put_aside_and_is_tried_again_stays(app: Flask, acme: Customer) -> None:
    with clock.at(NOON):
        endpoints.save(acme.customer_id, HOOK, by="test")
        write_events(acme.customer_id, "one")
        send()
    with as_service("test"), transaction() as session:
        session.execute(update(WebhookDelivery).values(state="dead", done_at=NOON))
    with clock.at(DAY_90 + MOMENT):
        assert dead_letters.run_again() == 1
        assert retention.trim_deliveries() == 0
    assert len(kept(WebhookDelivery.id)) == 1


def test_much_goes_a_bounded_number_at_a_time(app: Flask, acme: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    monkeypatch.setattr(retention, "ROUNDS", 3)
    with clock.at(NOON):
        endpoints.save(acme.customer_id, HOOK, by="test")
        for number in range(7):
            asked(acme, f"refused {number}", 1_000)
        write_events(acme.customer_id, *map(str, range(7)))
        send()
        endpoints.save(acme.customer_id, "", by="test")
    with clock.at(DAY_90 + MOMENT):
        assert [retention.trim_refusals() for _ in range(3)] == [6, 1, 0]
        assert [retention.trim_deliveries() for _ in range(3)] == [6, 1, 0]


@pytest.mark.parametrize(
    ("trim", "index"),
    [
        (retention.trim_refusals, "ix_authorizations_old"),
        (retention.trim_deliveries, "ix_webhook_deliveries_done"),
    ],
)
def test_an_index_finds_what_is_old(app: Flask, database: Database, trim: Callable[[], int], index: str) -> None:
    with looked() as seen:
        assert trim() == 0
    ((statement, values),) = [each for each in seen if "FROM " in each[0]]
    assert index in plan(database, statement, values)


def test_the_worker_trims_beside_the_rest(app: Flask) -> None:
    assert {"refusals_trimmed", "deliveries_trimmed"} <= set(jobs.SLOW)
    assert jobs.run_due(names=("refusals_trimmed", "deliveries_trimmed")) == {
        "refusals_trimmed": 0,
        "deliveries_trimmed": 0,
    }
