"""How far an alert is: what a notice says of it, in which periods it is looked at, and links that lead nowhere."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.errors import NotFound
from app.domain.usage_alerts import Threshold
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.scope import as_customer, as_service
from app.services.alerts import progress, recipients, thresholds
from app.services.alerts.progress import LATE, Alert, Level
from app.services.customers import billing_periods
from app.services.link_tokens import token
from tests.support import meters, usage_cast
from tests.support.usage_cast import uses

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
RUNS = Threshold("runs", 3)


def levels(of: Customer) -> list[tuple[int, int]]:
    """Return the periods that are looked at, and what the alert's meter shows in each."""
    with as_service("look at the alerts"):
        return [(each.period_number, each.quantity) for each in progress.levels(db.session(), of.customer_id)]


def test_a_notice_says_what_is_alerted_of_which_meter_and_until_when() -> None:
    ends = datetime(2026, 12, 10, 7, 5, 3, tzinfo=UTC)
    level = Level(Alert("ual_1", Threshold("runs", 80, is_percent=True)), 3, ends, 41, 50, "Runs", "runs", True)
    assert level.figures() == {
        "alert": "ual_1", "meter": "runs", "title": "Runs", "unit": "runs", "threshold": 80, "is_percent": True,
        "quantity": 41, "basis": 50, "period_ends_at": "2026-12-10T07:05:03Z",
    }  # fmt: skip
    assert (level.alert_id, level.occasion) == ("ual_1", "3:ual_1")


def test_a_period_is_looked_at_until_a_day_after_its_end_and_no_other_customers(app: Flask) -> None:
    with clock.at(NOON):
        acme = usage_cast.metered()
        other = meters.customer("Globex", plan="paid")
        thresholds.add(acme.customer_id, RUNS, actor="test")
        uses(acme, "runs", 1, 1)
        uses(other, "runs", 1)
        assert (levels(acme), levels(other)) == ([(1, 2)], [])
    turn = datetime(2026, 12, 10, 12, tzinfo=UTC)
    with clock.at(turn):
        billing_periods.roll_due()
        uses(acme, "runs", 1)
    with as_service("look at the period"):
        closed_at = db.session.scalars(
            select(BillingPeriod.closed_at).where(
                BillingPeriod.customer_id == acme.customer_id, BillingPeriod.number == 1
            )
        ).one()
    assert closed_at is not None
    with clock.at(closed_at + LATE - TICK):
        assert levels(acme) == [(1, 2), (2, 1)]
    with clock.at(closed_at + LATE):
        assert levels(acme) == [(2, 1)]


def test_a_link_that_never_was_or_was_stopped_leads_nowhere(app: Flask) -> None:
    with clock.at(NOON):
        acme = usage_cast.metered()
        thresholds.add_email(acme.customer_id, "ops@acme.example", actor="alice")
        thresholds.add_email(acme.customer_id, "cfo@acme.example", actor="alice")
        link = token(acme.customer_id, "ops@acme.example", NOON)
        with as_customer(acme.customer_id):
            before = thresholds.current()
        stopped = recipients.stop(link, "203.0.113.7")
        assert (stopped.email, stopped.customer, stopped.is_confirmed) == ("ops@acme.example", "Acme", False)
        for lost in (link, "", "never", "x" * 101):
            assert recipients.seller_of(lost) == ""
            for work in (
                recipients.look,
                lambda text: recipients.confirm(text, ""),
                lambda text: recipients.stop(text, ""),
            ):
                with pytest.raises(NotFound, match=r"There is no such link\."):
                    work(lost)
        with as_customer(acme.customer_id):
            after = thresholds.current()
            row = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "usage_alerts.stopped")).one()
    assert [each.email for each in after.recipients] == ["cfo@acme.example"]
    assert after.version == before.version + 1
    assert (row.actor, row.subject, row.address) == ("mailed link", "ops@acme.example", "203.0.113.7")


def test_an_alert_and_an_address_that_are_taken_away_are_written_down_with_where_from(app: Flask) -> None:
    with clock.at(NOON):
        acme = usage_cast.metered()
        thresholds.add(acme.customer_id, RUNS, actor="test", address="192.0.2.1")
        thresholds.add_email(acme.customer_id, "ops@acme.example", actor="bob", address="192.0.2.2")
        with as_customer(acme.customer_id):
            (kept,) = thresholds.current().alerts
    with clock.at(NOON + timedelta(hours=1)):
        thresholds.remove_email(acme.customer_id, "ops@acme.example", actor="bob", address="192.0.2.8")
    with clock.at(NOON + timedelta(hours=2)):
        thresholds.remove(acme.customer_id, kept.id, actor="alice", address="192.0.2.9")
        with pytest.raises(NotFound):
            thresholds.remove(acme.customer_id, kept.id, actor="alice")
        with as_customer(acme.customer_id):
            assert (thresholds.current().alerts, thresholds.current().recipients) == ([], [])
            rows = db.session.scalars(select(AuditEntry).where(AuditEntry.at > NOON).order_by(AuditEntry.at))
            said = [(row.actor, row.address, json.loads(row.before), json.loads(row.after)) for row in rows]
    runs = {"alerts": ["runs 3"], "emails": ["ops@acme.example"]}
    assert said == [
        ("bob", "192.0.2.8", runs, {"alerts": ["runs 3"], "emails": []}),
        ("alice", "192.0.2.9", {"alerts": ["runs 3"], "emails": []}, {"alerts": [], "emails": []}),
    ]
