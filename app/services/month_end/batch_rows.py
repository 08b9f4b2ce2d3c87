"""Rows that are written with an invoice when many are written together: event, line of the audit trail, and mail."""

from collections.abc import Mapping
from datetime import datetime
from json import dumps

from app import ids
from app.domain import webhooks
from app.domain.mails import INVOICE
from app.models.customers import Customer
from app.models.documents import Document
from app.models.events import AuditEntry, OutboxEvent
from app.models.mails import Mail

BY = "purser"


def event(
    customer: Customer, name: str, source_id: str, facts: Mapping[str, object], sequence: int, now: datetime
) -> OutboxEvent:
    """Return an event of a customer, at this place in its order."""
    webhooks.ask_known(name)
    return OutboxEvent(
        id=ids.new("evt"),
        customer_id=customer.customer_id,
        sequence=sequence,
        type=name,
        source_id=source_id,
        data=dumps({"customer": customer.customer_id, **facts}, sort_keys=True),
        state="pending",
        created_at=now,
        next_try_at=now,
    )


def audited(customer: Customer, action: str, subject: str, after: Mapping[str, object], now: datetime) -> AuditEntry:
    """Return a line of the audit trail."""
    return AuditEntry(
        id=ids.new("aud"),
        customer_id=customer.customer_id,
        at=now,
        actor=BY,
        action=action,
        subject=subject,
        before="",
        after=dumps(after, sort_keys=True),
        address="",
    )


def mail(customer: Customer, document: Document, now: datetime) -> Mail:
    """Return the mail about an invoice."""
    return Mail(
        id=ids.new("mail"),
        customer_id=customer.customer_id,
        template=INVOICE,
        recipient=customer.email,
        key=f"invoice:{document.id}",
        context=dumps({"document": document.id}),
        state="pending",
        tries=0,
        next_try_at=now,
        problem="",
        subject="",
        body_text="",
        body_html="",
        created_at=now,
    )
