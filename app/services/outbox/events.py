"""Events for hosts, written in the transaction of their fact (I28). Delivery comes after the commit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain import webhooks
from app.models.customers import Customer
from app.models.events import OutboxEvent
from app.services import wake_ups

_PLACES = "purser_outbox_places"
_LAST = select(func.max(OutboxEvent.sequence)).where(OutboxEvent.customer_id == bindparam("customer"))


@dataclass(frozen=True)
class Outbox:
    """A customer's outbox, locked with the customer's row: each event gets its place in the customer's order."""

    session: Session
    customer: Customer

    def write(self, event_type: str, source_id: str, data: Mapping[str, object]) -> None:
        """Add one event about the customer; `source_id` names the fact, and one fact has one event (AC-35)."""
        webhooks.ask_known(event_type)
        customer_id = self.customer.customer_id
        sequence, now = self._next_place(), clock.now()
        self.session.add(
            OutboxEvent(
                id=ids.new("evt"),
                customer_id=customer_id,
                sequence=sequence,
                type=event_type,
                source_id=source_id,
                data=json.dumps({"customer": customer_id, **data}, sort_keys=True),
                state="pending",
                created_at=now,
                next_try_at=now,
            )
        )
        self.session.flush()
        wake_ups.after_commit(self.session, "events_spread")

    def _next_place(self) -> int:
        """Return the next place in the customer's order: the last is read once in a transaction, whoever asks."""
        customer_id = self.customer.customer_id
        under = (self.session.get_transaction(), self.session.get_nested_transaction())
        known, places = self.session.info.get(_PLACES, (None, {}))
        if known != under:  # one that was undone gave its places back
            places = {}
        if customer_id not in places:
            places[customer_id] = self.session.scalar(_LAST, {"customer": customer_id}) or 0
        places[customer_id] += 1
        self.session.info[_PLACES] = (under, places)
        return int(places[customer_id])


def lock(session: Session, customer_id: str) -> Outbox:
    """Lock the customer's row and return the outbox. Call it after the ledger's accounts were locked, never before."""
    customer = session.scalars(
        select(Customer)
        .where(Customer.customer_id == customer_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    return Outbox(session, customer)


def write(session: Session, customer_id: str, event_type: str, source_id: str, data: Mapping[str, object]) -> None:
    """Lock the customer's outbox and write one event, for whoever has not locked it before."""
    lock(session, customer_id).write(event_type, source_id, data)
