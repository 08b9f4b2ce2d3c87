"""What an event of the processor asks of us: its object is fetched, never believed, and its one function called.

The same for webhooks and for the processor's own list of events (reconcile): any order, any number of times (I30).
"""

from collections.abc import Callable
from typing import Protocol

from sqlalchemy import select

from app.domain.methods import Setup
from app.domain.payments import Intent, Misused, Unknown
from app.domain.reversals import ProcessorDispute, ProcessorRefund
from app.models.database import db
from app.models.payments import Payment, PaymentMethod
from app.models.scope import as_service
from app.models.setups import Mandate, MethodSetup
from app.services.bank_transfers import cash
from app.services.payment_methods import changes, lost_customers, setups
from app.services.payments import settlement
from app.services.processor.gateway import gateway
from app.services.reversals import disputes, refund_booking

UNAVAILABLE = "processor_unavailable"
UNREADABLE_AMOUNT = "amount_unreadable"
"""A refund whose amount is none of its currency: a person must look at it, and it is named until then."""
NOT_SAVED_YET = "not_saved_yet"
"""Ours, but its id is not saved yet: the event overtook our own answer (W8). The sweep saves it in time."""


class EventReference(Protocol):
    """An event, as it was kept or as the processor lists it."""

    @property
    def object_type(self) -> str:
        """What it is about, in the processor's word."""

    @property
    def object_id(self) -> str:
        """Which one."""


def is_ours_to_know(event: EventReference) -> bool:
    """Say whether an event of this kind could mean anything for us."""
    return event.object_type in _doers()


def act(event: EventReference) -> str:
    """Do what the event asks for; return why it must be tried again, or nothing.

    An event of a type that we do not know is done with no effect (S16): so is one about something that is not ours.
    """
    doer, object_id = _doers().get(event.object_type), event.object_id
    if doer is None or not object_id:
        return ""
    with as_service("act on an event of the processor"):
        return doer(object_id)


def _doers() -> dict[str, Callable[[str], str]]:
    # `charge.refunded` needs nothing: the processor sends `refund.created` beside it, which names the refund.
    return {
        "payment_intent": _payment,
        "checkout.session": _checkout,
        "setup_intent": _setup,
        "refund": _refund,
        "dispute": _dispute,
        "payment_method": _method,
        "mandate": _mandate,
        "customer": _customer,
        "customer_cash_balance_transaction": _cash,
    }


def _payment(intent_id: str) -> str:
    payment_id, again = _payment_of(intent_id)
    if payment_id:
        settlement.settle(payment_id)
    return again


def _payment_of(intent_id: str) -> tuple[str, str]:
    """Return our payment of this intent, or nothing and, where it may still come, why to try again."""
    known = db.session.scalar(select(Payment.id).where(Payment.processor_id == intent_id))
    if known is not None:
        return known, ""
    answer = gateway().fetch_intent(intent_id)
    if isinstance(answer, Unknown):
        return "", UNAVAILABLE
    if not isinstance(answer, Intent) or not answer.payment_id:
        return "", ""  # not ours: another product of the seller at the same processor
    row = db.session.get(Payment, answer.payment_id, populate_existing=True)
    if row is not None and row.processor_id is None and row.checkout_id is not None:
        return row.id, ""  # paid at a checkout, which says that this is its intent
    waits = row is not None and row.processor_id is None and row.state == "created"
    return "", NOT_SAVED_YET if waits else ""


def _checkout(checkout_id: str) -> str:
    known = db.session.scalar(select(Payment.id).where(Payment.checkout_id == checkout_id))
    if known is not None:
        settlement.settle(known)
    return ""  # not ours, or given up before its id was kept: nobody knows its address then


def _setup(processor_id: str) -> str:
    known = db.session.scalar(select(MethodSetup.id).where(MethodSetup.processor_id == processor_id))
    if known is not None:
        setups.settle(known)
        return ""
    answer = gateway().fetch_setup(processor_id)
    if isinstance(answer, Unknown):
        return UNAVAILABLE
    if not isinstance(answer, Setup) or not answer.setup_id:
        return ""
    row = db.session.get(MethodSetup, answer.setup_id, populate_existing=True)
    return NOT_SAVED_YET if row is not None and row.processor_id is None and row.state == "created" else ""


def _refund(processor_id: str) -> str:
    found = gateway().fetch_refund(processor_id)
    if isinstance(found, Unknown):
        return UNAVAILABLE
    if isinstance(found, Misused) and found.code == UNREADABLE_AMOUNT:
        return found.code
    if not isinstance(found, ProcessorRefund):
        return ""
    payment_id, again = _paid(found.intent_id)
    problem = refund_booking.record(payment_id, found) if payment_id else again
    if problem != refund_booking.NO_ROOM:
        return problem
    # What a bank only asked about stands as disputed until an event says that the refund has answered it.
    disputed = gateway().disputes_of(found.intent_id)
    if isinstance(disputed, list):
        for each in disputed:
            disputes.record(payment_id, each)
    return refund_booking.record(payment_id, found)


def _dispute(processor_id: str) -> str:
    found = gateway().fetch_dispute(processor_id)
    if isinstance(found, Unknown):
        return UNAVAILABLE
    if not isinstance(found, ProcessorDispute):
        return ""
    payment_id, again = _paid(found.intent_id)
    return disputes.record(payment_id, found) if payment_id else again


def _paid(intent_id: str) -> tuple[str, str]:
    """Return our payment of this intent once it is settled: what goes back was received first (W3)."""
    payment_id, again = _payment_of(intent_id) if intent_id else ("", "")
    if payment_id:
        settlement.settle(payment_id)
    return payment_id, again


def _method(processor_id: str) -> str:
    """Look at a saved method that was detached, renewed or changed at the processor."""
    known = db.session.scalar(
        select(PaymentMethod.id).where(PaymentMethod.processor_id == processor_id, PaymentMethod.removed_at.is_(None))
    )
    return "" if known is None or changes.look(known) else UNAVAILABLE


def _customer(processor_id: str) -> str:
    """Look at a customer that was deleted or changed at the processor: what was saved for a deleted one is gone."""
    return "" if lost_customers.look(processor_id) else UNAVAILABLE


def _cash(processor_customer: str) -> str:
    """Look at the cash of a customer that has moved."""
    return "" if cash.look_at(processor_customer) else UNAVAILABLE


def _mandate(processor_id: str) -> str:
    """Look at the method of a mandate that changed: one that ended cannot be charged any more."""
    method = db.session.scalar(
        select(PaymentMethod.processor_id)
        .join(Mandate, (Mandate.customer_id == PaymentMethod.customer_id) & (Mandate.method_id == PaymentMethod.id))
        .where(Mandate.processor_id == processor_id)
    )
    return _method(method) if method else ""
