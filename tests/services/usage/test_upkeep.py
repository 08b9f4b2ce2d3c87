"""What keeps usage events in shape: months are made ahead on PostgreSQL, and old ids are forgotten."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app import clock
from app.models.database import db
from app.models.scope import as_service
from app.models.usage import UsageEvent, UsageEventKey
from app.services.operations import partitions
from app.services.usage import deduplication
from app.services.usage.events import Accepted
from tests.support import meters
from tests.support.databases import Database
from tests.support.meters import accept_one

NOON = datetime(2031, 5, 31, 12, tzinfo=UTC)
_PARTITION = "select tableoid::regclass::text from usage_events where id = :id"


def partition_of(event_id: str) -> str:
    with as_service("test"):
        return str(db.session.scalar(sa.text(_PARTITION), {"id": event_id}))


def test_the_coming_months_have_a_partition_before_they_begin(app: Flask, database: Database) -> None:
    meters.apply()
    acme = meters.customer("Acme")
    on_postgresql = database.kind == "postgresql"
    with clock.at(NOON):
        accept_one(acme.customer_id, id="before", meter="runs")
        made = partitions.make_due()
        # May of that year has an event in the last partition already, and keeps it there.
        assert made == (2 if on_postgresql else 0)
        assert partitions.make_due() == 0
    with clock.at(NOON + timedelta(days=1)):
        accept_one(acme.customer_id, id="after", meter="runs")
        assert partitions.make_due() == on_postgresql
    if on_postgresql:
        assert partition_of("before") == "usage_events_default"
        assert partition_of("after") == "usage_events_203106"
    with as_service("test"):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(UsageEvent)) == 2


def test_the_id_of_an_event_is_kept_for_longer_than_the_event_may_be_late(app: Flask) -> None:
    meters.apply()
    with clock.at(NOON):
        acme = meters.customer("Acme")
        accept_one(acme.customer_id, id="evt-1", meter="runs")
    with clock.at(NOON + timedelta(days=35)):
        accept_one(acme.customer_id, id="evt-2", meter="runs")
        assert deduplication.trim_due() == 0
        assert accept_one(acme.customer_id, id="evt-1", meter="runs") == Accepted(0, 1)
    with clock.at(NOON + timedelta(days=35, microseconds=1)):
        assert deduplication.trim_due() == 1
    with as_service("test"):
        assert db.session.scalars(sa.select(UsageEventKey.id)).all() == ["evt-2"]


def test_all_old_ids_are_forgotten_a_bounded_number_in_a_transaction(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deduplication, "AT_ONCE", 10)
    meters.apply()
    with clock.at(NOON):
        acme = meters.customer("Acme")
        for number in range(25):
            accept_one(acme.customer_id, id=f"evt-{number}", meter="runs")
    with clock.at(NOON + timedelta(days=40)):
        assert [deduplication.trim_due() for _ in range(2)] == [25, 0]
