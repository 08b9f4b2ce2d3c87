"""Buy credit: one order of a member, charged at most once and credited exactly once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.amounts import money_words
from app.domain.catalog import Catalog
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.methods import Rail
from app.domain.money import Credits, Money, credits_from_money
from app.domain.payments import FIRST_CHECK, PaymentState, Purpose
from app.domain.people.members import Orderer
from app.domain.tax.prices import Taxation
from app.domain.top_ups import TopUp, free_amount, from_pack
from app.models.customers import Customer
from app.models.database import db
from app.models.invoicing import InvoiceAddress
from app.models.payments import Payment, PaymentMethod
from app.models.scope import as_customer, as_service
from app.services import audit
from app.services.catalog import versions
from app.services.payments import collection, declines, purchases, settlement, ways
from app.services.tax import decision
from app.services.transaction import transaction

AUTOMATIC = "auto_recharge"
"""Who orders an automatic charge."""
CLOSED = "closed"
"""The standing in which nothing more is sold. Who is suspended can always pay (H6)."""


@dataclass(frozen=True)
class _Order:
    """What somebody wants to buy and how to pay for it."""

    customer_id: str
    by: str
    form_key: str
    amount: Money | None
    pack: str
    method_id: str
    off_session: bool = False
    previewed: str = ""


def priced(catalog: Catalog, taxation: Taxation, *, amount: Money | None, pack: str) -> TopUp:
    """Return what would be charged and credited by these terms, or refuse: one rule for the total and the purchase."""
    if pack:
        return from_pack(pack, catalog.packs, taxation)
    if amount is None or catalog.top_up is None:
        raise Refused(_("Choose how much to add."), "amount_missing", 422, "amount")
    return free_amount(amount, catalog.top_up.min, catalog.top_up.max, taxation)


def total_changed(top_up: TopUp) -> Refused:
    """Return what to say where the total, or how it is taxed, is no longer what was shown."""
    words = _(
        "The total is now {amount}. Nothing was charged. Check it, then press the button.",
        amount=money_words(top_up.amount),
    )
    return Refused(words, "total_changed")


def closed_sentence(catalog: Catalog) -> str:
    """Return the sentence for a customer whose account is closed."""
    return _(
        "This account is closed, so no credit can be added to it. Nothing was charged. Ask {seller} about it.",
        seller=catalog.seller_name,
    )


def buy(
    actor: Orderer,
    *,
    form_key: str,
    amount: Money | None,
    pack: str,
    method_id: str,
    return_url: Callable[[str], str],
    repeat: bool = True,
    previewed: str = "",
) -> Payment:
    """Buy credit and return the payment as it stands after the processor was asked.

    `method_id` names a saved method, or what is paid once at its own page: `paypal` or `crypto`. `form_key` makes it
    one order: the same key with the same choice gives the payment that is there already, with another choice it is
    refused (409). `return_url` gives, for a payment's id, where the bank or the wallet sends the customer back.
    `previewed` is what was shown (`TopUp.preview`): another total, or the same taxed otherwise, is refused (409).
    Refuses (422) an amount or pack that is not sold, or a way to pay that is not taken, and (404) a method that is not
    this customer's; (409) a customer whose account is closed; (429) one more charge after too many
    declines; without `repeat` also (409) the same purchase, made by another form in the last minutes (AC-2).

    The same purchase that still waits for the bank is given up first: who pays another way pays once (AC-17).
    """
    order = _Order(actor.customer_id, actor.member_id, form_key, amount, pack, method_id, previewed=previewed)
    payment, is_new = _place(order, repeat=repeat)
    if is_new and _gave_up_waiting(payment):
        collection.collect(payment.id, return_url=return_url(payment.id))
    return get(payment.id)


def charge(
    customer_id: str,
    *,
    by: str,
    form_key: str,
    amount: Money | None,
    pack: str,
    method_id: str,
    return_url: Callable[[str], str],
    repeat: bool = True,
    previewed: str = "",
) -> Payment:
    """Buy credit for a customer who is not there, by a saved method; return the payment as it stands.

    `by` is who orders it, such as a key of the API. When the bank wants its customer the payment waits for them, and
    they are notified by mail (AC-11). What refuses is the same as for `buy`.
    """
    order = _Order(customer_id, by, form_key, amount, pack, method_id, off_session=True, previewed=previewed)
    with as_customer(customer_id):
        payment, is_new = _place(order, repeat=repeat)
        if is_new:
            collection.collect(payment.id, return_url=return_url(payment.id))
        return get(payment.id)


def give_up(payment_id: str) -> Payment:
    """Give up the customer's payment that waits for the bank, unless the processor says that it is too late."""
    settlement.settle(get(payment_id).id, give_up=True)
    return get(payment_id)


def _gave_up_waiting(payment: Payment) -> bool:
    """Give up what waits for the bank for the same purchase; say whether the new payment may be collected.

    Where the customer has just confirmed the old one, or the processor does not say, the new one ends uncharged.
    """
    new_id = payment.id
    waiting = db.session.scalars(
        select(Payment.id).where(
            Payment.customer_id == payment.customer_id,
            Payment.purpose == payment.purpose,
            Payment.state == PaymentState.REQUIRES_ACTION.value,
            Payment.credits_micros == payment.credits_micros,
            Payment.pack == payment.pack,
        )
    ).all()
    ends = [settlement.settle(each, give_up=True).state for each in waiting]
    if all(state in {PaymentState.CANCELED, PaymentState.FAILED} for state in ends):
        return True
    collection.abandon(new_id, purchases.PAID_OTHERWISE if PaymentState.SUCCEEDED in ends else "unavailable")
    return False


def get(payment_id: str) -> Payment:
    """Return the customer's payment as it stands, or `NotFound`."""
    payment = db.session.scalars(
        select(Payment).where(Payment.id == payment_id).execution_options(populate_existing=True)
    ).one_or_none()
    if payment is None:
        raise NotFound("payment")
    return payment


def _place(order: _Order, *, repeat: bool) -> tuple[Payment, bool]:
    """Commit the order (step 1); return it and whether it is new."""
    if not ids.is_form_key(order.form_key):
        raise Refused(_("This form is no longer valid. Please fill it in again."), "form_key_malformed", 422)
    earlier = _with_key(order)
    if earlier is not None:
        return _same_order(earlier, order), False
    now = clock.now()
    with as_service("place an order for credit"), transaction() as session:
        # Held until the order is committed, so that two forms sent at once see each other's.
        customer = session.scalars(
            select(Customer)
            .where(Customer.customer_id == order.customer_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        ).one()
        # Another tab or a second click may have been quicker with the same key: its purchase is this one. Asked
        # here, because a second row with its key would wait for whoever settles it, and that one for this lock.
        earlier = _with_key(order)
        if earlier is not None:
            return _same_order(earlier, order), False
        catalog = versions.of(customer)
        if customer.standing == CLOSED:
            raise Refused(closed_sentence(catalog), CLOSED)
        refusal = po_refusal(session, customer, catalog)
        if refusal is not None:
            raise refusal
        taxation = decision.taxation(session, order.customer_id, catalog, now.date())
        top_up = priced(catalog, taxation, amount=order.amount, pack=order.pack)
        if order.previewed not in {"", top_up.preview}:
            raise total_changed(top_up)
        rail, method = ways.chosen(session, order.customer_id, order.method_id, catalog, off_session=order.off_session)
        alike = None if repeat else purchases.just_like(order.customer_id, top_up, rail, method, order.form_key)
        if alike is not None:
            raise purchases.alike(alike)
        declines.check(session, order.customer_id, method, now)
        payment = _written(session, order, top_up, rail, method, now)
    return payment, True


def lacks_po_number(session: Session, customer: Customer) -> bool:
    """Say whether the customer's invoices need an order number and none is saved; without a statement where not."""
    wanted = select(InvoiceAddress.po_number).where(InvoiceAddress.customer_id == customer.customer_id)
    return customer.po_required and not session.scalar(wanted)


def po_refusal(session: Session, customer: Customer, catalog: Catalog) -> Refused | None:
    """Return the refusal to sell where an invoice would lack the order number that it needs.

    Whoever orders is asked, a key of the API for a customer who is away too. An automatic charge goes on, so that
    service does not stop, and a mail says that its invoice is to be corrected.
    """
    if not lacks_po_number(session, customer):
        return None
    words = _(
        "{seller} needs your purchase order number on each invoice. Nothing was charged. Enter the number on the page "
        "Invoice address, then come back.",
        seller=catalog.seller_name,
    )
    return Refused(words, "po_number_missing", 409)


def place_automatically(
    session: Session, method: PaymentMethod, top_up: TopUp, *, budget_period: int, now: datetime
) -> Payment:
    """Write the order of an automatic charge in the caller's transaction, which has reserved it in that period's limit.

    `collection.collect` takes it from there, once the transaction is committed.
    """
    order = _Order(method.customer_id, AUTOMATIC, ids.new_form_key(), None, top_up.pack, method.id, off_session=True)
    return _written(session, order, top_up, Rail(method.kind), method.id, now, budget_period)


def _written(
    session: Session,
    order: _Order,
    top_up: TopUp,
    rail: Rail,
    method: str | None,
    now: datetime,
    budget_period: int | None = None,
) -> Payment:
    """Write the order and its line in the audit trail."""
    payment = Payment(
        id=ids.new("pay"),
        customer_id=order.customer_id,
        purpose=Purpose.TOP_UP.value,
        state=PaymentState.CREATED.value,
        amount_minor=top_up.amount.amount_minor,
        currency=top_up.amount.currency,
        net_minor=top_up.price.net.amount_minor,
        treatment=top_up.kept_treatment,
        credits_micros=top_up.credits.micros,
        pack=top_up.pack,
        expires_after_days=top_up.expires_after_days,
        rail=rail.value,
        method_id=method,
        off_session=order.off_session,
        form_key=order.form_key,
        created_by=order.by,
        budget_period=budget_period,
        created_at=now,
        updated_at=now,
        next_check_at=now + FIRST_CHECK,
    )
    session.add(payment)
    session.flush()
    after = {"amount_minor": payment.amount_minor, "currency": payment.currency, "method": method or rail.value}
    audit.record(session, order.customer_id, order.by, "top_up.wished", payment.id, after=after)
    return payment


def _with_key(order: _Order) -> Payment | None:
    return db.session.scalars(
        select(Payment).where(Payment.customer_id == order.customer_id, Payment.form_key == order.form_key)
    ).one_or_none()


def _same_order(payment: Payment, order: _Order) -> Payment:
    same = payment.pack == order.pack and (payment.method_id or payment.rail) == order.method_id
    if not order.pack:
        wanted = order.amount and credits_from_money(order.amount)  # says what was ordered, whatever tax was on it
        same = same and wanted == Credits(payment.credits_micros)
    if not same:
        words = _(
            "This form was already sent, with another choice. Nothing more was charged. To buy again, check the form "
            "and send it again."
        )
        raise Refused(words, "form_already_used", 409)
    return payment
