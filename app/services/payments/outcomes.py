"""How a payment ends, or comes to wait: the rows written with each step, in the transaction that holds the payment."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.domain.errors import ensure
from app.domain.mails import ACTION_NEEDED, PAYMENT_FAILED
from app.domain.methods import Rail
from app.domain.money import Money
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
from app.models.payments import Payment
from app.models.unit_of_work import waiting
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
    received, before = intent.received, payment.state
    moved = succeeded(payment, intent, now)
    key = {"customer_id": payment.customer_id, "id": payment.id}
    waiting.add(
        session, {"moved_payments": [{**key, **moved, "moved_from": before}], "closed_attempts": [paid(payment, now)]}
    )
    for name, value in moved.items():
        set_committed_value(payment, name, value)
    books = posting.lock(session, payment.customer_id)
    given = fulfilment.fulfil(books, payment, received, now)
    facts = facts_of(received, given)
    audit.record(session, payment.customer_id, "processor", "payment.succeeded", payment.id, after=facts)
    session.flush()
    budgets.spend(books.outbox, payment)
    if payment.problem:
        report(books.outbox, payment, payment.problem)


def succeeded(payment: Payment, intent: Intent, now: datetime) -> dict[str, object]:
    """Return what becomes of an open payment whose intent has succeeded."""
    received = intent.received.amount_minor
    ensure(received > 0, f"{intent.id} succeeded with nothing received")
    _ask_arrow(payment, PaymentState.SUCCEEDED)
    return {
        "state": PaymentState.SUCCEEDED.value,
        "received_minor": received,
        "action_url": "",
        "problem": "" if received == payment.amount_minor else "another_amount",
        "updated_at": now,
    }


def paid(payment: Payment, now: datetime) -> dict[str, object]:
    """Return how the attempt of a payment that has succeeded ends, if one is open."""
    return _closed(payment, AttemptState.SUCCEEDED, "", now)


def facts_of(received: Money, given: Mapping[str, object]) -> dict[str, object]:
    """Return what the audit trail says of a payment that has succeeded, and of what it has given."""
    return {"received_minor": received.amount_minor, "currency": received.currency, **given}


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
    _ask_arrow(payment, target)
    payment.state, payment.updated_at = target.value, now


def _ask_arrow(payment: Payment, target: PaymentState) -> None:
    before = PaymentState(payment.state)
    ensure(target in ARROWS[before], f"{payment.id} cannot go from {before} to {target}")


def _close_attempt(
    session: Session, payment: Payment, state: AttemptState, code: str, finished_at: datetime | None
) -> None:
    waiting.add(session, {"closed_attempts": [_closed(payment, state, code, finished_at)]})


def _closed(payment: Payment, state: AttemptState, code: str, finished_at: datetime | None) -> dict[str, object]:
    """Return how the attempt of the payment that is open ends, if there is one."""
    key = {"customer_id": payment.customer_id, "payment_id": payment.id}
    return {**key, "state": state.value, "code": code, "finished_at": finished_at}
