"""A payment at the processor's checkout: what became of it there, and the method that was saved by it.

Until it is paid it has no intent. Once it is complete its intent is known, and `settlement` goes on as with any other.
Killed anywhere, it is looked at again: by the return of the customer, by webhooks and by the sweep.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.methods import SAVED_RAILS
from app.domain.payments import (
    ACTION_LIFETIME,
    OPEN,
    Checkout,
    CheckoutStatus,
    Intent,
    Misused,
    PaymentState,
    SavedMethod,
    Unknown,
)
from app.models.database import db
from app.models.payments import Payment
from app.services.payment_methods import rows
from app.services.payments import outcomes
from app.services.processor.gateway import gateway
from app.services.transaction import transaction

LEFT = "checkout_left"
"""Why a payment ended: nobody paid at its checkout in time."""
LIFETIME = ACTION_LIFETIME - timedelta(hours=1)
"""How long one may pay there: the processor takes a day at most, by its own clock."""


def look(payment_id: str, *, give_up: bool) -> Payment:
    """Bring a payment to where its checkout is, and return it. With `give_up` nobody may pay there any more."""
    payment = db.session.get_one(Payment, payment_id, populate_existing=True)
    if payment.state not in OPEN or payment.checkout_id is None:
        return payment
    checkout_id, now = payment.checkout_id, clock.now()
    is_over = give_up or now - payment.created_at >= ACTION_LIFETIME
    answer = gateway().fetch_checkout(checkout_id)
    if isinstance(answer, Checkout) and answer.status is CheckoutStatus.OPEN and is_over:
        answer = gateway().end_checkout(checkout_id, key=f"{payment_id}:checkout:end")
    saved = _saved(answer)
    with transaction() as session:
        payment = locked(session, payment_id)
        if payment.state in OPEN and payment.processor_id is None:
            _record(session, payment, answer, saved, now, give_up=give_up)
        session.flush()
        return payment


def locked(session: Session, payment_id: str) -> Payment:
    """Lock and return the payment, as whoever settles it does."""
    return session.scalars(
        select(Payment)
        .where(Payment.id == payment_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def _record(
    session: Session,
    payment: Payment,
    answer: Checkout | Unknown | Misused,
    saved: SavedMethod | None,
    now: datetime,
    *,
    give_up: bool,
) -> None:
    if not isinstance(answer, Checkout) or answer.payment_id != payment.id:
        outcomes.look_again(payment, now)
    elif answer.status is CheckoutStatus.EXPIRED:
        outcomes.end(session, payment, "", outcomes.GIVEN_UP if give_up else LEFT, now)
    elif answer.status is CheckoutStatus.COMPLETE and answer.intent_id:
        payment.processor_id, payment.action_url = answer.intent_id, ""
        if saved is not None:
            kept = rows.keep(session, payment.customer_id, saved, actor=payment.created_by, address="", now=now)
            payment.method_id, payment.rail = kept.id, kept.kind
    else:
        outcomes.wait(session, payment, PaymentState.REQUIRES_ACTION, answer.url, now)


def _saved(answer: Checkout | Unknown | Misused) -> SavedMethod | None:
    """Return the method that the checkout has saved, if it has and it is of a kind that may be saved here."""
    if not isinstance(answer, Checkout) or not answer.intent_id:
        return None
    intent = gateway().fetch_intent(answer.intent_id)
    found = gateway().fetch_method(intent.method) if isinstance(intent, Intent) and intent.method else None
    return found if isinstance(found, SavedMethod) and found.kind in SAVED_RAILS else None
