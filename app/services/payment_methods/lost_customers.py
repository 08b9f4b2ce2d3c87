"""A customer whom somebody has deleted at the processor: nothing of theirs can be charged, until they are made again.

The methods that were saved there are removed here too. Another record is made when it is needed next, not before: who
deleted it may have meant it. docs/decisions/0004-five-steps-of-a-payment.md says what holds when the process dies.
"""

import structlog
from sqlalchemy import select

from app import clock
from app.domain.payments import Misused, Unknown
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.payment_methods import rows
from app.services.processor import customers
from app.services.processor.gateway import gateway
from app.services.transaction import transaction

log = structlog.get_logger()


def replaced(customer_id: str, refused: str) -> str | Unknown | Misused:
    """Return the processor's customer to go on with, after the one with this id was refused as missing.

    It is the same one if it is there after all. Any number who ask at once get the same new one, by its key.
    """
    with as_service("see whether a customer was deleted at the processor"):
        there = gateway().has_customer(refused)
        if not isinstance(there, bool):
            return there
        if there:
            return refused
        _forget(customer_id, refused)
        return customers.named(customer_id, instead_of=refused)


def look(processor_customer: str) -> bool:
    """Remove the methods of a customer who was deleted at the processor; return False when that could not be asked."""
    with as_service("look at a customer that was deleted at the processor"):
        customer_id = db.session.scalar(
            select(Customer.customer_id).where(Customer.processor_customer == processor_customer)
        )
        if customer_id is None:
            return True
        there = gateway().has_customer(processor_customer)
        if isinstance(there, Unknown):
            return False
        if there is False:
            _forget(customer_id, processor_customer)
        return True


def _forget(customer_id: str, lost: str) -> None:
    """Remove every saved method of a customer, while the lost one is still theirs: none of them can be charged."""
    now = clock.now()
    with transaction() as session:
        rows.lock_customer(session, customer_id)
        if session.scalar(select(Customer.processor_customer).where(Customer.customer_id == customer_id)) != lost:
            return  # it was made again meanwhile: what is saved belongs to the new one
        for method in rows.live(session, customer_id):
            rows.take_away(session, method, now)
            method.detach_at = None  # it went with its customer
            rows.note(session, customer_id, "processor", "payment_method.removed", method)
        session.flush()
        log.warning("processor_customer_deleted", customer=customer_id)
