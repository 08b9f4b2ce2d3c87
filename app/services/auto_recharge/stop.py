"""Stop every automatic charge: nothing new begins, and what can still be given up is."""

from dataclasses import dataclass, replace

from app.domain.auto_recharge.terms import Terms
from app.domain.payments import PaymentState
from app.models.database import db
from app.models.payments import Payment
from app.models.scope import as_service
from app.services.auto_recharge import rows, settings
from app.services.payments import collection, settlement


@dataclass(frozen=True)
class Stopped:
    """What became of the charge that was open when everything was stopped; none was: neither of both."""

    given_up: Payment | None = None
    """Nothing was charged for it, and nothing will be."""
    in_flight: Payment | None = None
    """Its money may still be taken: the bank has it, or has not answered."""


def everything(customer_id: str, now: Terms, *, by: str, address: str) -> Stopped:
    """Switch auto-recharge off and give up the automatic charge that is open; say truthfully what became of it.

    No automatic charge begins after the first commit (I15). Whether the open one can be given up is for the processor
    to say: one that has been paid meanwhile is credited as usual.
    """
    if now.enabled:
        settings.change(customer_id, replace(now, enabled=False), by=by, accepted=None, address=address)
    with as_service("stop automatic charges"):
        payment = rows.open_automatic(db.session(), customer_id)
        if payment is None:
            return Stopped()
        if payment.processor_id is None:
            ended = collection.abandon(payment.id, "given_up")
        else:
            ended = settlement.settle(payment.id, give_up=True)
        if ended.state in {PaymentState.CANCELED, PaymentState.FAILED}:
            return Stopped(given_up=ended)
        return Stopped(in_flight=ended)
