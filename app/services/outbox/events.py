"""Events for hosts, written in the transaction of their fact (I28). Delivery comes after the commit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain import webhooks
from app.models.customers import Customer
from app.models.unit_of_work import waiting
from app.services import wake_ups

JOB = "events_spread"
"""The job that hands events on."""
LOCKED = waiting.reads(
    select(Customer)
    .where(Customer.customer_id == bindparam("customer"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True)
class Outbox:
    """A customer's outbox, locked with the customer's row: each event gets its place in the customer's order."""

    session: Session
    customer: Customer

    def write(self, event_type: str, source_id: str, data: Mapping[str, object]) -> None:
        """Add one event about the customer; `source_id` names the fact, and one fact has one event (AC-35)."""
        waiting.add(self.session, {"new_events": [row(self.customer.customer_id, event_type, source_id, data)]})
        wake_ups.after_commit(self.session, JOB)


def row(customer_id: str, event_type: str, source_id: str, data: Mapping[str, object]) -> dict[str, Any]:
    """Return the row of an event, but for its place in the customer's order."""
    webhooks.ask_known(event_type)
    now = clock.now()
    return {
        "id": ids.new("evt"),
        "customer_id": customer_id,
        "type": event_type,
        "source_id": source_id,
        "data": json.dumps({"customer": customer_id, **data}, sort_keys=True),
        "state": "pending",
        "tries": 0,
        "next_try_at": now,
        "problem": "",
        "created_at": now,
        "done_at": None,
    }


def lock(session: Session, customer_id: str) -> Outbox:
    """Lock the customer's row and return the outbox. Call it after the ledger's accounts were locked, never before."""
    return Outbox(session, session.scalars(LOCKED, {"customer": customer_id}).one())


def write(session: Session, customer_id: str, event_type: str, source_id: str, data: Mapping[str, object]) -> None:
    """Lock the customer's outbox and write one event, for whoever has not locked it before."""
    lock(session, customer_id).write(event_type, source_id, data)
