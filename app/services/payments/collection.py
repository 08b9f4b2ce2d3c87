"""Collect a payment: five steps, each committed before the next, and no call inside a transaction (money.md, 6).

docs/decisions/0004-five-steps-of-a-payment.md says what holds when the process is killed after each line; for what
is paid once, charged while nobody is there or gone on with later, in 0007-every-rail-is-five-steps.md.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain import promises
from app.domain.bank_transfers.accounts import TransferScheme
from app.domain.errors import NotFound
from app.domain.methods import Rail
from app.domain.money import Money
from app.domain.payments import (
    AUTHENTICATION_REQUIRED,
    FIRST_CHECK,
    METHOD_REMOVED,
    MISSING,
    Answer,
    AttemptState,
    ChargeOrder,
    Declined,
    Intent,
    Misused,
    PaymentState,
    Purpose,
    Unknown,
    sources_of,
)
from app.domain.promises import Promise
from app.domain.tax import kept
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Attempt, Payment, PaymentMethod
from app.models.scope import as_service
from app.services import audit
from app.services.catalog import versions
from app.services.ledger import budgets
from app.services.payment_methods import changes, lost_customers
from app.services.payments import fulfilment, outcomes, settlement
from app.services.processor import customers
from app.services.processor.gateway import gateway
from app.services.transaction import transaction

_WORDS = {Purpose.INVOICE: "Invoice of", Purpose.TOP_UP: "Credits for", Purpose.PLAN_CHANGE: "Change of plan of"}


@dataclass(frozen=True)
class ChargeRequest:
    """A committed payment as the processor needs to know it. `method` is empty for what is paid once."""

    order: ChargeOrder
    rail: Rail
    method: str
    method_id: str
    """Our own id of it."""
    scheme: TransferScheme | None = None
    """How the customer's transfers come in, where it is paid from what they brought."""

    def confirm(self, intent_id: str, *, return_url: str, off_session: bool, key: str) -> Answer:
        """Ask the processor to charge it, or where the customer goes on to pay."""
        if self.scheme is not None:
            return gateway().pay_from_cash(intent_id, scheme=self.scheme, return_url=return_url, key=key)
        if not self.method:
            return gateway().confirm_one_time(intent_id, rail=self.rail, return_url=return_url, key=key)
        return gateway().confirm_intent(
            intent_id, method=self.method, return_url=return_url, off_session=off_session, key=key
        )


def collect(payment_id: str, *, return_url: str) -> Payment:
    """Take a committed payment (step 1) to the processor and as far as it goes now; return it as it then stands.

    Never raises for what the processor does. What stays open is looked at again by webhooks and by the sweep.
    """
    with as_service("collect a payment"):
        request = charge_request(payment_id)
        if not isinstance(request, ChargeRequest):
            return give_up_unconfirmed(payment_id, request)
        made = gateway().create_intent(request.order, key=f"{payment_id}:create")  # step 2
        if isinstance(made, Misused) and made.code == MISSING:
            made = _for_another_customer(request, made)
        match made:
            case Intent():
                attempt = _begin_attempt(payment_id, made.id)  # step 3, and the attempt of step 4
            case Declined() | Unknown() | Misused():
                # Without a confirmation no intent can charge, and none will follow: given up for certain.
                return give_up_unconfirmed(payment_id, made)
        if attempt is None:  # the sweep was quicker and gave the payment up
            return settlement.settle(payment_id)
        off_session = request.order.off_session
        answer = request.confirm(made.id, return_url=return_url, off_session=off_session, key=attempt)  # step 4
        return _heard(payment_id, _or_removed(request, answer))  # step 5


def resume(payment_id: str, return_url: str, by: str = "") -> Payment:
    """Go on with a payment for which the bank wanted its customer while nobody was there; return it as it stands.

    Now that the customer is here, the same intent is confirmed again by an attempt of its own: the payment then waits
    at the bank's page (`action_url`), or is over. One that waits for nothing is only looked at. Any number at once is
    one attempt, and one that was killed on the way leaves the payment to be resumed again, until its day is over. A
    method that was removed meanwhile is not charged any more. `by` is the member who goes on with it; a mailed link
    writes its own use down.
    """
    with as_service("go on with a payment"):
        payment = settlement.settle(payment_id)
        if payment.problem != AUTHENTICATION_REQUIRED or payment.processor_id is None:
            return payment
        intent_id = payment.processor_id
        request = charge_request(payment_id)
        if not isinstance(request, ChargeRequest):
            return _heard(payment_id, request)
        attempt = _next_attempt(payment_id, by)
        if attempt is None:  # somebody else goes on with it
            return settlement.settle(payment_id)
        answer = request.confirm(intent_id, return_url=return_url, off_session=False, key=attempt)
        return _heard(payment_id, _or_removed(request, answer))


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


def abandon(payment_id: str, problem: str) -> Payment:
    """End a payment that no intent was made for: nothing can be charged. Who was not there is notified of it."""
    now, target = clock.now(), PaymentState.FAILED if problem == METHOD_REMOVED else PaymentState.CANCELED
    with as_service("end a payment"), transaction() as session:
        ended = advance(session, payment_id, target, now, problem=problem)
        payment = session.get_one(Payment, payment_id, populate_existing=True)
        if ended and (payment.off_session or target is PaymentState.FAILED):
            outcomes.report_end(session, payment, nobody_watched=payment.off_session and problem != outcomes.GIVEN_UP)
        elif ended:
            after = {"problem": problem}
            audit.record(session, payment.customer_id, "processor", "payment.canceled", payment_id, after=after)
            budgets.free(session, payment)
            fulfilment.ended(session, payment)
    return payment


def charge_request(payment_id: str) -> "ChargeRequest | Unknown | Misused":
    """Return a committed payment as the processor needs to know it."""
    found = db.session.execute(
        select(Payment, Customer, PaymentMethod)
        .join(Customer, Customer.customer_id == Payment.customer_id)
        .outerjoin(
            PaymentMethod, (PaymentMethod.id == Payment.method_id) & (PaymentMethod.customer_id == Payment.customer_id)
        )
        .where(Payment.id == payment_id)
    ).one_or_none()
    if found is None:
        raise NotFound("payment")
    payment, customer, method = found
    if method and method.removed_at:
        return Misused("the payment method was removed", METHOD_REMOVED)
    rail = Rail(payment.rail)
    promise = Promise(
        payment.purpose,
        payment.credits_micros,
        payment.pack,
        payment.expires_after_days,
        payment.budget_period,
        payment.document_id,
        payment.net_minor,
    )
    what = _WORDS[Purpose(payment.purpose)]
    order = ChargeOrder(
        payment_id=payment.id,
        customer_id=payment.customer_id,
        processor_customer=customer.processor_customer or "",
        amount=Money(payment.amount_minor, payment.currency),
        description=f"{what} {customer.name}"[:200],
        off_session=payment.off_session,
        # should the row be lost, the promise is not, nor how it is taxed
        metadata={promises.KEY: promises.written(promise), **kept.in_pieces(payment.treatment)},
    )
    if not order.processor_customer:  # who has never saved a method is not known there yet
        named = customers.named(order.customer_id)
        if not isinstance(named, str):
            return named
        order = replace(order, processor_customer=named)
    scheme = None
    if rail is Rail.BANK_TRANSFER:
        scheme = TransferScheme(payment.currency, versions.of(customer).payment_methods.transfer_country)
    return ChargeRequest(order, rail, method.processor_id if method else "", method.id if method else "", scheme)


def _for_another_customer(request: ChargeRequest, refused: Misused) -> Answer:
    """Make the intent again for the customer's new record at the processor, where the old one was deleted there.

    The refused request has made none, and the new one has a key of its own. What was saved went with the old record.
    """
    order = request.order
    again = lost_customers.replaced(order.customer_id, order.processor_customer)
    if not isinstance(again, str):
        return again
    if again == order.processor_customer:
        return refused
    if request.method:
        return Misused("the payment method went with its customer", METHOD_REMOVED)
    order = replace(order, processor_customer=again)
    return gateway().create_intent(order, key=f"{order.payment_id}:create:{again}")


def _or_removed(request: ChargeRequest, answer: Answer) -> Answer:
    """Return the answer to a confirmation, or that the method is gone: somebody removed it at the processor."""
    if not isinstance(answer, Misused) or not request.method:
        return answer
    changes.look(request.method_id)
    gone = db.session.scalar(select(PaymentMethod.removed_at).where(PaymentMethod.id == request.method_id))
    if gone is None:
        return answer
    lost_customers.look(request.order.processor_customer)
    return Misused(answer.why, METHOD_REMOVED)


def _heard(payment_id: str, answer: Answer) -> Payment:
    """Whatever the answer was, ask how things stand."""
    match answer:
        case Declined(code=code):
            return settlement.settle(payment_id, refused=code)
        case Misused(code=code):
            return settlement.settle(payment_id, refused=code or "refused_by_processor")
        case Intent() | Unknown():
            return settlement.settle(payment_id)


def _begin_attempt(payment_id: str, intent_id: str) -> str | None:
    """Commit the intent's id, then the attempt; return the attempt's key, or None when the payment moved on."""
    now = clock.now()
    with transaction() as session:
        if not advance(session, payment_id, PaymentState.PI_CREATED, now, processor_id=intent_id):
            return None
    with transaction() as session:
        if not advance(session, payment_id, PaymentState.CONFIRMING, now, next_check_at=now + FIRST_CHECK):
            return None
        return add_attempt(session, payment_id, now)


def _next_attempt(payment_id: str, by: str) -> str | None:
    """Commit one more attempt at a payment that waits for its customer; None when somebody else was quicker."""
    now = clock.now()
    with transaction() as session:
        taken = session.execute(
            update(Payment)
            .where(
                Payment.id == payment_id,
                Payment.state == PaymentState.REQUIRES_ACTION.value,
                Payment.problem == AUTHENTICATION_REQUIRED,
            )
            .values(problem="", updated_at=now, next_check_at=now + FIRST_CHECK)
            .returning(Payment.customer_id)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()
        if taken is None:
            return None
        if by:
            audit.record(session, taken, by, "payment.resumed", payment_id)
        return add_attempt(session, payment_id, now)


def add_attempt(session: Session, payment_id: str, now: datetime) -> str:
    """Write the attempt that the next call is made for (AC-24); return the call's key."""
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


def give_up_unconfirmed(payment_id: str, answer: Declined | Unknown | Misused) -> Payment:
    """End a payment whose intent could not be made: only a committed attempt confirms one, so nothing is charged."""
    return abandon(payment_id, "unavailable" if isinstance(answer, Unknown) else answer.code or "refused_by_processor")
