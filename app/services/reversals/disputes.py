"""Disputes: a customer's bank takes a payment back. Held while open, gone when lost, back when won (AC-70)."""

from datetime import datetime

import structlog
from sqlalchemy import select

from app import clock, ids
from app.domain.amounts import money_words
from app.domain.amounts_in_json import credits_text
from app.domain.language import in_english
from app.domain.money import Credits, Money
from app.domain.payments import OPEN, PaymentState
from app.domain.reversals import DISPUTE_ARROWS, DisputeState, ProcessorDispute, RefundState
from app.models.payments import Payment
from app.models.reversals import LONGEST_REASON, Dispute, Refund
from app.models.scope import as_service
from app.services import audit
from app.services.ledger import documentation, posting, unpaid_overage
from app.services.ledger.posting import Books
from app.services.reversals import clawbacks
from app.services.reversals.clawbacks import Source
from app.services.transaction import transaction

log = structlog.get_logger()
_EVENTS = {DisputeState.OPEN: "dispute.opened", DisputeState.WON: "dispute.won", DisputeState.LOST: "dispute.lost"}


def record(payment_id: str, found: ProcessorDispute) -> str:
    """Book a dispute as the processor has it; return why it must be looked at again, or nothing.

    What is held is at most what is left of the payment: refunds and disputes never take more than was received (I11).
    A claim in another currency says nothing of how much: all that is left is held, until the bank decides.
    """
    now = clock.now()
    with as_service("book a dispute"), transaction() as session:
        payment = clawbacks.locked(session, payment_id)
        problem = _not_bookable(payment, found)
        if problem:
            log.error("payment_needs_review", payment=payment.id, dispute=found.id, why=problem)
            return problem
        dispute = session.scalars(
            select(Dispute).where(
                Dispute.customer_id == payment.customer_id,
                Dispute.payment_id == payment.id,
                Dispute.processor_id == found.id,
            )
        ).one_or_none()
        if dispute is None and found.state is DisputeState.WON:
            return ""  # over before we knew of it: nothing was held, and nothing is to be given back
        books = posting.lock(session, payment.customer_id)
        if dispute is None:
            dispute, problem = _open(books, payment, found, now)
            if dispute is None:
                return problem
        else:
            dispute.reason, dispute.respond_by = found.reason[:LONGEST_REASON], found.respond_by
        _close(books, payment, dispute, found.state, now)
        unpaid_overage.lending_changed(books, now)  # to whom a bank may give money back nothing is lent
        return ""


def _not_bookable(payment: Payment, found: ProcessorDispute) -> str:
    if found.intent_id != payment.processor_id:
        return "another_payment"
    return "not_paid_yet" if PaymentState(payment.state) in OPEN else ""


def _open(books: Books, payment: Payment, found: ProcessorDispute, now: datetime) -> tuple[Dispute | None, str]:
    """Hold what the dispute is about, and return it; or nothing, and whether it is worth another look."""
    session, left = books.session, clawbacks.claimable(payment)
    claim = found.amount if found.amount and found.amount.currency == payment.currency else None
    amount = min(claim.amount_minor, left) if claim else left
    if claim is None or amount < claim.amount_minor:
        waiting = session.scalar(
            select(Refund.id).where(
                Refund.customer_id == payment.customer_id,
                Refund.payment_id == payment.id,
                Refund.state == RefundState.CREATED.value,
            )
        )
        if waiting is not None:
            return None, "refund_under_way"  # the processor refuses it, or has it: then it is clear what is left
        log.error("payment_needs_review", payment=payment.id, dispute=found.id, why=_why(claim))
    if amount <= 0:
        return None, ""  # all of it has gone back before: the seller loses it twice, the customer does not
    dispute = Dispute(
        id=ids.new("dsp"),
        customer_id=payment.customer_id,
        payment_id=payment.id,
        processor_id=found.id,
        amount_minor=amount,
        currency=payment.currency,
        state=DisputeState.OPEN.value,
        claimed="" if claim and claim.amount_minor <= payment.received_minor else found.claimed,
        reason=found.reason[:LONGEST_REASON],
        respond_by=found.respond_by,
        opened_at=found.created_at,
        updated_at=now,
    )
    dispute.of_credit_minor, given = clawbacks.taken_as_credit(payment, amount)
    source = _source(dispute, "disputed")
    dispute.credits_micros = clawbacks.take(books, payment, amount, clawbacks.HOLD, source, now, given)
    session.add(dispute)
    payment.disputed_minor += amount
    clawbacks.count_as_credit(payment, -dispute.of_credit_minor, -given)
    clawbacks.restate(session, payment, now)
    documentation.writer().held(books, now)
    _write_event(books, dispute, None)
    return dispute, ""


def _why(claim: Money | None) -> str:
    return "disputed_more_than_left" if claim else "disputed_in_another_currency"


def _close(books: Books, payment: Payment, dispute: Dispute, target: DisputeState, now: datetime) -> None:
    """Move the dispute of a locked payment forward, and post what that means. An answer that is old changes nothing."""
    before = DisputeState(dispute.state)
    if target not in DISPUTE_ARROWS[before]:
        return
    if target is DisputeState.LOST:
        source = _source(dispute, "lost to a dispute")
        clawbacks.pass_on(books, payment, clawbacks.HOLD, clawbacks.LOST, source, now)
        amount = Money(dispute.amount_minor, dispute.currency)
        documentation.writer().returned(books, payment, ("dispute", dispute.id, "Lost dispute"), amount, now)
    else:
        way = clawbacks.WON if before is DisputeState.OPEN else clawbacks.WON_AFTER_ALL
        source = _source(dispute, "no longer disputed: credit released")
        clawbacks.give_back(books, payment, clawbacks.HOLD, way, source, now)
        documentation.writer().came_back(books, ("dispute", dispute.id), now)
        payment.disputed_minor -= dispute.amount_minor
        if dispute.of_credit_minor:
            clawbacks.count_as_credit(payment, dispute.of_credit_minor, dispute.credits_micros)
    dispute.state, dispute.closed_at, dispute.updated_at = target.value, now, now
    clawbacks.restate(books.session, payment, now)
    _write_event(books, dispute, before)


@in_english
def _source(dispute: Dispute, words: str) -> Source:
    amount = Money(dispute.amount_minor, dispute.currency)
    return Source("dispute", dispute.id, f"Payment of {money_words(amount)} {words}")


def _write_event(books: Books, dispute: Dispute, before: DisputeState | None) -> None:
    facts: dict[str, object] = {
        "dispute": dispute.id,
        "payment": dispute.payment_id,
        "amount_minor": dispute.amount_minor,
        "currency": dispute.currency,
        "credits_micros": dispute.credits_micros,
    }
    if dispute.claimed:
        facts["claimed"] = dispute.claimed
    name = _EVENTS[DisputeState(dispute.state)]
    audit.record(
        books.session,
        dispute.customer_id,
        "processor",
        name,
        dispute.id,
        before={"state": before.value} if before else None,
        after={**facts, "reason": dispute.reason},
    )
    books.session.flush()
    credit = {"credits": credits_text(Credits(dispute.credits_micros)), "credit_unit": books.customer.credit_unit}
    books.outbox.write(name, dispute.id, facts | credit)
