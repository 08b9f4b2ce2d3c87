"""How a payment ends, or comes to wait: the rows written with each step, in the transaction that holds the payment."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.errors import ensure
from app.domain.mails import ACTION_NEEDED, PAYMENT_FAILED
from app.domain.methods import Rail
from app.domain.payments import (
    ACTION_LIFETIME,
    ARROWS,
    AUTHENTICATION_REQUIRED,
    DUNNING,
    AttemptState,
    Intent,
    PaymentState,
    next_check,
)
from app.models.customers import Customer
from app.models.events import OutboxEvent
from app.models.payments import Attempt, Payment
from app.services import audit
from app.services.ledger import budgets, posting
from app.services.outbox import billing_mails, events
from app.services.outbox.events import Outbox
from app.services.payments import fulfilment

log = structlog.get_logger()
GIVEN_UP, NOT_CONFIRMED = "given_up", "not_confirmed"
"""Why a payment that nobody declined has ended: by the customer, or because time ran out."""
NEEDS_REVIEW = "payment.needs_review"
PATIENCE = timedelta(minutes=15)
"""Who was there when the bank asked, and has not answered for so long, is mailed the way back (AC-12)."""


def look_again(payment: Payment, now: datetime, problem: str = "") -> None:
    """Leave the payment where it is and set when it is looked at again: in time for the end of the bank's question."""
    payment.next_check_at = now + next_check(now - payment.created_at)
    end = payment.created_at + ACTION_LIFETIME
    if payment.state == PaymentState.REQUIRES_ACTION and now < end:
        payment.next_check_at = min(payment.next_check_at, end)
    payment.problem = problem or payment.problem


def wait(session: Session, payment: Payment, state: PaymentState, action_url: str, now: datetime) -> None:
    """Note that the payment waits for its customer, or for a bank that takes days."""
    if payment.state != state:
        _move(payment, state, now)
        if state is PaymentState.REQUIRES_ACTION and payment.rail == Rail.CARD and payment.checkout_id is None:
            _mail(session, payment, ACTION_NEEDED, after=PATIENCE)
    _close_attempt(session, payment, AttemptState(state.value), "", None)
    payment.action_url, payment.problem = action_url, ""
    look_again(payment, now)


def pause(session: Session, payment: Payment, now: datetime) -> None:
    """The bank asks and nobody was there: the payment waits for its customer, who is notified by mail once (AC-11)."""
    _close_attempt(session, payment, AttemptState.DECLINED, AUTHENTICATION_REQUIRED, now)
    payment.action_url, payment.problem = "", AUTHENTICATION_REQUIRED
    if payment.state == PaymentState.REQUIRES_ACTION:  # going on with it came to nothing: it can be tried again
        look_again(payment, now)
        return
    _move(payment, PaymentState.REQUIRES_ACTION, now)
    look_again(payment, now)
    audit.record(session, payment.customer_id, "processor", "payment.requires_action", payment.id)
    session.flush()
    events.write(session, payment.customer_id, "payment.requires_action", payment.id, {"payment": payment.id})
    _mail(session, payment, ACTION_NEEDED)


def end(session: Session, payment: Payment, code: str, otherwise: str, now: datetime) -> None:
    """The intent is cancelled at the processor: nothing was charged and nothing will be. No code: no decline."""
    nobody_watched = otherwise != GIVEN_UP and (payment.off_session or payment.state == PaymentState.PROCESSING)
    target = PaymentState.FAILED if code else PaymentState.CANCELED
    _move(payment, target, now)
    before = "" if payment.problem == AUTHENTICATION_REQUIRED else payment.problem
    payment.problem, payment.action_url = code or before or otherwise, ""
    _close_attempt(session, payment, AttemptState.DECLINED if code else AttemptState.CANCELED, payment.problem, now)
    report_end(session, payment, nobody_watched=nobody_watched)


def report_end(session: Session, payment: Payment, *, nobody_watched: bool) -> None:
    """Write down that the payment ended uncharged, report it to hosts, and by mail to who did not watch it."""
    facts = {"problem": payment.problem}
    audit.record(session, payment.customer_id, "processor", f"payment.{payment.state}", payment.id, after=facts)
    session.flush()
    events.write(
        session, payment.customer_id, "payment.failed", payment.id, {"payment": payment.id, "reason": payment.problem}
    )
    if nobody_watched and payment.created_by != DUNNING:  # a decline that the page has shown needs no mail
        _mail(session, payment, PAYMENT_FAILED)
    budgets.free(session, payment)
    fulfilment.ended(session, payment)


def succeed(session: Session, payment: Payment, intent: Intent, now: datetime) -> None:
    """Take what was received, whatever was asked for, and give what it was for (AC-18)."""
    received = intent.received
    ensure(received.amount_minor > 0, f"{intent.id} succeeded with nothing received")
    _move(payment, PaymentState.SUCCEEDED, now)
    payment.received_minor, payment.action_url, payment.problem = received.amount_minor, "", ""
    if received.amount_minor != payment.amount_minor:
        payment.problem = "another_amount"
    _close_attempt(session, payment, AttemptState.SUCCEEDED, "", now)
    session.flush()
    books = posting.lock(session, payment.customer_id)
    given = fulfilment.fulfil(books, payment, received, now)
    facts = {"received_minor": received.amount_minor, "currency": received.currency, **given}
    audit.record(session, payment.customer_id, "processor", "payment.succeeded", payment.id, after=facts)
    session.flush()
    budgets.spend(books.outbox, payment)
    if payment.problem:
        report(books.outbox, payment, payment.problem)


def report(outbox: Outbox, payment: Payment, why: str) -> None:
    """Report to the seller that a person must look at the locked payment: in the log, and by one event for ever."""
    log.error("payment_needs_review", payment=payment.id, why=why)
    written = outbox.session.scalar(
        select(OutboxEvent.id).where(
            OutboxEvent.customer_id == payment.customer_id,
            OutboxEvent.type == NEEDS_REVIEW,
            OutboxEvent.source_id == payment.id,
        )
    )
    if written is None:
        facts: dict[str, object] = {"payment": payment.id, "reason": why, "currency": payment.currency}
        facts |= {"amount_minor": payment.amount_minor, "received_minor": payment.received_minor}
        outbox.session.flush()
        outbox.write(NEEDS_REVIEW, payment.id, facts)


def _mail(session: Session, payment: Payment, template: str, after: timedelta = timedelta(0)) -> None:
    to = session.scalars(select(Customer.email).where(Customer.customer_id == payment.customer_id)).one()
    key = f"{template}:{payment.id}"
    billing_mails.write(session, payment.customer_id, template, key=key, to=to, after=after, payment=payment.id)


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
