"""A request for credit: what its audit row says, and that its key is one grant of one customer."""

import json

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.errors import Refused
from app.domain.money import MICROS, Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.ledger import Grant
from app.models.scope import as_customer
from app.services.ledger import grant_requests


def give(to: Customer, key: str | None, units: int = 5) -> Grant:
    """Give credit by a request with this key."""
    return grant_requests.give(
        to.customer_id,
        request_key=key,
        kind="promotional",
        credits=Credits(units * MICROS),
        granted_by="key_test",
        reason="Welcome",
    )


def audited(of: Customer) -> list[tuple[str, str, str, object]]:
    """Return what the audit trail says of the customer's grants."""
    with as_customer(of.customer_id):
        rows = db.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "grant.given").order_by(AuditEntry.at, AuditEntry.id)
        )
        return [(row.actor, row.subject, row.before, json.loads(row.after)) for row in rows]


def test_who_gave_what_and_why_is_written_down_once(app: Flask, acme: Customer) -> None:
    given = give(acme, "request-1")
    assert give(acme, "request-1").id == given.id
    after = {"kind": "promotional", "credits_micros": 5 * MICROS, "reason": "Welcome"}
    assert audited(acme) == [("key_test", given.id, "", after)]
    with pytest.raises(Refused) as refused:
        give(acme, "request-1", 6)
    assert (refused.value.reason, refused.value.status) == ("idempotency_key_reused", 409)
    assert refused.value.sentence == "This Idempotency-Key was used for another request. Take a new key."


def test_a_key_is_one_grant_of_its_customer_alone(app: Flask, acme: Customer, globex: Customer) -> None:
    ones = [
        give(acme, "request-1"),
        give(acme, "request-2"),
        give(globex, "request-1"),
        give(acme, None),
        give(acme, None),
    ]
    assert len({each.id for each in ones}) == 5
    assert [give(acme, "request-1").id, give(acme, "request-2").id, give(globex, "request-1").id] == [
        each.id for each in ones[:3]
    ]
