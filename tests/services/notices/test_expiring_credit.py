"""Credit that expires soon is notified once for each grant, with what is really left; expiry is an event for hosts."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app import clock
from app.models.customers import Customer
from app.models.database import db
from app.models.events import OutboxEvent
from app.models.scope import as_customer, as_service
from app.services import jobs
from app.services.ledger import grants
from app.services.mail import sending
from app.services.notices import decisions, expiring_credit
from tests.support import post, spend
from tests.support.noon import NOON, noon
from tests.support.noon import without_credit as acme
from tests.support.statements import counted

__all__ = ["acme", "noon"]

DAYS = timedelta(days=1)


def gives(customer: Customer, amount: str, expires_at: datetime | None) -> str:
    """Give credit that expires then; return the grant's id."""
    return grants.give(
        customer.customer_id, kind="promotional", credits=spend.dollars(amount), granted_by="support",
        reason="Welcome", expires_at=expires_at,
    ).id  # fmt: skip


def expiry_events(customer: Customer) -> list[tuple[str, dict[str, Any]]]:
    """Return the events about credit that expires or has expired."""
    while expiring_credit.decide_due():
        pass
    while decisions.send_due():
        pass
    with as_service("look at the events"):
        rows = db.session.scalars(
            select(OutboxEvent)
            .where(OutboxEvent.customer_id == customer.customer_id, OutboxEvent.type.startswith("credits."))
            .order_by(OutboxEvent.sequence)
        )
        return [(row.type, json.loads(row.data)) for row in rows]


def test_it_is_sent_seven_days_before_and_once(acme: Customer) -> None:
    grant = gives(acme, "12", NOON + 7 * DAYS + timedelta(seconds=1))
    gives(acme, "100", None)
    assert expiry_events(acme) == []
    with clock.at(NOON + timedelta(seconds=1)):
        first = expiry_events(acme)
    assert first == [
        (
            "credits.expiring",
            {
                "customer": acme.customer_id,
                "credits": "12.00",
                "credit_unit": "USD",
                "expires_at": "2026-11-28T12:00:01Z",
                "grants": [{"grant": grant, "credits": "12.00", "expires_at": "2026-11-28T12:00:01Z"}],
                "portal_url": "http://localhost/billing/",
            },
        )
    ]
    for later in (timedelta(hours=1), 6 * DAYS):
        with clock.at(NOON + later):
            assert expiry_events(acme) == first


def test_several_grants_are_one_mail_with_what_is_left_of_each(acme: Customer) -> None:
    gives(acme, "12", NOON + 3 * DAYS)
    gives(acme, "30", NOON + 2 * DAYS)
    gives(acme, "9", NOON + 1 * DAYS)
    spend.uses(acme, "14")  # 9.00 and 5.00 of what expires first, posted or not
    ((_type, data),) = expiry_events(acme)
    assert (data["credits"], data["expires_at"]) == ("37.00", "2026-11-23T12:00:00Z")
    assert [each["credits"] for each in data["grants"]] == ["25.00", "12.00"]
    assert sending.send_due() == 1
    mail = post.mail(acme)
    assert mail.subject == "$37.00 of your credit expires soon"
    words = " ".join(mail.body_text.split())
    assert "Acme has $37.00 of credit that expires soon if you do not use it." in words
    assert "Expires 23 Nov 2026, 12:00 UTC $25.00 Expires 24 Nov 2026, 12:00 UTC $12.00" in words
    assert "\n\n\n" not in mail.body_text
    assert "$25.00" in mail.body_html
    with as_customer(acme.customer_id):
        assert [each.rule for each in decisions.listed(acme.customer_id)[0]] == ["credits_expiring"]


def test_credit_that_is_used_already_is_not_notified(acme: Customer) -> None:
    gives(acme, "5", NOON + 1 * DAYS)
    gives(acme, "50", None)
    spend.uses(acme, "5")
    assert expiry_events(acme) == []
    assert expiring_credit.decide_due() == 0, "and it is not looked at again"


def test_a_grant_that_comes_later_is_notified_by_itself(acme: Customer) -> None:
    gives(acme, "5", NOON + 1 * DAYS)
    assert len(expiry_events(acme)) == 1
    gives(acme, "7", NOON + 1 * DAYS)
    assert [data["credits"] for _type, data in expiry_events(acme)] == ["5.00", "7.00"]


@pytest.mark.case("AC-35")
def test_what_expires_is_sent_to_hosts_once(acme: Customer) -> None:
    grant = gives(acme, "12", NOON + 1 * DAYS)
    spend.uses(acme, "2.5")
    with clock.at(NOON + 2 * DAYS):
        for _ in range(2):
            jobs.run_due()
        found = [each for each in expiry_events(acme) if each[0] == "credits.expired"]
    said = {"customer": acme.customer_id, "grant": grant, "credits": "9.50", "credit_unit": "USD"}
    assert found == [("credits.expired", said)]


def test_looking_asks_the_same_however_many_were_sent(acme: Customer) -> None:
    def statements(so_many: int) -> int:
        for _ in range(so_many):
            gives(acme, "1", NOON + 1 * DAYS)
        expiry_events(acme)
        with counted() as seen:
            assert expiring_credit.decide_due() == 0
        return len(seen)

    assert statements(1) == statements(20)
