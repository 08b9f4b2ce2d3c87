"""Order a change of plan, interval or seats as it was previewed: paid first, and given when it is paid.

docs/decisions/0040-a-plan-changes-once-it-is-paid.md says what holds when the process dies after each line.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.catalog import Catalog
from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.mails import PLAN_SCHEDULED
from app.domain.methods import Rail
from app.domain.money import Money
from app.domain.payments import FIRST_CHECK, PaymentState, Purpose
from app.domain.people.members import Actor
from app.domain.subscriptions import preview as rule
from app.domain.subscriptions.preview import Preview
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Payment, PaymentMethod
from app.models.scope import as_customer, as_service
from app.models.subscriptions import PlanChange
from app.services import audit
from app.services.catalog import versions
from app.services.customers import billing_periods
from app.services.invoices import carrying
from app.services.ledger import posting
from app.services.ledger.posting import Books
from app.services.payments import at_checkout, collection, declines, settlement, top_ups, ways
from app.services.reversals import taken_off
from app.services.subscriptions import applying, giving_back, preview, reads
from app.services.subscriptions.giving_back import Part
from app.services.subscriptions.preview import Target
from app.services.subscriptions.reads import Current
from app.services.transaction import transaction, trial

CHECKOUT = "checkout"
"""Pay on the processor's own page, which saves the method that pays."""
UNDER_WAY = marked("A change of your plan is being paid. Wait for it, or give it up first. Nothing more was charged.")
PAID_BACK = marked(
    "A payment of your plan is on its way back, so this change cannot be made now. Nothing was charged or changed."
)


@dataclass(frozen=True)
class Order:
    """What somebody confirms, as it was previewed, and how it is paid."""

    customer_id: str
    by: str
    target: Target
    mark: str
    """The mark of the preview that is confirmed."""
    form_key: str
    method_id: str = ""
    """A saved method, what is paid once, or `CHECKOUT`; empty: the default one, or the checkout where there is none."""
    amount: Money | None = None
    """What the preview said is charged."""
    off_session: bool = False


def confirm(
    actor: Actor,
    target: Target,
    *,
    mark: str,
    amount: Money,
    form_key: str,
    method_id: str,
    return_url: Callable[[str], str],
) -> PlanChange:
    """Make the change for a member who is there; return the order as it stands after the processor was asked.

    Refuses (409) what is no longer as it was previewed (`preview_gone_by`): nothing is charged then. The same
    `form_key` is the order that is there. An order that waits for the bank, or at a checkout, is given up first.
    Where the customer goes on to pay or to answer the bank, says `onward`.
    """
    return taken(Order(actor.customer_id, actor.member_id, target, mark, form_key, method_id, amount), return_url)


def taken(order: Order, return_url: Callable[[str], str]) -> PlanChange:
    """Place the order and collect what it costs; the customer's scope is in force."""
    with as_customer(order.customer_id):
        _give_up_waiting(order)
        change_id, payment_id = _place(order)
        if payment_id:
            _collect(order, payment_id, return_url(payment_id))
        return reads.change(change_id)


def onward(order: PlanChange) -> str:
    """Return where the customer goes on with an order that waits: to pay at the checkout, or to answer the bank.

    Empty: nowhere, because it waits for no customer.
    """
    waits = order.state == "waiting" and order.payment_id is not None
    return top_ups.get(order.payment_id or "").action_url if waits else ""


def _collect(order: Order, payment_id: str, return_url: str) -> None:
    payment = top_ups.get(payment_id)
    if payment.method_id is None and payment.rail == Rail.CARD:  # no card is charged once but at a checkout
        kinds = _at_checkout(versions.of(db.session.get_one(Customer, order.customer_id)))
        at_checkout.collect(payment_id, kinds, return_url=return_url)
    else:
        collection.collect(payment_id, return_url=return_url)


def _give_up_waiting(order: Order) -> None:
    """Give up an order whose payment waits for the customer, unless it is this very one."""
    found = reads.waiting(db.session(), order.customer_id)
    if found is None or found.payment_id is None or found.form_key == order.form_key:
        return
    if top_ups.get(found.payment_id).state == PaymentState.REQUIRES_ACTION:
        settlement.settle(found.payment_id, give_up=True)


def _place(order: Order) -> tuple[str, str]:
    """Commit the order, and all of it where nothing is charged; return it, and the payment that is to be collected."""
    if not ids.is_form_key(order.form_key):
        raise Refused(_("This form is no longer valid. Please fill it in again."), "form_key_malformed", 422)
    now = clock.now()
    with as_service("place a change of plan"), transaction() as session:
        locked = giving_back.lock(session, order.customer_id, now)
        books = posting.lock(session, order.customer_id)
        earlier = session.scalars(
            select(PlanChange).where(PlanChange.customer_id == order.customer_id, PlanChange.form_key == order.form_key)
        ).one_or_none()
        if earlier is not None:
            return _same(earlier, order), ""
        billing_periods.roll(session, order.customer_id, now)
        has = reads.current(session, books.customer, now, lock=True)
        if reads.waiting(session, order.customer_id) is not None:
            raise Refused(_(UNDER_WAY), "change_under_way")
        seen = preview.reckoned(session, has, order.target, now)
        if seen.mark != order.mark or order.amount not in {None, seen.charged}:
            raise preview.changed(seen)
        return _placed(books, has, order, seen, giving_back.of_preview(session, has, seen, locked), now)


def _placed(
    books: Books, has: Current, order: Order, seen: Preview, back: list[Part], now: datetime
) -> tuple[str, str]:
    if not seen.quote.is_now:
        applying.replace_scheduled(books, now)
        row = _ordered(has, order, seen, now, "scheduled")
        _add(books, has, row)
        books.outbox.write("subscription.scheduled", row.id, applying.facts_of(row, has.row.id))
        applying.mail(books, PLAN_SCHEDULED, row, price_minor=seen.renews.price.amount_minor)
        return row.id, ""
    refusal = None if order.off_session else top_ups.po_refusal(books.session, books.customer, has.catalog)
    if refusal is not None and seen.charged.amount_minor:
        raise refusal
    if carrying.is_chargeable(seen.charged.amount_minor, seen.charged.currency):
        _try(books, seen)
        payment = _payment(books, has, order, seen, now)
        row = _ordered(has, order, seen, now, "waiting", payment)
        _add(books, has, row)
        if not taken_off.covers(books.session, row):
            raise Refused(_(PAID_BACK), "paid_back_meanwhile")
        return row.id, payment.id
    row = _ordered(has, order, seen, now, "applied")
    applying.apply(books, has, row, now, back=back)
    _add(books, has, row)
    return row.id, ""


def _try(books: Books, seen: Preview) -> None:
    """Refuse before it is charged what would be refused when it is given; nothing of the trial stays."""
    with trial(books.session):
        applying.terms(books, seen.wants.plan.key, seen.catalog_version)


def _same(earlier: PlanChange, order: Order) -> str:
    if earlier.preview != order.mark:
        words = _(
            "This form was already sent, with another choice. Nothing more was charged. "
            "Look at your plan and send it again."
        )
        raise Refused(words, "form_already_used")
    return earlier.id


def _payment(books: Books, has: Current, order: Order, seen: Preview, now: datetime) -> Payment:
    session, terms = books.session, has.catalog
    method_id = order.method_id or _default(session, order.customer_id)
    if method_id == CHECKOUT:
        rail, method = Rail.CARD, None
    else:
        rail, method = ways.chosen(session, order.customer_id, method_id, terms, off_session=order.off_session)
    if method_id == CHECKOUT and not _at_checkout(terms):
        raise Refused(_("Add a payment method first."), "method_missing", 422, "payment_method")
    if rail.value in terms.payment_methods.top_up_only and method_id != CHECKOUT:
        raise Refused(
            _("This way to pay is for adding credits only. Choose another one."), "kind_not_taken", 422, "method"
        )
    declines.check(session, order.customer_id, method, now)
    payment = Payment(
        id=ids.new("pay"),
        customer_id=order.customer_id,
        purpose=Purpose.PLAN_CHANGE.value,
        state=PaymentState.CREATED.value,
        amount_minor=seen.charged.amount_minor,
        currency=seen.charged.currency,
        net_minor=seen.price.net.amount_minor,
        treatment=seen.kept_treatment,
        credits_micros=0,
        rail=rail.value,
        method_id=method,
        off_session=order.off_session and method_id != CHECKOUT,
        form_key=order.form_key,
        created_by=order.by,
        created_at=now,
        updated_at=now,
        next_check_at=now + FIRST_CHECK,
    )
    session.add(payment)
    session.flush()
    return payment


def _default(session: Session, customer_id: str) -> str:
    """Return the customer's default method; whoever has none pays at the processor's checkout, which saves one."""
    found = session.scalar(
        select(PaymentMethod.id).where(
            PaymentMethod.customer_id == customer_id, PaymentMethod.is_default, PaymentMethod.removed_at.is_(None)
        )
    )
    return found or CHECKOUT


def takes_checkout(terms: Catalog) -> bool:
    """Say whether who has saved no method can pay at the processor's checkout."""
    return bool(_at_checkout(terms))


def _at_checkout(terms: Catalog) -> tuple[str, ...]:
    """Return what may be paid with at a checkout: what can be saved there for the renewals, in the currency."""
    kinds = [Rail.CARD, *([Rail.SEPA_DEBIT] if terms.credits.currency == "EUR" else [])]
    taken = set(terms.payment_methods.kinds) - set(terms.payment_methods.top_up_only)
    return tuple(each.value for each in kinds if each.value in taken)


def _ordered(
    has: Current, order: Order, seen: Preview, now: datetime, state: str, payment: Payment | None = None
) -> PlanChange:
    """Return the row of the order as it was previewed."""
    wants, had, quote = seen.wants, has.has, seen.quote
    price = seen.price if seen.charged.amount_minor or seen.given.amount_minor else None
    return PlanChange(
        id=ids.new("pch"),
        customer_id=order.customer_id,
        state=state,
        plan=wants.plan.key,
        interval=wants.interval.value,
        seats=wants.seats,
        catalog_version=seen.catalog_version,
        from_plan=had.plan.key,
        from_interval=had.interval.value,
        from_seats=had.seats,
        from_catalog_version=has.customer.catalog_version,
        from_version=has.row.version,
        effective_at=quote.at,
        period_starts_at=quote.plan_period.starts_at,
        period_ends_at=quote.plan_period.ends_at,
        currency=seen.charged.currency,
        net_minor=price.net.amount_minor if price else 0,
        tax_minor=price.tax.amount_minor if price else 0,
        total_minor=price.total.amount_minor if price else 0,
        lines=rule.written(seen.lines, has.customer.language),
        treatment=seen.kept_treatment,
        preview=seen.mark,
        form_key=order.form_key,
        payment_id=payment.id if payment is not None else None,
        problem="",
        created_by=order.by,
        created_at=now,
    )


def _add(books: Books, has: Current, row: PlanChange) -> None:
    """Write the order and its line in the audit trail."""
    books.session.add(row)
    books.session.flush()
    after = {"change": row.id, "plan": row.plan, "interval": row.interval, "seats": row.seats, "state": row.state}
    after |= {"total_minor": row.total_minor, "currency": row.currency}
    audit.record(books.session, row.customer_id, row.created_by, "subscription.change_ordered", has.row.id, after=after)
