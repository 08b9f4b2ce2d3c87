"""Book a refund as the processor has it: whoever made it, in any order, each once (I11, AC-34)."""

from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.amounts import money_words
from app.domain.amounts_in_json import credits_text
from app.domain.language import in_english
from app.domain.money import Credits, Money
from app.domain.payments import FIRST_CHECK, OPEN, PaymentState, next_check
from app.domain.reversals import BOOKED_REFUNDS, REFUND_ARROWS, ProcessorRefund, RefundState
from app.models.payments import Payment
from app.models.reversals import Refund
from app.models.scope import as_service
from app.services import audit
from app.services.ledger import documentation, posting
from app.services.ledger.posting import Books
from app.services.outbox import events
from app.services.reversals import clawbacks
from app.services.reversals.clawbacks import Source
from app.services.transaction import transaction

log = structlog.get_logger()
NO_ROOM = "refunded_more_than_left"
"""Refunds and disputes that we know of leave less than went back, as the processor says."""
_OVER = frozenset({RefundState.FAILED, RefundState.CANCELED})


def record(payment_id: str, found: ProcessorRefund) -> str:
    """Book a refund as the processor has it, whoever made it; return why it must be looked at again, or nothing."""
    now = clock.now()
    with as_service("book a refund"), transaction() as session:
        payment = clawbacks.locked(session, payment_id)
        problem = _not_bookable(payment, found)
        refund_row = None if problem else _row(session, payment, found)
        if not problem and refund_row is None:
            if found.state in _OVER:
                return ""  # nothing went back, and nothing was booked
            problem = _no_room(session, payment, found)
        if problem:
            log.error("payment_needs_review", payment=payment.id, refund=found.id, why=problem)
            return problem
        if refund_row is None:
            refund_row = _adopt(session, payment, found, now)
        _move(session, payment, refund_row, found.state, found.problem, now)
        return ""


def give_up(refund_id: str, payment_id: str, problem: str) -> None:
    """End a refund that the processor has not made and will not make."""
    now = clock.now()
    with as_service("end a refund"), transaction() as session:
        payment = clawbacks.locked(session, payment_id)
        own = session.get_one(Refund, refund_id, populate_existing=True)
        if own.state == RefundState.CREATED.value and own.processor_id is None:
            _move(session, payment, own, RefundState.FAILED, problem, now)


def _not_bookable(payment: Payment, found: ProcessorRefund) -> str:
    if found.intent_id != payment.processor_id:
        return "another_payment"
    if found.amount.currency != payment.currency:
        return "another_currency"
    return "not_paid_yet" if PaymentState(payment.state) in OPEN else ""


def _row(session: Session, payment: Payment, found: ProcessorRefund) -> Refund | None:
    """Return our row of the processor's refund: by its id, or the refund of ours that it carries and that has none."""
    mine = select(Refund).where(Refund.customer_id == payment.customer_id, Refund.payment_id == payment.id)
    known = session.scalars(mine.where(Refund.processor_id == found.id)).one_or_none()
    if known is not None or not found.refund_id:
        return known
    own = session.scalars(
        mine.where(
            Refund.id == found.refund_id,
            Refund.processor_id.is_(None),
            Refund.state == RefundState.CREATED.value,
            Refund.amount_minor == found.amount.amount_minor,
        )
    ).one_or_none()
    if own is not None:
        own.processor_id = found.id
    return own


def _no_room(session: Session, payment: Payment, found: ProcessorRefund) -> str:
    """Return why a refund made elsewhere does not fit what is left, or nothing."""
    if found.amount.amount_minor <= clawbacks.claimable(payment):
        return ""
    waiting = session.scalar(
        select(Refund.id).where(
            Refund.customer_id == payment.customer_id,
            Refund.payment_id == payment.id,
            Refund.state == RefundState.CREATED.value,
        )
    )
    return "refund_under_way" if waiting is not None else NO_ROOM


def _adopt(session: Session, payment: Payment, found: ProcessorRefund, now: datetime) -> Refund:
    """Write down a refund that was made elsewhere."""
    made = Refund(
        id=ids.new("ref"),
        customer_id=payment.customer_id,
        payment_id=payment.id,
        processor_id=found.id,
        amount_minor=found.amount.amount_minor,
        currency=payment.currency,
        state=RefundState.CREATED.value,
        reason="Made at the payment processor",
        requested_by="processor",
        created_at=now,
        updated_at=now,
        next_check_at=now + FIRST_CHECK,
    )
    made.of_credit_minor, made.credits_micros = clawbacks.taken_as_credit(payment, made.amount_minor)
    session.add(made)
    payment.refunded_minor += made.amount_minor
    clawbacks.count_as_credit(payment, -made.of_credit_minor, -made.credits_micros)
    session.flush()
    return made


def _move(
    session: Session, payment: Payment, refund_row: Refund, target: RefundState, problem: str, now: datetime
) -> None:
    """Move the refund of a locked payment forward, and post what that means. An answer that is old changes nothing."""
    before = RefundState(refund_row.state)
    refund_row.next_check_at = now + next_check(now - refund_row.created_at)
    if target not in REFUND_ARROWS[before]:
        return
    amount = Money(refund_row.amount_minor, refund_row.currency)
    source = _source(refund_row, "Refund of {}")
    if target in BOOKED_REFUNDS and before not in BOOKED_REFUNDS:
        books = posting.lock(session, payment.customer_id)
        _take(books, payment, refund_row, source, now)
    ends = target in _OVER
    refund_row.state, refund_row.updated_at, refund_row.problem = target.value, now, problem[:100] if ends else ""
    if ends:
        if not refund_row.of_correction:  # what a correction owes, it owes on: `return_difference`
            payment.refunded_minor -= amount.amount_minor
        if refund_row.of_credit_minor:
            clawbacks.count_as_credit(payment, refund_row.of_credit_minor, refund_row.credits_micros)
        if before in BOOKED_REFUNDS:
            back = _source(refund_row, "Refund of {} did not arrive")
            books = posting.lock(session, payment.customer_id)
            clawbacks.give_back(books, payment, clawbacks.REFUND, clawbacks.REFUND_FAILED, back, now)
            documentation.writer().came_back(books, ("refund", refund_row.id), now)
    clawbacks.restate(session, payment, now)
    _write_event(session, payment, refund_row, before, ends=ends)


@in_english
def _source(refund_row: Refund, words: str) -> Source:
    amount = money_words(Money(refund_row.amount_minor, refund_row.currency))
    return Source("refund", refund_row.id, words.format(amount))


def _take(books: Books, payment: Payment, refund_row: Refund, source: Source, now: datetime) -> None:
    """Post what goes back: with its credit and a credit note, unless the documents of a correction say it already."""
    minor = refund_row.amount_minor
    if refund_row.of_correction:
        clawbacks.return_tax(books, payment, minor, source, now)
        return
    given = refund_row.credits_micros if refund_row.of_credit_minor else 0
    refund_row.credits_micros = clawbacks.take(books, payment, minor, clawbacks.REFUND, source, now, given)
    fact = ("refund", refund_row.id, "Refund")
    documentation.writer().returned(books, payment, fact, Money(minor, refund_row.currency), now)


def _write_event(session: Session, payment: Payment, refund_row: Refund, before: RefundState, *, ends: bool) -> None:
    facts: dict[str, object] = {
        "refund": refund_row.id,
        "payment": payment.id,
        "amount_minor": refund_row.amount_minor,
        "currency": refund_row.currency,
        "credits_micros": refund_row.credits_micros,
    }
    audit.record(
        session,
        payment.customer_id,
        "processor",
        f"refund.{refund_row.state}",
        refund_row.id,
        before={"state": before.value},
        after={**facts, "problem": refund_row.problem},
    )
    session.flush()
    if ends or before not in BOOKED_REFUNDS:
        outbox = events.lock(session, payment.customer_id)
        facts |= {
            "credits": credits_text(Credits(refund_row.credits_micros)),
            "credit_unit": outbox.customer.credit_unit,
        }
        outbox.write("refund.failed" if ends else "refund.created", refund_row.id, facts)
