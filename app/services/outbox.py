"""What is to be told outside, written in the transaction of the fact (I28). Delivery comes after the commit."""

import json
from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock, ids
from app.models.customers import Customer
from app.models.events import OutboxEvent


def tell(session: Session, customer_id: str, event_type: str, source_id: str, data: Mapping[str, object]) -> None:
    """Add one event about the customer; `source_id` names the fact, and one fact is told once (AC-35).

    The customer's row is locked to give the event its place in the customer's order. Call it after the ledger's
    accounts were locked, never before.
    """
    session.execute(
        select(Customer.customer_id).where(Customer.customer_id == customer_id).with_for_update(key_share=True)
    )
    last = session.scalar(select(func.max(OutboxEvent.sequence)).where(OutboxEvent.customer_id == customer_id))
    now = clock.now()
    session.add(
        OutboxEvent(
            id=ids.new("evt"),
            customer_id=customer_id,
            sequence=(last or 0) + 1,
            type=event_type,
            source_id=source_id,
            data=json.dumps({"customer": customer_id, **data}, sort_keys=True),
            state="pending",
            created_at=now,
            next_try_at=now,
        )
    )
    session.flush()
