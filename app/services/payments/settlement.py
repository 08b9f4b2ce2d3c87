"""Settle a payment: the one function that any answer, webhook, return from the bank or sweep calls.

It asks the processor how things stand, locks the payment, moves it forward and posts transfer, grant, outbox and audit
rows in one transaction. Nothing else writes success. It may run any number of times, at once, and be killed anywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam, select

from app import clock
from app.domain.errors import NotFound
from app.domain.methods import Rail
from app.domain.payments import (
    ACTION_LIFETIME,
    AUTHENTICATION_REQUIRED,
    CONFIRM_GRACE,
    OPEN,
    Answer,
    Intent,
    IntentStatus,
    PaymentState,
    Purpose,
)
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Payment, PaymentMethod
from app.models.scope import as_service
from app.models.unit_of_work import ahead
from app.services.ledger import posting
from app.services.outbox import events
from app.services.payments import at_once, checkouts, fulfilment, outcomes
from app.services.processor.gateway import gateway
from app.services.transaction import transaction

_LOCKED = (
    select(Payment, PaymentMethod)
    .outerjoin(
        PaymentMethod, (PaymentMethod.customer_id == Payment.customer_id) & (PaymentMethod.id == Payment.method_id)
    )
    .where(Payment.id == bindparam("payment"))
    .with_for_update(key_share=True, of=Payment)
    .execution_options(populate_existing=True)
)
"""Locks the payment, which is returned as it stands under the lock, and has its method read with it."""
_LOADED = (
    select(Payment, Customer.catalog, Customer.catalog_version)
    .join(Customer, Customer.customer_id == Payment.customer_id)
    .where(Payment.id == bindparam("payment"))
    .execution_options(populate_existing=True)
)
_LOCKS = _LOCKED, posting.LOCKED, events.LOCKED
_UNCONFIRMED = {IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.REQUIRES_CONFIRMATION}
_WAITING = {*_UNCONFIRMED, IntentStatus.REQUIRES_ACTION}


@dataclass(frozen=True)
class _Question:
    """What is asked of the processor about one payment: what was known of it before, and why it is asked."""

    created_at: datetime
    updated_at: datetime
    may_wait: bool
    """Whether a question of the bank's may wait for a customer who was not there."""
    refused: str
    give_up: bool
    from_cash: bool
    """Whether it is paid from cash that is there: nobody but us brings it further."""
    now: datetime

    def is_over(self, intent: Intent) -> bool:
        """Say whether nobody brings this intent further, so that it is given up at the processor."""
        if self.give_up and intent.status in _WAITING:
            return True
        late = self.now - self.created_at >= ACTION_LIFETIME
        if intent.status is IntentStatus.REQUIRES_ACTION and self.from_cash:
            return bool(self.refused) or self.now - self.updated_at >= CONFIRM_GRACE
        if intent.status is IntentStatus.REQUIRES_ACTION:
            return late
        if intent.status not in _UNCONFIRMED:
            return False
        if self.waits_for_customer(intent):
            return late
        return bool(self.refused or intent.decline_code) or self.now - self.updated_at >= CONFIRM_GRACE

    def waits_for_customer(self, intent: Intent) -> bool:
        """Say whether the bank has a question and nobody was there to answer it."""
        asked = intent.status in _UNCONFIRMED and intent.decline_code == AUTHENTICATION_REQUIRED
        return self.may_wait and asked and self.refused in {"", AUTHENTICATION_REQUIRED}

    def why_over(self, intent: Intent) -> str:
        """Return the code of the decline that ended it; nothing when nobody declined and it was only given up."""
        code = self.refused or intent.decline_code
        return "" if self.may_wait and code == AUTHENTICATION_REQUIRED else code


def settle(payment_id: str, *, refused: str = "", give_up: bool = False) -> Payment:
    """Bring the payment to where the processor says it is, and return it.

    `refused` is the code of a decline that the processor has just answered: the intent is then given up at the
    processor *before* the payment fails here, so that a failed payment can never be charged later (AC-28). With
    `give_up` so is an intent that waits for the bank's question: the processor decides whether it comes too late.
    A bank's question that nobody was there to answer is no decline: the payment then waits for its customer.
    """
    with as_service("settle a payment"):
        found = at_once.read(payment_id)
        payment, sold = (found.payment, found.sold) if found is not None else _load(payment_id)
        if payment.processor_id is None and payment.checkout_id is not None:
            payment, found = checkouts.look(payment_id, give_up=give_up), None
        if payment.state not in OPEN or payment.processor_id is None:
            return payment
        intent_id = payment.processor_id
        may_wait = payment.off_session and payment.state != PaymentState.PROCESSING
        from_cash = payment.rail == Rail.BANK_TRANSFER
        question = _Question(payment.created_at, payment.updated_at, may_wait, refused, give_up, from_cash, clock.now())
        is_top_up = payment.purpose == Purpose.TOP_UP.value
        known = {"payment": payment_id, "customer": payment.customer_id, "now": question.now, **sold}
        answer = gateway().fetch_intent(intent_id)
        if isinstance(answer, Intent) and question.is_over(answer):
            question = replace(question, refused=question.why_over(answer))
            # Where it stood is part of the key: a cancellation that came too early must not be answered from memory.
            answer = gateway().cancel_intent(intent_id, key=f"{payment_id}:cancel:{answer.status}")
        if isinstance(answer, Intent) and answer.status is IntentStatus.SUCCEEDED and is_top_up:
            done = at_once.settle(found, answer, question.now) if found and not _mismatch(payment, answer) else None
            return done or _record(payment_id, answer, question, known)
        return _record(payment_id, answer, question, None)


def _load(payment_id: str) -> tuple[Payment, dict[str, object]]:
    """Return the payment, and by which version of which catalog its customer buys."""
    found = db.session.execute(_LOADED, {"payment": payment_id}).one_or_none()
    if found is None:
        raise NotFound("payment")
    payment, name, version = found
    return payment, {"name": name, "version": version}


def _record(payment_id: str, answer: Answer, question: _Question, known: Mapping[str, object] | None) -> Payment:
    """Write down what became of the payment. `known`: credit is paid, and all that is read for it is asked at once."""
    now = question.now
    with transaction() as session:
        if known is not None:
            ahead.ask(session, [*_LOCKS, *fulfilment.asked()], known)
        payment, _method = session.execute(_LOCKED, {"payment": payment_id}).one()
        if payment.state not in OPEN:
            return payment
        if not isinstance(answer, Intent):
            outcomes.look_again(payment, now, question.refused)
            return payment
        mismatch = _mismatch(payment, answer)
        if mismatch:
            outcomes.look_again(payment, now, mismatch)
            outcomes.report(events.lock(session, payment.customer_id), payment, mismatch)
            return payment
        match answer.status:
            case IntentStatus.SUCCEEDED:
                outcomes.succeed(session, payment, answer, now)
            case IntentStatus.CANCELED:
                otherwise = outcomes.GIVEN_UP if question.give_up else outcomes.NOT_CONFIRMED
                outcomes.end(session, payment, question.why_over(answer), otherwise, now)
            case IntentStatus.REQUIRES_ACTION:
                outcomes.wait(session, payment, PaymentState.REQUIRES_ACTION, answer.action_url, now)
            case IntentStatus.PROCESSING:
                outcomes.wait(session, payment, PaymentState.PROCESSING, "", now)
            case _ if question.waits_for_customer(answer) and not _goes_on(payment, question):
                outcomes.pause(session, payment, now)
            case _:
                outcomes.look_again(payment, now, question.refused)
        session.flush()
        return payment


def _goes_on(payment: Payment, question: _Question) -> bool:
    """Say whether the customer has just resumed a waiting payment: its own call to the bank brings the answer."""
    has_waited = payment.state == PaymentState.REQUIRES_ACTION and payment.problem != AUTHENTICATION_REQUIRED
    return has_waited and not question.refused and question.now - payment.updated_at < CONFIRM_GRACE


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
