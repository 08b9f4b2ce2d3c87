"""Collect a payment: five steps, each committed before the next, and no call inside a transaction (money.md, 6).

What holds when the process dies after each line is written in docs/decisions/0004-five-steps-of-a-payment.md.
"""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.errors import NotFound
from app.domain.money import Money
from app.domain.payments import (
    FIRST_CHECK,
    AttemptState,
    ChargeOrder,
    Declined,
    Intent,
    Misused,
    PaymentState,
    Unknown,
    sources_of,
)
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Attempt, Payment, PaymentMethod
from app.models.scope import as_service
from app.services import audit, settle
from app.services.processor import gateway
from app.services.transaction import transaction


def collect(payment_id: str, *, return_url: str, off_session: bool = False) -> Payment:
    """Take a committed payment (step 1) to the processor and as far as it goes now; return it as it then stands.

    Never raises for what the processor does. What stays open is looked at again by webhooks and by the sweep.
    """
    with as_service("collect a payment"):
        payment, customer, method = _everything(payment_id)
        order = ChargeOrder(
            payment_id=payment.id,
            customer_id=payment.customer_id,
            processor_customer=customer.processor_customer or "",
            amount=Money(payment.amount_minor, payment.currency),
            description=f"Credits for {customer.name}"[:200],
            off_session=off_session,
        )
        method_id = method.processor_id
        made = gateway().create_intent(order, key=f"{payment_id}:create")  # step 2
        match made:
            case Intent():
                attempt = _begin_attempt(payment_id, made.id)  # step 3, and the attempt of step 4
            case Declined() | Unknown() | Misused():
                # Without a confirmation no intent can charge, and none will follow: given up for certain.
                return _give_up_unconfirmed(payment_id, made)
        if attempt is None:  # the sweep was quicker and gave the payment up
            return settle.settle(payment_id)
        answer = gateway().confirm_intent(  # step 4
            made.id,
            method=method_id,
            return_url=return_url,
            off_session=off_session,
            key=attempt,
        )
        match answer:  # step 5: whatever it was, ask how things stand
            case Declined(code=code):
                return settle.settle(payment_id, refused=code)
            case Misused(code=code):
                return settle.settle(payment_id, refused=code or "refused_by_processor")
            case Intent() | Unknown():
                return settle.settle(payment_id)


def advance(session: Session, payment_id: str, target: PaymentState, now: datetime, **values: object) -> bool:
    """Move the payment to `target` if an arrow leads there from where it is; say whether it moved."""
    moved = session.execute(
        update(Payment)
        .where(Payment.id == payment_id, Payment.state.in_([state.value for state in sources_of(target)]))
        .values(state=target.value, updated_at=now, **values)
        .returning(Payment.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    return moved is not None


def _everything(payment_id: str) -> tuple[Payment, Customer, PaymentMethod]:
    found = db.session.execute(
        select(Payment, Customer, PaymentMethod)
        .join(Customer, Customer.customer_id == Payment.customer_id)
        .join(
            PaymentMethod, (PaymentMethod.id == Payment.method_id) & (PaymentMethod.customer_id == Payment.customer_id)
        )
        .where(Payment.id == payment_id)
    ).one_or_none()
    if found is None:
        raise NotFound("payment")
    payment, customer, method = found
    return payment, customer, method


def _begin_attempt(payment_id: str, intent_id: str) -> str | None:
    """Commit the intent's id, then the attempt; return the attempt's key, or None when the payment moved on."""
    now = clock.now()
    with transaction() as session:
        if not advance(session, payment_id, PaymentState.PI_CREATED, now, processor_id=intent_id):
            return None
    with transaction() as session:
        if not advance(session, payment_id, PaymentState.CONFIRMING, now, next_check_at=now + FIRST_CHECK):
            return None
        customer_id, before = session.execute(
            select(Payment.customer_id, func.count(Attempt.id))
            .outerjoin(Attempt, (Attempt.payment_id == Payment.id) & (Attempt.customer_id == Payment.customer_id))
            .where(Payment.id == payment_id)
            .group_by(Payment.customer_id)
        ).one()
        attempt = Attempt(
            id=ids.new("att"),
            customer_id=customer_id,
            payment_id=payment_id,
            number=before + 1,
            idempotency_key=f"{payment_id}:confirm:{before + 1}",
            state=AttemptState.STARTED.value,
            started_at=now,
        )
        session.add(attempt)
        return attempt.idempotency_key


def abandon(payment_id: str, problem: str) -> Payment:
    """End a payment that no intent was made for: nothing can be charged."""
    now = clock.now()
    with as_service("end a payment"), transaction() as session:
        ended = advance(session, payment_id, PaymentState.CANCELED, now, problem=problem)
        payment = session.get_one(Payment, payment_id, populate_existing=True)
        if ended:
            after = {"problem": problem}
            audit.record(session, payment.customer_id, "processor", "payment.canceled", payment_id, after=after)
    return payment


def _give_up_unconfirmed(payment_id: str, answer: Declined | Unknown | Misused) -> Payment:
    """End a payment whose intent could not be made: only a committed attempt confirms one, so nothing is charged."""
    return abandon(payment_id, "unavailable" if isinstance(answer, Unknown) else answer.code or "refused_by_processor")
