"""Usage alerts in the service: whole sets, versions, one notice for each crossing and period, and who is alerted."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.errors import Refused
from app.domain.usage_alerts import Threshold
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry, OutboxEvent
from app.models.limits import Notice
from app.models.scope import as_customer, as_service
from app.services.alerts import recipients, thresholds
from app.services.alerts.thresholds import Alerts
from app.services.customers import billing_periods
from app.services.link_tokens import token
from app.services.mail import sending
from app.services.notices import decisions
from tests.support import meters, post, usage_cast
from tests.support.usage_cast import uses

EIGHTY = Threshold("requests", 80, is_percent=True)
RUNS = Threshold("runs", 3)


@pytest.fixture(autouse=True)
def on_the_tenth() -> Iterator[None]:
    """It is the tenth of a month, at noon."""
    with clock.at(datetime(2026, 11, 10, 12, tzinfo=UTC)):
        yield


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Acme on the paid plan: 5,000 requests at most."""
    return usage_cast.metered()


def current(customer: Customer) -> Alerts:
    with as_customer(customer.customer_id):
        return thresholds.current()


def alerted(customer: Customer) -> list[str]:
    """Decide what is due, and return the occasions of the usage alerts so far."""
    decisions.decide_due()
    with as_service("look at the notices"):
        mine = select(Notice.occasion).where(Notice.customer_id == customer.customer_id, Notice.rule == "usage_alert")
        return sorted(db.session.scalars(mine))


def confirm(customer: Customer, email: str) -> None:
    (asked,) = [each.asked_at for each in current(customer).recipients if each.email == email]
    recipients.confirm(token(customer.customer_id, email, asked), "203.0.113.7")


@pytest.mark.both_databases
@pytest.mark.case("AC-53")
def test_one_notice_for_each_crossing_and_period(acme: Customer) -> None:
    thresholds.add(acme.customer_id, EIGHTY, actor="test")
    thresholds.add(acme.customer_id, RUNS, actor="test")
    percent, runs = (each.id for each in current(acme).alerts)
    uses(acme, "requests", 3999)
    assert alerted(acme) == []
    uses(acme, "requests", 1)
    assert alerted(acme) == [f"1:{percent}"]
    uses(acme, "requests", 5000)
    uses(acme, "runs", 1, 1)
    assert alerted(acme) == alerted(acme) == [f"1:{percent}"]
    uses(acme, "runs", 1)
    assert alerted(acme) == sorted([f"1:{percent}", f"1:{runs}"])
    with clock.at(clock.now() + timedelta(days=35)):
        billing_periods.roll_due()
        uses(acme, "requests", 4000)
        assert alerted(acme) == sorted([f"1:{percent}", f"1:{runs}", f"2:{percent}"])


def test_an_alert_that_is_reached_already_is_sent_at_once(acme: Customer) -> None:
    uses(acme, "requests", 4500)
    assert alerted(acme) == []
    alert = thresholds.add(acme.customer_id, EIGHTY, actor="test").alerts[0]
    assert alerted(acme) == [f"1:{alert.id}"]


def test_what_was_crossed_in_a_periods_last_moment_is_sent_after_it_too(acme: Customer) -> None:
    alert = thresholds.add(acme.customer_id, EIGHTY, actor="test").alerts[0]
    end = datetime(2026, 12, 10, tzinfo=UTC)
    with clock.at(end - timedelta(microseconds=1)):
        uses(acme, "requests", 4000)
    with clock.at(end + timedelta(seconds=2)):
        billing_periods.roll_due()
        later = thresholds.add(acme.customer_id, RUNS, actor="test")
        assert [each.wants for each in later.alerts] == [EIGHTY, RUNS]
        assert alerted(acme) == [f"1:{alert.id}"]


def test_an_alert_that_is_new_looks_at_no_period_that_is_over(acme: Customer) -> None:
    uses(acme, "requests", 4500)
    with clock.at(datetime(2026, 12, 10, 1, tzinfo=UTC)):
        billing_periods.roll_due()
        thresholds.add(acme.customer_id, EIGHTY, actor="test")
        assert alerted(acme) == []


def test_confirmed_addresses_are_notified_or_else_the_billing_address(acme: Customer) -> None:
    thresholds.add(acme.customer_id, RUNS, actor="test")
    for email in ("ops@acme.example", "cfo@acme.example", "never@acme.example"):
        thresholds.add_email(acme.customer_id, email, actor="test")
    with as_service("test"):
        assert thresholds.addresses(db.session(), acme.customer_id) == ["billing@acme.example"]
    confirm(acme, "ops@acme.example")
    confirm(acme, "cfo@acme.example")
    with as_service("test"):
        assert thresholds.addresses(db.session(), acme.customer_id) == ["cfo@acme.example", "ops@acme.example"]
    uses(acme, "runs", 1, 1, 1)
    decisions.decide_due()
    decisions.send_due()
    sending.send_due()
    found = [mail.recipient for mail in post.mails(acme) if mail.template == "usage_alert"]
    assert sorted(found) == ["cfo@acme.example", "ops@acme.example"]
    with as_service("look at the events"):
        events = db.session.scalars(select(OutboxEvent).where(OutboxEvent.type == "usage.alert")).all()
    said = json.loads(events[0].data)
    assert len(events) == 1
    assert (said["meter"], said["threshold"], said["quantity"]) == ("runs", 3, 3)


@pytest.mark.both_databases
def test_a_set_is_replaced_as_a_whole_and_what_stays_keeps_its_id_and_confirmation(acme: Customer) -> None:
    thresholds.add(acme.customer_id, EIGHTY, actor="test")
    thresholds.add_email(acme.customer_id, "ops@acme.example", actor="test")
    confirm(acme, "ops@acme.example")
    before = current(acme)
    now = thresholds.replace(
        acme.customer_id, [RUNS, EIGHTY], ["cfo@acme.example", "OPS@acme.example"], before.version, actor="test"
    )
    assert [each.wants for each in now.alerts] == [EIGHTY, RUNS]
    assert now.alerts[0] == before.alerts[0]
    assert [(each.email, each.confirmed_at is not None) for each in now.recipients] == [
        ("cfo@acme.example", False),
        ("ops@acme.example", True),
    ]
    assert now.version == before.version + 1
    assert (
        thresholds.replace(
            acme.customer_id, [EIGHTY, RUNS], ["ops@acme.example", "cfo@acme.example"], now.version, actor="test"
        )
        == now
    ), "what changes nothing counts as no change"


@pytest.mark.both_databases
@pytest.mark.case("AC-7")
@pytest.mark.fault("H2")
def test_a_set_of_a_version_gone_by_is_refused_and_a_wrong_one_changes_nothing(acme: Customer) -> None:
    thresholds.add(acme.customer_id, EIGHTY, actor="test")
    before = current(acme)
    with pytest.raises(Refused) as refused:
        thresholds.replace(acme.customer_id, [], [], before.version - 1, actor="test")
    assert (refused.value.reason, refused.value.status) == ("version_gone_by", 409)
    with pytest.raises(Refused):
        thresholds.replace(
            acme.customer_id, [RUNS, Threshold("runs", 80, is_percent=True)], [], before.version, actor="test"
        )
    with pytest.raises(Refused):
        thresholds.replace(acme.customer_id, [RUNS], ["no address"], before.version, actor="test")
    assert current(acme) == before
    assert post.mails(acme) == []


def test_an_alert_whose_plan_is_gone_is_kept_and_never_given(acme: Customer) -> None:
    thresholds.add(acme.customer_id, EIGHTY, actor="test")
    meters.move_to_plan(acme.customer_id, "free")
    uses(acme, "requests", 10**6)
    assert alerted(acme) == []
    assert len(thresholds.add(acme.customer_id, RUNS, actor="test").alerts) == 2, "and it is in nobody's way"


def test_each_change_is_written_down_with_who_made_it(acme: Customer) -> None:
    thresholds.add(acme.customer_id, EIGHTY, actor="mem_alice", address="203.0.113.7")
    with as_service("look at the audit trail"):
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "usage_alerts.changed")).one()
    assert (entry.actor, entry.address) == ("mem_alice", "203.0.113.7")
    assert json.loads(entry.before) == {"alerts": [], "emails": []}
    assert json.loads(entry.after) == {"alerts": ["requests 80 %"], "emails": []}
