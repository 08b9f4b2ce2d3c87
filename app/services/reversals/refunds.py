"""Refunds: the seller sends money of a payment back, at most what was received, and the credit goes with it (AC-41).

Like a payment: the refund is committed, then the processor is asked with the refund's key, then it is settled by what
the processor says (docs/decisions/0008). One made in the processor's own dashboard is booked the same way.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain import processor_amounts
from app.domain.amounts import money_words
from app.domain.errors import NotFound, Refused
from app.domain.money import Money
from app.domain.payments import FIRST_CHECK, KEY_LIFETIME, Declined, Misused, PaymentState, Unknown, next_check
from app.domain.reversals import OPEN_REFUNDS, STANDING_REFUNDS, ProcessorRefund, RefundState
from app.models.database import Moment, db
from app.models.payments import Payment
from app.models.reversals import Refund
from app.models.scope import as_service
from app.services import audit, due_rows
from app.services.processor.gateway import gateway
from app.services.reversals import clawbacks, refund_booking, taken_off
from app.services.transaction import transaction

log = structlog.get_logger()
JUST_NOW = timedelta(minutes=10)


def refund(
    payment_id: str, *, amount: Money | None = None, reason: str, requested_by: str, repeat: bool = False
) -> Refund:
    """Send `amount` of a payment back (none: all that is left) and return the refund as the processor has it.

    Refuses (422) a missing reason or an amount that is none, (409) a payment that is not paid, more than is left, and
    without `repeat` the same once more within minutes: a command typed twice is one refund.
    """
    if not reason.strip() or not requested_by.strip():
        raise Refused("Give a name and a reason for the refund.", "reason_missing", 422, "reason")
    audit.ask_short(reason.strip(), "reason")
    now = clock.now()
    with as_service("refund a payment"):
        with transaction() as session:
            payment = clawbacks.locked(session, payment_id)
            minor = _allowed(session, payment, amount, now, repeat=repeat)
            refund_row = _requested(session, payment, minor, (reason.strip(), requested_by.strip()[:254]), now)
            payment.refunded_minor += minor
            refund_id = refund_row.id
        _ask(refund_id)
        return _everything(refund_id)[0]


def left(payment: Payment) -> Money:
    """Return what of the payment may still go back as money; zero: nothing."""
    rest = Money(max(0, clawbacks.left_of(payment)), payment.currency)
    return processor_amounts.taken_of(rest) if rest.amount_minor else rest


def of_correction(session: Session, payment: Payment, minor: int, reason: str, by: str) -> Refund:
    """Write down that a correction of the locked payment's invoice returns so much tax; `ask` after the commit."""
    return _requested(session, payment, minor, (reason, by), clock.now(), of_correction=True)


def of_order(session: Session, payment: Payment, reason: str, by: str) -> Refund | None:
    """Write down that all that is left of the locked payment goes back, because nothing was sold for it, or no more.

    None: nothing is left. The caller's transaction decides so; `ask` after the commit, or the sweep.
    """
    minor = left(payment).amount_minor
    if minor == 0:
        return None
    made = _requested(session, payment, minor, (reason, by), clock.now())
    payment.refunded_minor += minor
    session.flush()
    return made


def ask(refund_id: str) -> None:
    """Ask the processor for a refund that is committed. Whoever dies before this is followed by the sweep."""
    with as_service("ask for a refund"):
        _ask(refund_id)


def settle(refund_id: str) -> Refund:
    """Bring an open refund to where the processor says it is; ask for it again when it does not know it."""
    with as_service("settle a refund"):
        refund_row, payment = _everything(refund_id)
        if RefundState(refund_row.state) not in OPEN_REFUNDS:
            return refund_row
        payment_id, processor_id, intent_id = payment.id, refund_row.processor_id, payment.processor_id or ""
        age = clock.now() - refund_row.created_at
        if processor_id is not None:
            found = gateway().fetch_refund(processor_id)
            listed = [found] if isinstance(found, ProcessorRefund) else found
        else:
            listed = gateway().refunds_of(intent_id)
        if isinstance(listed, list):
            ours = [each for each in listed if processor_id or each.refund_id == refund_id]
            for each in ours:
                refund_booking.record(payment_id, each)
            if not ours and age < KEY_LIFETIME:
                _ask(refund_id)  # the same key: whether it came through the first time or not, it is one refund
            elif not ours:
                refund_booking.give_up(refund_id, payment_id, "not_made")
        return _everything(refund_id)[0]


def sweep_due(limit: int = 50) -> int:
    """Look at open refunds whose next check is due, one by one, at most `limit`; return how many were looked at."""
    with as_service("sweep open refunds"):
        return due_rows.each(due_rows.claimed(limit, _claim), _look_at, of="refund", failed="refund_check_failed")


def _requested(
    session: Session, payment: Payment, minor: int, why: tuple[str, str], now: datetime, *, of_correction: bool = False
) -> Refund:
    reason, requested_by = why
    refund_row = Refund(
        id=ids.new("ref"),
        customer_id=payment.customer_id,
        payment_id=payment.id,
        amount_minor=minor,
        currency=payment.currency,
        of_correction=of_correction,
        state=RefundState.CREATED.value,
        reason=reason,
        requested_by=requested_by,
        created_at=now,
        updated_at=now,
        next_check_at=now + FIRST_CHECK,
    )
    session.add(refund_row)
    after = {"payment": payment.id, "amount_minor": minor, "currency": payment.currency, "reason": reason}
    audit.record(session, payment.customer_id, requested_by, "refund.wished", refund_row.id, after=after)
    session.flush()
    return refund_row


def _allowed(session: Session, payment: Payment, amount: Money | None, now: datetime, *, repeat: bool) -> int:
    """Return how much goes back, in minor units, or refuse."""
    if PaymentState(payment.state) not in clawbacks.PAID:
        raise Refused("This payment has not been paid, so there is nothing to refund.", "not_paid")
    rest, most = left(payment), taken_off.most_of_payment(session, payment)
    is_bound, rest = most < rest.amount_minor, min(rest, processor_amounts.taken_of(Money(most, payment.currency)))
    requested = amount or rest
    if requested.currency != payment.currency:
        raise Refused(f"This payment was made in {payment.currency}.", "another_currency", 422, "amount")
    if is_bound and (rest.amount_minor == 0 or requested > rest):
        raise taken_off.refuse(rest)
    if rest.amount_minor == 0:
        raise Refused("All of this payment is already refunded or disputed.", "nothing_left")
    if requested.amount_minor <= 0:
        raise Refused("Enter an amount above zero.", "amount_too_small", 422, "amount")
    if requested > rest:
        raise Refused(
            f"Enter at most {money_words(rest)}: no more of this payment is left to refund.",
            "more_than_left",
            409,
            "amount",
        )
    processor_amounts.check_step(requested)
    same = session.scalar(
        select(Refund.id).where(
            Refund.customer_id == payment.customer_id,
            Refund.payment_id == payment.id,
            Refund.amount_minor == requested.amount_minor,
            Refund.created_at > now - JUST_NOW,
            Refund.state.in_([state.value for state in STANDING_REFUNDS]),
        )
    )
    if same is not None and not repeat:
        raise Refused("The same amount of this payment was refunded a few minutes ago.", "refunded_just_now")
    return requested.amount_minor


def _ask(refund_id: str) -> None:
    """Ask the processor for a committed refund. The key names the refund, so that asking twice sends once."""
    refund_row, payment = _everything(refund_id)
    payment_id, intent_id = payment.id, payment.processor_id or ""
    amount, reason = Money(refund_row.amount_minor, refund_row.currency), refund_row.reason
    answer = gateway().create_refund(
        intent_id=intent_id,
        refund_id=refund_id,
        payment_id=payment_id,
        amount=amount,
        reason=reason,
        key=f"{refund_id}:create",
    )
    match answer:
        case ProcessorRefund():
            refund_booking.record(payment_id, answer)
        case Declined(code=code) | Misused(code=code):
            refund_booking.give_up(refund_id, payment_id, code or "refused_by_processor")
        case Unknown(why=why):
            log.warning("refund_unanswered", refund=refund_id, why=why)  # the sweep looks again


def _everything(refund_id: str) -> tuple[Refund, Payment]:
    found = db.session.execute(
        select(Refund, Payment)
        .join(Payment, (Payment.customer_id == Refund.customer_id) & (Payment.id == Refund.payment_id))
        .where(Refund.id == refund_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("refund")
    return found[0], found[1]


def due(now: Moment) -> Select[Refund]:
    """Ask for open refunds whose next check is due."""
    open_states = [state.value for state in OPEN_REFUNDS]
    return select(Refund).where(Refund.state.in_(open_states), Refund.next_check_at <= now)


def _claim() -> str | None:
    """Claim the refund that is due the longest: nobody else looks at it before its next check is due."""
    now = clock.now()

    def take(refund_row: Refund) -> str:
        refund_row.tries += 1
        refund_row.next_check_at = now + max(FIRST_CHECK, next_check(now - refund_row.created_at))
        return refund_row.id

    return due_rows.claim(due(now).order_by(Refund.next_check_at, Refund.id), take)


def _look_at(refund_id: str) -> int:
    settle(refund_id)
    return 1
