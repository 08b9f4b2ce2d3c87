"""Let cash pay what waits for it: a payment is made for a pro-forma only when all of its amount is there."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.bank_transfers.allocation import Order, paid_by
from app.domain.bank_transfers.cash import MovementKind
from app.domain.errors import ensure
from app.domain.ledger import UNAPPLIED, money_unit
from app.domain.methods import Rail
from app.domain.payments import FIRST_CHECK, OPEN, PaymentState, Purpose
from app.models.bank_transfers import CashMovement, CashReturn, ProForma
from app.models.database import db
from app.models.documents import Document
from app.models.ledger import Account
from app.models.payments import Payment
from app.models.scope import as_service
from app.services import audit
from app.services.ledger import posting
from app.services.ledger.posting import Books
from app.services.payments import collection, resume_links, top_ups
from app.services.transaction import transaction

OPEN_STATES = sorted(state.value for state in OPEN)
PAYABLE = ("open", "uncollectible")
"""The states of an invoice in which money is still taken for it."""
_WITH_PAYMENTS = (MovementKind.APPLIED.value, MovementKind.UNAPPLIED.value)
_UNPAID = [PaymentState.FAILED.value, PaymentState.CANCELED.value]


Check = Callable[[Session, ProForma], bool]
"""Says of a pro-forma whether what it pays is still to be paid by it, now and for exactly its amount."""
_checks: dict[str, Check] = {}


def checks(purpose: str) -> Callable[[Check], Check]:
    """Register what a pro-forma of this purpose is asked before cash is taken for it. Credit may always be bought."""

    def registered(function: Check) -> Check:
        ensure(purpose not in _checks, f"{purpose} is checked already")
        _checks[purpose] = function
        return function

    return registered


def apply(customer_id: str) -> list[str]:
    """Let the cash that is known pay what waits for it; return the payments that were made for it."""
    with as_service("let a customer's cash pay what waits for it"):
        with transaction() as session:
            begun = begin(posting.lock(session, customer_id), clock.now())
        collect(begun)
        return begun


def begin(books: Books, now: datetime) -> list[str]:
    """Write a payment for each pro-forma that the cash covers, in the caller's transaction; return their ids.

    The cash is theirs from then on: `available` leaves it out until they are over. `collect` takes them from there.
    """
    there = available(books)
    if there <= 0 or books.customer.standing == top_ups.CLOSED:
        return []
    found = _waiting(books.session, books.customer_id, now)
    waiting = {each.id: each for each in found if _may_be_paid(books.session, each)}
    chosen = paid_by(there, [Order(each.id, each.amount_minor) for each in waiting.values()])
    return [_payment(books.session, waiting[each.id], now) for each in chosen]


def collect(payment_ids: Sequence[str]) -> None:
    """Take committed payments to the processor. What dies on the way is found by the sweep."""
    for payment_id in payment_ids:
        collection.collect(payment_id, return_url=resume_links.return_url(payment_id))


def available(books: Books) -> int:
    """Return how much cash nothing has been promised yet, in minor units of the customer's currency."""
    account = books.accounts[money_unit(books.customer.currency), UNAPPLIED]
    return account.balance - promised(books.session, books.customer_id)


def promised(session: Session, customer_id: str) -> int:
    """Return how much cash is on its way into payments, or back to the customer."""
    paying = (
        select(func.coalesce(func.sum(Payment.amount_minor), 0))
        .where(
            Payment.customer_id == customer_id,
            Payment.rail == Rail.BANK_TRANSFER.value,
            Payment.state.in_(OPEN_STATES),
        )
        .scalar_subquery()
    )
    returning = (
        select(func.coalesce(func.sum(CashReturn.amount_minor), 0))
        .where(
            CashReturn.customer_id == customer_id,
            CashReturn.movement_id.is_(None),
            CashReturn.state != "failed",
        )
        .scalar_subquery()
    )
    mine = CashMovement.customer_id == customer_id
    taken = (
        select(func.coalesce(func.sum(-CashMovement.amount_minor), 0))
        .where(mine, CashMovement.is_booked.is_(False), CashMovement.kind.in_(_WITH_PAYMENTS))
        .scalar_subquery()
    )
    settled = (
        select(func.coalesce(func.sum(Payment.received_minor), 0))
        .where(Payment.customer_id == customer_id, Payment.rail == Rail.BANK_TRANSFER.value)
        .scalar_subquery()
    )
    open_ones, gone, known, going_back = session.execute(select(paying, taken, settled, returning)).one()
    # What the processor has taken already, for payments that are not settled here, is no longer there either.
    return max(int(open_ones), int(gone) - int(known)) + int(going_back)


def is_waiting(now: datetime) -> ColumnElement[bool]:
    """Select pro-formas that wait for cash: open, in time, and with no payment that is under way or paid."""
    over = (
        select(Payment.id)
        .where(
            Payment.customer_id == ProForma.customer_id, Payment.id == ProForma.payment_id, Payment.state.in_(_UNPAID)
        )
        .correlate(ProForma)  # where payments are joined too, these are asked for themselves
    )
    due = (
        select(Document.id)
        .where(
            Document.customer_id == ProForma.customer_id,
            Document.id == ProForma.document_id,
            Document.state.in_(PAYABLE),
        )
        .correlate(ProForma)
    )
    return (
        (ProForma.state == "open")
        & (ProForma.valid_until > now)
        & or_(ProForma.payment_id.is_(None), over.exists())
        & or_(ProForma.document_id.is_(None), due.exists())
    )


def _may_be_paid(session: Session, pro_forma: ProForma) -> bool:
    check = _checks.get(pro_forma.purpose)
    return check is None or check(session, pro_forma)


def _waiting(session: Session, customer_id: str, now: datetime) -> Sequence[ProForma]:
    return session.scalars(
        select(ProForma)
        .where(ProForma.customer_id == customer_id, is_waiting(now))
        .order_by(ProForma.created_at, ProForma.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _payment(session: Session, pro_forma: ProForma, now: datetime) -> str:
    """Write the payment that takes the cash for a pro-forma, at the price that it reserved."""
    payment = Payment(
        id=ids.new("pay"),
        customer_id=pro_forma.customer_id,
        purpose=pro_forma.purpose,
        document_id=pro_forma.document_id,
        state=PaymentState.CREATED.value,
        amount_minor=pro_forma.amount_minor,
        currency=pro_forma.currency,
        net_minor=pro_forma.net_minor,
        treatment=pro_forma.treatment,
        credits_micros=pro_forma.credits_micros,
        pack=pro_forma.pack,
        expires_after_days=pro_forma.expires_after_days,
        rail=Rail.BANK_TRANSFER.value,
        form_key=ids.new_form_key(),
        created_by=pro_forma.created_by,
        created_at=now,
        updated_at=now,
        next_check_at=now + FIRST_CHECK,
    )
    session.add(payment)
    session.flush()
    pro_forma.payment_id = payment.id
    after = {"amount_minor": payment.amount_minor, "currency": payment.currency, "pro_forma": pro_forma.id}
    is_credit = payment.purpose == Purpose.TOP_UP
    ordered, subject = ("top_up.wished", payment.id) if is_credit else ("invoice.payment_ordered", payment.document_id)
    after |= {} if is_credit else {"payment": payment.id, "method": payment.rail}
    audit.record(session, payment.customer_id, "worker", ordered, subject or payment.id, after=after)
    session.flush()
    return payment.id


def adopt(session: Session, payment: Payment) -> None:
    """Let a payment that was restored be that of the oldest pro-forma which waits for just this, if there is one."""
    waiting = session.scalars(
        select(ProForma)
        .where(
            ProForma.customer_id == payment.customer_id,
            ProForma.state == "open",
            ProForma.amount_minor == payment.amount_minor,
            ProForma.credits_micros == payment.credits_micros,
            ProForma.pack == payment.pack,
            ProForma.document_id.is_not_distinct_from(payment.document_id),
            ProForma.payment_id.is_(None),
        )
        .order_by(ProForma.created_at, ProForma.id)
        .limit(1)
        .with_for_update()
    ).one_or_none()
    if waiting is not None:
        waiting.payment_id = payment.id


def unapplied_of(customer_id: str) -> int:
    """Return how much of the customer's cash is left to use, for a page: read without a lock."""
    balance = db.session.scalar(
        select(Account.balance).where(
            Account.customer_id == customer_id, Account.name == UNAPPLIED, Account.unit.like("money:%")
        )
    )
    return int(balance or 0) - promised(db.session(), customer_id)
