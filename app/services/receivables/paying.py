"""Pay an invoice that is due: one order of a member, charged at most once, and the invoice is paid as it is settled.

The five steps are those of every payment (docs/decisions/0004). One payment of an invoice is open at a time: who pays
another way gives up the one that waits for the bank first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, ids, locale
from app.domain.errors import NotFound, Refused
from app.domain.invoices.documents import Kind, State
from app.domain.language import _, marked
from app.domain.methods import Rail
from app.domain.money import Money
from app.domain.payments import FIRST_CHECK, OPEN, PaymentState, Purpose
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.payments import Payment, PaymentMethod
from app.models.scope import as_customer, as_service
from app.services import audit
from app.services.catalog import versions
from app.services.invoices import carrying, reads
from app.services.payments import collection, declines, settlement, top_ups, ways
from app.services.transaction import transaction

PAYABLE = frozenset({State.OPEN.value, State.UNCOLLECTIBLE.value})
UNDER_WAY = marked("A payment of this invoice is being processed. Nothing more is charged.")
_OPEN = [state.value for state in OPEN]
_BY_ITSELF = {each for each in _OPEN if each != PaymentState.REQUIRES_ACTION}


@dataclass(frozen=True)
class _Order:
    """Which invoice somebody pays, for how much as they saw it, and how."""

    customer_id: str
    by: str
    form_key: str
    document_id: str
    amount: Money
    method_id: str
    off_session: bool = False


def pay(
    actor: Actor,
    document_id: str,
    *,
    form_key: str,
    amount: Money,
    method_id: str,
    return_url: Callable[[str], str],
) -> Payment:
    """Pay an invoice of the customer in scope, and return the payment as it stands after the processor was asked.

    `amount` is what the member has seen: what is to be paid now, or it is refused (409, `amount_changed`).
    The same `form_key` with the same choice is the payment that is there. Refuses (404) what is not this customer's,
    (409) an invoice that is not to be paid or whose payment is being processed, and (429) too many declines.
    """
    return _taken(_Order(actor.customer_id, actor.member_id, form_key, document_id, amount, method_id), return_url)


def charge(
    customer_id: str,
    document_id: str,
    *,
    by: str,
    form_key: str,
    amount: Money | None,
    method_id: str,
    return_url: Callable[[str], str],
) -> Payment:
    """Pay an invoice for a customer who is not there, by a saved method (empty: the default one).

    Without an `amount` it is what is to be paid now. When the bank wants its customer the payment waits, and a mail
    is written. What refuses is the same as for `pay`.
    """
    with as_customer(customer_id):
        document = reads.head(document_id)
        seen = amount if amount is not None else to_pay(document)
        way = method_id or _default()
        order = _Order(customer_id, by, form_key, document_id, seen, way, off_session=True)
        return _taken(order, return_url)


def place_automatically(
    session: Session, document: Document, method: PaymentMethod, amount: Money, *, by: str, now: datetime
) -> Payment:
    """Write the order to pay an invoice while nobody is there, in the caller's transaction, which holds its customer.

    `collection.collect` takes it from there, once the transaction is committed.
    """
    order = _Order(document.customer_id, by, ids.new_form_key(), document.id, amount, method.id, off_session=True)
    return _written(session, order, method.kind, method.id, now)


def _taken(order: _Order, return_url: Callable[[str], str]) -> Payment:
    _give_up_waiting(order)
    payment, is_new = _place(order)
    if is_new:
        collection.collect(payment.id, return_url=return_url(payment.id))
    return top_ups.get(payment.id)


def _default() -> str:
    """Return the customer's default method."""
    found = db.session.scalar(
        select(PaymentMethod.id).where(PaymentMethod.is_default, PaymentMethod.removed_at.is_(None))
    )
    if found is None:
        raise Refused("The customer has no default payment method.", "method_missing", 422, "payment_method")
    return found


def of_invoice(document_id: str) -> Payment | None:
    """Return the newest payment of an invoice of the customer in scope, however it stands."""
    return db.session.scalars(
        select(Payment)
        .where(Payment.document_id == document_id)
        .order_by(Payment.created_at.desc(), Payment.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()


def to_pay(document: Document) -> Money:
    """Return what a payment of the invoice comes to now, with what is carried over to it; zero: nothing is due."""
    return Money(0 if document.carried_to_id else carrying.to_collect(db.session(), document), document.currency)


def why_not(document: Document, due: Money) -> Refused | None:
    """Return why an invoice is not to be paid by itself; None: it is."""
    if document.kind != Kind.INVOICE.value or document.state not in PAYABLE:
        return Refused(_why_nothing(document), "not_payable")
    if document.carried_to_id:
        return Refused(_("This invoice is paid together with a later one."), "carried_over")
    if not carrying.is_chargeable(due.amount_minor, due.currency):
        words = _(
            "{amount} is less than our payment processor charges: it is added to your next invoice.",
            amount=locale.exact(due),
        )
        return Refused(words, "too_small")
    return None


def _why_nothing(document: Document) -> str:
    """Say why nothing is to be paid of a document: it was corrected, credited, paid, or never was to be paid."""
    if document.is_corrected:
        instead = carrying.standing(db.session(), document).number
        return _("This invoice was corrected: {number} has taken its place.", number=instead)
    if document.kind != Kind.INVOICE.value or document.state != State.PAID:
        return _("This invoice is not to be paid.")
    if document.credited_minor and not document.paid_minor:
        return _("Nothing is to be paid of this invoice: credit notes took all of it off.")
    return _("This invoice is paid already.")


def under_way(document: Document) -> Refused | None:
    """Return why nobody pays an invoice now: a payment of it goes on by itself. None: none does.

    One that waits for its customer is given up by whoever pays another way, and what a transfer pays is its own affair.
    """
    found = of_invoice(document.id)
    if found is None or found.state not in _BY_ITSELF or found.rail == Rail.BANK_TRANSFER:
        return None
    return Refused(_(UNDER_WAY), "payment_under_way")


def _give_up_waiting(order: _Order) -> None:
    """Give up a payment of the invoice that waits for its customer, unless it is this very order."""
    found = of_invoice(order.document_id)
    if found is not None and found.form_key != order.form_key and found.state == PaymentState.REQUIRES_ACTION:
        settlement.settle(found.id, give_up=True)


def _place(order: _Order) -> tuple[Payment, bool]:
    """Commit the order (step 1); return it and whether it is new."""
    if not ids.is_form_key(order.form_key):
        raise Refused(_("This form is no longer valid. Please fill it in again."), "form_key_malformed", 422)
    now = clock.now()
    with as_service("place a payment of an invoice"), transaction() as session:
        # Held until the order is committed, so that two tabs see each other's payment.
        customer = session.scalars(
            select(Customer)
            .where(Customer.customer_id == order.customer_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        ).one()
        earlier = session.scalars(
            select(Payment).where(Payment.customer_id == order.customer_id, Payment.form_key == order.form_key)
        ).one_or_none()
        if earlier is not None:
            return _same(earlier, order), False
        document = session.scalars(
            select(Document)
            .where(Document.customer_id == order.customer_id, Document.id == order.document_id)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if document is None or document.number is None:
            raise NotFound("invoice")
        _check(session, document, order)
        terms = versions.of(customer)
        rail, method = ways.chosen(session, order.customer_id, order.method_id, terms, off_session=order.off_session)
        if rail.value in terms.payment_methods.top_up_only:
            words = _("This way to pay is for adding credits only. Choose another one.")
            raise Refused(words, "kind_not_taken", 422, "method")
        declines.check(session, order.customer_id, method, now)
        return _written(session, order, rail.value, method, now), True


def _check(session: Session, document: Document, order: _Order) -> None:
    open_payment = session.scalar(
        select(Payment.id).where(
            Payment.customer_id == order.customer_id, Payment.document_id == document.id, Payment.state.in_(_OPEN)
        )
    )
    if open_payment is not None:
        raise Refused(_(UNDER_WAY), "payment_under_way")
    due = Money(carrying.to_collect(session, document), document.currency)
    refused = why_not(document, due)
    if refused is not None:
        raise refused
    if due != order.amount:
        words = _(
            "{amount} is to be paid now. Check it, then pay again. Nothing was charged.", amount=locale.exact(due)
        )
        raise Refused(words, "amount_changed", 409, "amount")


def _written(session: Session, order: _Order, rail: str, method: str | None, now: datetime) -> Payment:
    payment = Payment(
        id=ids.new("pay"),
        customer_id=order.customer_id,
        purpose=Purpose.INVOICE.value,
        document_id=order.document_id,
        state=PaymentState.CREATED.value,
        amount_minor=order.amount.amount_minor,
        currency=order.amount.currency,
        credits_micros=0,
        rail=rail,
        method_id=method,
        off_session=order.off_session,
        form_key=order.form_key,
        created_by=order.by,
        created_at=now,
        updated_at=now,
        next_check_at=now + FIRST_CHECK,
    )
    session.add(payment)
    session.flush()
    after = {
        "payment": payment.id,
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "method": method or rail,
    }
    audit.record(session, order.customer_id, order.by, "invoice.payment_ordered", order.document_id, after=after)
    return payment


def _same(payment: Payment, order: _Order) -> Payment:
    same = (payment.document_id, payment.method_id or payment.rail) == (order.document_id, order.method_id)
    if not same or order.amount != Money(payment.amount_minor, payment.currency):
        words = _(
            "This form was already sent, with another choice. Nothing more was charged. "
            "Check the invoice and send it again."
        )
        raise Refused(words, "form_already_used")
    return payment
