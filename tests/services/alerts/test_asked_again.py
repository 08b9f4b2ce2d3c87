"""An address that is asked again: from ten minutes after the last mail, with a new link, and written down."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.errors import NotFound, Refused
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.limits import AlertRecipient
from app.models.scope import as_customer, as_service
from app.services.alerts import recipients, thresholds
from tests.support import post, usage_cast

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
OPS = "ops@acme.example"
TICK = timedelta(microseconds=1)


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Acme, whose manager added an address at noon."""
    with clock.at(NOON):
        made = usage_cast.metered()
        thresholds.add_email(made.customer_id, OPS, actor="alice")
    return made


def again(of: Customer, after: timedelta) -> None:
    """Ask the address again, so long after noon."""
    with clock.at(NOON + after):
        recipients.ask_again(of.customer_id, OPS, actor="alice", address="192.0.2.1")


def row(of: Customer) -> AlertRecipient:
    """Return the address as it is kept now."""
    with as_service("look at an address"):
        return db.session.get_one(AlertRecipient, (of.customer_id, OPS), populate_existing=True)


def link(of: Customer) -> str:
    """Return the token of the link that is good now."""
    with as_service("look at an address"):
        return recipients.link_token(db.session(), of.customer_id, OPS) or ""


def test_it_is_asked_again_from_ten_minutes_on_and_counted_from_then(acme: Customer) -> None:
    old = link(acme)
    with pytest.raises(Refused) as refused:
        again(acme, recipients.AGAIN_AFTER - TICK)
    assert (refused.value.reason, refused.value.status, refused.value.field) == ("asked_too_soon", 409, "email")
    again(acme, recipients.AGAIN_AFTER)
    assert (row(acme).asked_at, len(post.mails(acme))) == (NOON + recipients.AGAIN_AFTER, 2)
    assert {each.recipient for each in post.mails(acme)} == {OPS}
    with pytest.raises(Refused):
        again(acme, 2 * recipients.AGAIN_AFTER - TICK)
    with clock.at(NOON + timedelta(hours=1)):
        assert recipients.look(link(acme)).email == OPS
        with pytest.raises(NotFound):
            recipients.look(old)


def test_who_asked_again_is_written_down(acme: Customer) -> None:
    again(acme, recipients.AGAIN_AFTER)
    with as_customer(acme.customer_id):
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "usage_alerts.asked_again")).one()
    assert (entry.customer_id, entry.actor, entry.subject, entry.address, entry.at) == (
        acme.customer_id, "alice", OPS, "192.0.2.1", NOON + recipients.AGAIN_AFTER
    )  # fmt: skip


def test_who_confirmed_or_was_never_asked_is_not_asked_again(acme: Customer) -> None:
    with clock.at(NOON):
        recipients.confirm(link(acme), "192.0.2.9")
    with pytest.raises(Refused) as refused:
        again(acme, timedelta(hours=1))
    assert (refused.value.reason, refused.value.status) == ("email_confirmed", 409)
    with pytest.raises(NotFound, match=r"There is no such address\."):
        recipients.ask_again(acme.customer_id, "nobody@acme.example", actor="alice")
    assert len(post.mails(acme)) == 1


def test_nobody_sends_more_than_thirty_in_a_day_by_asking_again(acme: Customer) -> None:
    for times in range(1, recipients.MOST_A_DAY):
        again(acme, times * recipients.AGAIN_AFTER)
    with pytest.raises(Refused) as refused:
        again(acme, recipients.MOST_A_DAY * recipients.AGAIN_AFTER)
    assert (refused.value.reason, refused.value.status, len(post.mails(acme))) == ("asked_too_often", 409, 30)
    again(acme, timedelta(days=1))
    assert len(post.mails(acme)) == 31
