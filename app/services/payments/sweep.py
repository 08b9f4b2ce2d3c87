"""Find payments that stopped on the way and ask the processor how they stand. The rows are the truth, not any queue."""

import structlog
from sqlalchemy import Select, select

from app import clock
from app.domain.payments import FIRST_CHECK, KEY_LIFETIME, MISSING, Intent, Misused, PaymentState, Unknown
from app.models.customers import Customer
from app.models.database import Moment, db
from app.models.payments import Payment
from app.models.scope import as_service
from app.services import audit, due_rows
from app.services.ledger import budgets
from app.services.payments import collection, fulfilment, settlement
from app.services.processor.gateway import gateway
from app.services.transaction import transaction

log = structlog.get_logger()
_OPEN = ["created", "pi_created", "confirming", "requires_action", "processing"]


def payments_due(limit: int = 50) -> int:
    """Look at open payments whose next check is due, one by one, at most `limit`; return how many were looked at."""
    with as_service("sweep open payments"):
        return due_rows.each(due_rows.claimed(limit, _claim), _look_at, of="payment", failed="payment_check_failed")


def due(now: Moment) -> Select[Payment]:
    """Ask for open payments whose next check is due."""
    return select(Payment).where(Payment.state.in_(_OPEN), Payment.next_check_at <= now)


def _claim() -> str | None:
    """Claim the payment that is due the longest: nobody else looks at it before the next check is due."""
    now = clock.now()

    def take(payment: Payment) -> str:
        payment.next_check_at = now + FIRST_CHECK
        return payment.id

    return due_rows.claim(due(now).order_by(Payment.next_check_at, Payment.id), take)


def _look_at(payment_id: str) -> int:
    payment = db.session.get_one(Payment, payment_id)
    if payment.processor_id is not None or payment.checkout_id is not None or _find(payment):
        settlement.settle(payment_id)
    return 1


def _find(payment: Payment) -> bool:
    """Look for the intent of a payment that never saved its id; give the payment up when there is none."""
    payment_id, created_at = payment.id, payment.created_at
    customer = db.session.get_one(Customer, payment.customer_id)
    owner = customer.processor_customer or ""
    answer = gateway().find_intent(payment_id=payment_id, processor_customer=owner, since=created_at)
    now = clock.now()
    if isinstance(answer, Misused) and answer.code == MISSING:
        answer = None  # no such customer there: no intent of theirs will ever be confirmed
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
                    ended = session.get_one(Payment, payment_id, populate_existing=True)
                    budgets.free(session, ended)
                    fulfilment.ended(session, ended)
            return False
        case Unknown() if now - created_at < KEY_LIFETIME:
            return False  # the claim has set the next look
        case _:
            log.error("payment_needs_review", payment=payment_id, why="cannot_be_found")
            return False
