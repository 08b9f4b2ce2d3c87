"""Payments that the processor has and we do not: their rows were lost with a newer database, their money was not.

The row is made again from what travels with the payment at the processor, and settled like any other: the customer
gets what was promised. Where that cannot be known, nothing is guessed: a person must look (docs/decisions/0008).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import ids
from app.domain import promises
from app.domain.methods import UNSAVED_RAILS, Rail
from app.domain.money import Money, credits_from_money
from app.domain.payments import FIRST_CHECK, OPEN, Intent, IntentStatus, PaymentState, Purpose, SavedMethod
from app.domain.promises import Promise
from app.domain.tax import kept
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.documents import Document
from app.models.payments import Payment, PaymentMethod
from app.models.scope import as_service
from app.services import audit
from app.services.bank_transfers import allocation, cash
from app.services.customers import billing_periods
from app.services.ledger import budgets, spending
from app.services.outbox import events
from app.services.payments import settlement
from app.services.processor.gateway import gateway
from app.services.transaction import transaction

_CHARGES = frozenset({IntentStatus.SUCCEEDED, IntentStatus.PROCESSING, IntentStatus.REQUIRES_ACTION})
"""Charged, or may still be without us: whatever else an intent is, it takes our own confirmation to charge."""
RESTORED_BY = "reconcile"


@dataclass(frozen=True)
class Restored:
    """The payment is there again, and settled."""

    payment_id: str
    problem: str = ""
    """What a person must know of it."""


@dataclass(frozen=True)
class Stays:
    """Nothing was done. `problem` is for a person; empty: there is nothing to do."""

    problem: str = ""


def restore(intent: Intent, now: datetime) -> Restored | Stays:
    """Make the row of a payment again that the processor has charged or may charge, and settle it."""
    if intent.status not in _CHARGES:
        return Stays()
    with as_service("restore a payment"):
        customer = db.session.get(Customer, intent.customer_id) if intent.customer_id else None
        if customer is None or not ids.is_id(intent.payment_id, "pay"):
            return Stays(_sentence(intent, "is of a customer whom nobody knows here"))
        if intent.amount.currency != customer.currency:
            return Stays(_sentence(intent, f"is not in {customer.currency}, which {customer.customer_id} pays in"))
        promise = _promise(intent, customer)
        if promise is None:
            return Stays(_sentence(intent, f"was for {customer.customer_id}, but not for how much credit"))
        if promise.purpose == Purpose.PLAN_CHANGE:
            return Stays(_sentence(intent, f"was for a change of plan of {customer.customer_id} that is not here"))
        if promise.document is not None and db.session.get(Document, promise.document) is None:
            return Stays(_sentence(intent, f"was for an invoice of {customer.customer_id} that is not here"))
        customer_id, method = customer.customer_id, _method_of(intent)
        if intent.rail == Rail.BANK_TRANSFER:
            cash.look(customer_id)  # what it was paid from may have been lost too
        try:
            uncounted = _make(intent, customer_id, promise, method, now)
        except IntegrityError:  # another look was quicker
            return Stays()
        settlement.settle(intent.payment_id)
        return Restored(intent.payment_id, uncounted)


def _promise(intent: Intent, customer: Customer) -> Promise | None:
    """Return what was promised; without a word of it, what the money is where credit is counted in money."""
    promised = promises.read(intent.promise)
    if promised is not None or customer.credit_unit != intent.amount.currency:
        return promised
    taxed = kept.read(intent.tax, intent.amount) if intent.tax else None
    if intent.tax and (taxed is None or taxed[1].tax.amount_minor):
        return None  # nobody can say how much of an amount with tax was for credit
    net_minor = intent.amount.amount_minor if taxed else None
    return Promise(Purpose.TOP_UP.value, credits_from_money(intent.amount).micros, net_minor=net_minor)


def _treatment(intent: Intent, promise: Promise) -> str:
    """Return how it was taxed when it was ordered; nothing where the processor has no word of it that can be kept."""
    if promise.net_minor is None or kept.read(intent.tax, Money(promise.net_minor, intent.amount.currency)) is None:
        return ""
    return intent.tax


def _method_of(intent: Intent) -> SavedMethod:
    found = gateway().fetch_method(intent.method) if intent.method else None
    if isinstance(found, SavedMethod):
        return found
    rail = intent.rail or Rail.CARD
    return SavedMethod(intent.method or intent.id, rail, rail, "", None, None, "", "")


def _rail_of(intent: Intent, method: SavedMethod) -> Rail:
    """Return what carried the money; what we do not offer, as Link, is by card for us."""
    word = intent.rail or method.kind
    return Rail(word) if word in set(Rail) else Rail.CARD


def _make(intent: Intent, customer_id: str, promise: Promise, method: SavedMethod, now: datetime) -> str:
    """Write the row; return what a person must know of it: an automatic payment that counts in no limit."""
    with transaction() as session:
        period = _counts_in(session, customer_id, promise, now)
        row = session.scalars(
            select(PaymentMethod).where(
                PaymentMethod.customer_id == customer_id, PaymentMethod.processor_id == method.processor_id
            )
        ).one_or_none()
        rail = _rail_of(intent, method)
        if row is None and rail not in UNSAVED_RAILS:
            row = PaymentMethod(  # only to say what was charged: whether to save it is the customer's to decide
                id=ids.new("pm"),
                customer_id=customer_id,
                processor_id=method.processor_id,
                kind=rail.value,
                brand=method.brand,
                last4=method.last4,
                exp_month=method.exp_month,
                exp_year=method.exp_year,
                holder=method.holder,
                fingerprint=method.fingerprint,
                created_at=now,
                removed_at=now,
            )
            session.add(row)
            session.flush()
        payment = Payment(
            id=intent.payment_id,
            customer_id=customer_id,
            purpose=promise.purpose,
            state=PaymentState.CONFIRMING.value,
            amount_minor=intent.amount.amount_minor,
            currency=intent.amount.currency,
            net_minor=promise.net_minor,
            treatment=_treatment(intent, promise),
            credits_micros=promise.credits_micros,
            document_id=promise.document,
            pack=promise.pack,
            expires_after_days=promise.expires_after_days,
            rail=rail.value,
            method_id=row.id if row is not None else None,
            form_key=ids.new_form_key(),
            processor_id=intent.id,
            created_by=RESTORED_BY,
            budget_period=period,
            created_at=now,
            updated_at=now,
            next_check_at=now + FIRST_CHECK,
        )
        session.add(payment)
        if rail is Rail.BANK_TRANSFER:
            session.flush()
            allocation.adopt(session, payment)
        after = {"intent": intent.id, "amount_minor": intent.amount.amount_minor, "currency": intent.amount.currency}
        audit.record(session, customer_id, RESTORED_BY, "payment.restored", intent.payment_id, after=after)
        if period is not None:
            budgets.reserve_again(session, customer_id, period, intent.amount.amount_minor)
        elif promise.budget_period is not None:
            words = "is an automatic charge of {}, restored while another one is open: it counts in no limit."
            return _named(intent, words.format(customer_id))
        return ""


def _counts_in(session: Session, customer_id: str, promise: Promise, now: datetime) -> int | None:
    """Lock as a look at auto-recharge does, and return the billing period in whose limit the payment counts.

    None: it is not automatic, or another automatic one is open: there is one at most (I13).
    """
    if promise.budget_period is None:
        return None
    spending.lock(session, [customer_id])
    events.lock(session, customer_id)
    billing_periods.roll(session, customer_id, now)  # the backup may be from the period before
    is_open = select(Payment.id).where(
        Payment.customer_id == customer_id,
        Payment.budget_period.is_not(None),
        Payment.state.in_([state.value for state in OPEN]),
    )
    if session.scalar(select(is_open.exists())):
        return None
    known = select(func.max(BillingPeriod.number)).where(BillingPeriod.customer_id == customer_id)
    return min(promise.budget_period, session.scalars(known).one())


def _sentence(intent: Intent, words: str) -> str:
    return _named(intent, f"{words}: nothing was credited.")


def _named(intent: Intent, words: str) -> str:
    amount = f"{intent.amount.major} {intent.amount.currency}"
    return f"{intent.id} ({amount}, {intent.status}, {intent.payment_id or 'no payment'}) {words}"
