"""Settle a payment: the one function that any answer, webhook, return from the bank or sweep calls.

It asks the processor how things stand, locks the payment, moves it forward and posts transfer, grant, outbox and audit
rows in one transaction. Nothing else writes success. It may run any number of times, at once, and be killed anywhere.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.errors import NotFound, ensure
from app.domain.ledger import Posting
from app.domain.money import Credits, Money
from app.domain.payments import (
    ACTION_LIFETIME,
    ARROWS,
    CONFIRM_GRACE,
    OPEN,
    Answer,
    AttemptState,
    Intent,
    IntentStatus,
    PaymentState,
    method_name,
    next_check,
)
from app.domain.top_ups import credits_for
from app.models.database import db
from app.models.payments import Attempt, Payment, PaymentMethod
from app.models.scope import as_service
from app.services import audit, grants, ledger, outbox
from app.services.processor import gateway
from app.services.transaction import transaction

log = structlog.get_logger()
_UNCONFIRMED = {IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.REQUIRES_CONFIRMATION}
_WAITING = {*_UNCONFIRMED, IntentStatus.REQUIRES_ACTION}


def settle(payment_id: str, *, refused: str = "", give_up: bool = False) -> Payment:
    """Bring the payment to where the processor says it is, and return it.

    `refused` is the code of a decline that the processor has just answered: the intent is then given up at the
    processor *before* the payment fails here, so that a failed payment can never be charged later (AC-28). With
    `give_up` so is an intent that waits for the bank's question: the processor decides whether it comes too late.
    """
    with as_service("settle a payment"):
        payment = _load(payment_id)
        if payment.state not in OPEN or payment.processor_id is None:
            return payment
        key, intent_id, now = f"{payment_id}:cancel", payment.processor_id, clock.now()
        created_at, updated_at = payment.created_at, payment.updated_at
        answer = gateway().fetch_intent(intent_id)
        if isinstance(answer, Intent) and (
            _is_over(answer, now - created_at, now - updated_at)
            or (refused and answer.status in _UNCONFIRMED)
            or (give_up and answer.status in _WAITING)
        ):
            refused = refused or answer.decline_code
            answer = gateway().cancel_intent(intent_id, key=key)
        return _record(payment_id, answer, refused, "given_up" if give_up else "not_confirmed", now)


def _is_over(intent: Intent, age: timedelta, untouched: timedelta) -> bool:
    """Say whether nobody brings this intent further: declined, never confirmed, or the bank's question unanswered."""
    if intent.status in _UNCONFIRMED:
        return bool(intent.decline_code) or untouched >= CONFIRM_GRACE
    return intent.status is IntentStatus.REQUIRES_ACTION and age >= ACTION_LIFETIME


def _load(payment_id: str) -> Payment:
    payment = db.session.get(Payment, payment_id, populate_existing=True)
    if payment is None:
        raise NotFound("payment")
    return payment


def _record(payment_id: str, answer: Answer, refused: str, otherwise: str, now: datetime) -> Payment:
    with transaction() as session:
        payment = session.scalars(
            select(Payment).where(Payment.id == payment_id).with_for_update().execution_options(populate_existing=True)
        ).one()
        if payment.state not in OPEN:
            return payment
        if not isinstance(answer, Intent):
            _look_again(payment, now, refused)
            return payment
        mismatch = _mismatch(payment, answer)
        if mismatch:
            log.error("payment_needs_review", payment=payment.id, why=mismatch)
            _look_again(payment, now, mismatch)
            return payment
        match answer.status:
            case IntentStatus.SUCCEEDED:
                _succeed(session, payment, answer, now)
            case IntentStatus.CANCELED:
                _end(session, payment, refused or answer.decline_code, otherwise, now)
            case IntentStatus.REQUIRES_ACTION:
                _wait(session, payment, PaymentState.REQUIRES_ACTION, answer.action_url, now)
            case IntentStatus.PROCESSING:
                _wait(session, payment, PaymentState.PROCESSING, "", now)
            case _:
                _look_again(payment, now, refused)
        session.flush()
        return payment


def _mismatch(payment: Payment, intent: Intent) -> str:
    """Return why the intent cannot be this payment's, or nothing (S15, AC-43)."""
    if (
        intent.id != payment.processor_id
        or intent.payment_id != payment.id
        or intent.customer_id != payment.customer_id
    ):
        return "another_payment"
    if not payment.currency == intent.amount.currency == intent.received.currency:
        return "another_currency"
    return ""


def _look_again(payment: Payment, now: datetime, problem: str = "") -> None:
    payment.next_check_at = now + next_check(now - payment.created_at)
    payment.problem = problem or payment.problem


def _wait(session: Session, payment: Payment, state: PaymentState, action_url: str, now: datetime) -> None:
    if payment.state != state:
        _move(payment, state, now)
        _close_attempt(session, payment, AttemptState(state.value), "", None)
    payment.action_url = action_url
    _look_again(payment, now)


def _end(session: Session, payment: Payment, code: str, otherwise: str, now: datetime) -> None:
    """The intent is cancelled at the processor: nothing was charged and nothing will be. No code: no decline."""
    target = PaymentState.FAILED if code else PaymentState.CANCELED
    _move(payment, target, now)
    payment.problem, payment.action_url = code or payment.problem or otherwise, ""
    _close_attempt(session, payment, AttemptState.DECLINED if code else AttemptState.CANCELED, payment.problem, now)
    audit.record(
        session,
        payment.customer_id,
        "processor",
        f"payment.{target.value}",
        payment.id,
        after={"problem": payment.problem},
    )
    session.flush()
    outbox.tell(
        session, payment.customer_id, "payment.failed", payment.id, {"payment": payment.id, "reason": payment.problem}
    )


def _succeed(session: Session, payment: Payment, intent: Intent, now: datetime) -> None:
    """Post what was received, whatever was asked for, and give the credit for it (AC-18)."""
    received = intent.received
    ensure(received.amount_minor > 0, f"{intent.id} succeeded with nothing received")
    promised = Credits(payment.credits_micros)
    bought = credits_for(received, Money(payment.amount_minor, payment.currency), promised)
    _move(payment, PaymentState.SUCCEEDED, now)
    payment.received_minor, payment.action_url, payment.problem = received.amount_minor, "", ""
    if received.amount_minor != payment.amount_minor:
        payment.problem = "another_amount"
        log.error("payment_needs_review", payment=payment.id, why="another_amount")
    _close_attempt(session, payment, AttemptState.SUCCEEDED, "", now)
    session.flush()
    customer_id, unit, words = payment.customer_id, f"money:{payment.currency}", _description(session, payment)
    ledger.post(
        session,
        customer_id,
        [
            Posting(unit, "processor", "clearing", received.amount_minor, "payment", "payment", payment.id, words),
            Posting(unit, "clearing", "prepaid", received.amount_minor, "sale", "payment", payment.id, words),
        ],
        now,
    )
    lasts = payment.expires_after_days
    grant = grants.add(
        session,
        customer_id,
        kind="purchased",
        credits=bought,
        now=now,
        payment_id=payment.id,
        description=words,
        expires_at=now + timedelta(days=lasts) if lasts else None,
    )
    audit.record(
        session,
        customer_id,
        "processor",
        "payment.succeeded",
        payment.id,
        after={"received_minor": received.amount_minor, "currency": received.currency, "credits_micros": bought.micros},
    )
    session.flush()
    outbox.tell(
        session,
        customer_id,
        "credits.granted",
        grant.id,
        {"grant": grant.id, "payment": payment.id, "credits_micros": bought.micros},
    )


def _move(payment: Payment, target: PaymentState, now: datetime) -> None:
    """Move a payment that is locked along one of its arrows."""
    before = PaymentState(payment.state)
    ensure(target in ARROWS[before], f"{payment.id} cannot go from {before} to {target}")
    payment.state, payment.updated_at = target.value, now


def _close_attempt(
    session: Session, payment: Payment, state: AttemptState, code: str, finished_at: datetime | None
) -> None:
    session.execute(
        update(Attempt)
        .where(
            Attempt.customer_id == payment.customer_id,
            Attempt.payment_id == payment.id,
            Attempt.state.in_(["started", "requires_action", "processing"]),
        )
        .values(state=state.value, code=code, finished_at=finished_at)
        .execution_options(synchronize_session=False)
    )


def _description(session: Session, payment: Payment) -> str:
    method = session.scalars(
        select(PaymentMethod).where(
            PaymentMethod.customer_id == payment.customer_id, PaymentMethod.id == payment.method_id
        )
    ).one()
    return f"Credits bought with {method_name(method.brand, method.last4)}"
