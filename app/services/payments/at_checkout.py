"""Take a committed payment to the processor's checkout, where no method is saved: the customer pays on its page."""

from app import clock
from app.domain.payments import Checkout, PaymentState
from app.models.database import db
from app.models.payments import Payment
from app.models.scope import as_service
from app.services.payments import checkouts, collection, outcomes
from app.services.payments.collection import ChargeRequest
from app.services.processor.gateway import gateway
from app.services.transaction import transaction


def collect(payment_id: str, kinds: tuple[str, ...], *, return_url: str) -> Payment:
    """Open the checkout and return the payment: it then waits for its customer at `action_url`, or is given up.

    Killed before the checkout is committed: nobody knows its address, so nobody pays there, and the sweep gives the
    payment up.
    """
    with as_service("open a checkout"):
        request = collection.charge_request(payment_id)
        if not isinstance(request, ChargeRequest):
            return collection.give_up_unconfirmed(payment_id, request)
        until = clock.now() + checkouts.LIFETIME
        made = gateway().begin_checkout(
            request.order, kinds=kinds, return_url=return_url, until=until, key=f"{payment_id}:checkout"
        )
        if not isinstance(made, Checkout):
            return collection.give_up_unconfirmed(payment_id, made)
        _wait(payment_id, made)
        return db.session.get_one(Payment, payment_id, populate_existing=True)


def _wait(payment_id: str, made: Checkout) -> None:
    """Commit the checkout with its attempt, unless the sweep was quicker and gave the payment up."""
    now = clock.now()
    with transaction() as session:
        payment = checkouts.locked(session, payment_id)
        if collection.advance(session, payment_id, PaymentState.PI_CREATED, now, checkout_id=made.id):
            collection.advance(session, payment_id, PaymentState.CONFIRMING, now)
            collection.add_attempt(session, payment_id, now)
            session.refresh(payment)
            outcomes.wait(session, payment, PaymentState.REQUIRES_ACTION, made.url, now)
