"""Find payments that stopped on the way and ask the processor how they stand. The rows are the truth, not any queue."""

import structlog
from sqlalchemy import select

from app import clock
from app.domain.payments import FIRST_CHECK, KEY_LIFETIME, Intent, PaymentState, Unknown
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Payment
from app.models.scope import as_service
from app.services import audit, shutdown
from app.services.payments import collection, settlement
from app.services.processor.gateway import gateway
from app.services.transaction import transaction

log = structlog.get_logger()
_OPEN = ["created", "pi_created", "confirming", "requires_action", "processing"]


def payments_due(limit: int = 50) -> int:
    """Look at open payments whose next check is due, one by one, at most `limit`; return how many were looked at."""
    looked = 0
    with as_service("sweep open payments"):
        for _ in range(limit):
            payment_id = None if shutdown.asked() else _claim()
            if payment_id is None:
                break
            try:
                _look_at(payment_id)
            except Exception:
                log.exception("payment_check_failed", payment=payment_id)
            looked += 1
    return looked


def _claim() -> str | None:
    """Take the payment that is due the longest: nobody else looks at it before the next check is due."""
    due = (
        select(Payment)
        .where(Payment.state.in_(_OPEN), Payment.next_check_at <= (now := clock.now()))
        .order_by(Payment.next_check_at, Payment.id)
        .limit(1)
    )
    if db.session.scalar(due.with_only_columns(Payment.id)) is None:
        return None
    with transaction() as session:
        payment = session.scalars(
            due.with_for_update(skip_locked=True).execution_options(populate_existing=True)
        ).one_or_none()
        if payment is None:
            return None
        payment.next_check_at = now + FIRST_CHECK
        return payment.id


def _look_at(payment_id: str) -> None:
    payment = db.session.get_one(Payment, payment_id, populate_existing=True)
    if payment.processor_id is None and not _find(payment):
        return
    settlement.settle(payment_id)


def _find(payment: Payment) -> bool:
    """Look for the intent of a payment that never saved its id; give the payment up when there is none."""
    payment_id, created_at = payment.id, payment.created_at
    customer = db.session.get_one(Customer, payment.customer_id)
    owner = customer.processor_customer or ""
    answer = gateway().find_intent(payment_id=payment_id, processor_customer=owner, since=created_at)
    now = clock.now()
    match answer:
        case Intent(id=intent_id):
            with transaction() as session:
                return collection.advance(session, payment_id, PaymentState.PI_CREATED, now, processor_id=intent_id)
        case None:
            # A creation that is still under way can do no harm: only a committed attempt confirms an intent.
            with transaction() as session:
                if collection.advance(session, payment_id, PaymentState.CANCELED, now, problem="interrupted"):
                    audit.record(
                        session,
                        payment.customer_id,
                        "worker",
                        "payment.canceled",
                        payment_id,
                        after={"problem": "interrupted"},
                    )
            return False
        case Unknown() if now - created_at < KEY_LIFETIME:
            return False  # the claim has set the next look
        case _:
            log.error("payment_needs_review", payment=payment_id, why="cannot_be_found")
            return False
