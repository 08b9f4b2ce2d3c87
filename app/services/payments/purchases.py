"""What the page of a purchase shows: the payment, what it added and what went back; and whether one is just like it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select

from app import clock, ids
from app.domain.amounts import money_words
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.methods import Rail
from app.domain.money import Credits, Money, money_from_credits
from app.domain.payments import ACTION_LIFETIME, OPEN, PaymentState, Purpose
from app.domain.reversals import OPEN_REFUNDS, DisputeState, RefundState
from app.domain.tax import kept
from app.domain.tax.prices import Price
from app.domain.tax.treatment import Treatment
from app.domain.top_ups import TopUp
from app.models.database import db
from app.models.documents import Document
from app.models.ledger import Transfer
from app.models.payments import Payment, PaymentMethod
from app.models.reversals import Dispute, Refund

# A second purchase like the last one, this soon after it, is asked about first: it may be a page sent again (AC-2).
ALIKE_WITHIN = timedelta(minutes=10)
PAID_OTHERWISE = "paid_otherwise"
"""Why a payment was never taken to the processor: the bank had just confirmed the same purchase."""
BOUGHT, WAITS, UNHEARD = "bought_just_now", "waits_already", "not_heard_yet"
"""What became of the purchase just like the one that is asked for: the reasons to ask before it is bought again."""
LATEST = 5
"""So many payments are listed, however they ended."""
_PAID = [PaymentState.SUCCEEDED.value, PaymentState.REFUNDED.value, PaymentState.DISPUTED.value]
_GOING_ON = [state.value for state in (*OPEN, PaymentState.SUCCEEDED)]


@dataclass(frozen=True)
class Reversal:
    """Money of a payment that goes back: by a refund of the seller's, or by a dispute of the customer's bank."""

    kind: str
    """`refund` or `dispute`."""
    state: str
    amount: Money
    since: datetime
    """When it came to where it is."""
    row_id: str
    """Its newest row in the balance history; empty when it took no credit."""
    claimed: str = ""
    """What the bank claims, in words, where that is no part of the payment."""


@dataclass(frozen=True)
class Purchase:
    """A payment of the customer's with the method it was made with, what it added and what went back."""

    payment: Payment
    method: PaymentMethod | None
    """None when it was paid once, with nothing saved."""
    row: Transfer | None
    """The row of the balance history, once the payment is in the books."""
    reversals: list[Reversal]
    """What went back or may go back, the oldest first."""
    instead: Payment | None
    """The payment that bought the same, when this one was given up."""
    document: Document | None = None
    """Its invoice or receipt: the one that stands, where it was corrected."""

    @property
    def standing(self) -> str:
        """Return where the money is that was paid: what matters most of everything that goes back, or `paid`."""
        states = {each.state for each in self.reversals}
        if DisputeState.OPEN in states:
            return "disputed"
        if DisputeState.LOST in states:
            return "lost"
        if not OPEN_REFUNDS.isdisjoint(states):
            return "refunding"
        if RefundState.SUCCEEDED not in states:
            return "paid"
        return "refunded" if self.payment.state == PaymentState.REFUNDED else "partly_refunded"


def read(payment_id: str) -> Purchase:
    """Return the customer's purchase, or `NotFound`."""
    if not ids.is_id(payment_id, "pay"):
        raise NotFound("payment")
    found = db.session.execute(
        select(Payment, PaymentMethod, Transfer)
        .outerjoin(
            PaymentMethod,
            (PaymentMethod.id == Payment.method_id) & (PaymentMethod.customer_id == Payment.customer_id),
        )
        .outerjoin(
            Transfer,
            (Transfer.source_type == "payment")
            & (Transfer.source_id == Payment.id)
            & (Transfer.kind == "purchased")
            & (Transfer.customer_id == Payment.customer_id),
        )
        .where(Payment.id == payment_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("payment")
    payment, method, row = found
    return Purchase(payment, method, row, _reversals(payment), _instead_of(payment), _document_of(payment))


def _document_of(payment: Payment) -> Document | None:
    if payment.state not in _PAID:
        return None
    wanted = select(Document).where(
        Document.customer_id == payment.customer_id,
        Document.payment_id == payment.id,
        Document.kind.in_(["invoice", "receipt"]),
        Document.number.is_not(None),
        Document.is_corrected.is_(False),
    )
    return db.session.scalars(wanted.limit(1)).one_or_none()


def of_form(form_key: str) -> str | None:
    """Return the id of the payment that the customer in scope ordered by this form, if any."""
    return db.session.scalar(select(Payment.id).where(Payment.form_key == form_key)) if form_key else None


def choice(payment: Payment) -> dict[str, str]:
    """Return what the form of the purchase was given: the pack, or the amount, which is before tax where it is added.

    Who buys the same again is charged the tax of that day.
    """
    if payment.pack:
        return {"pack": payment.pack}
    listed = money_from_credits(Credits(payment.credits_micros), payment.currency)
    return {"amount": str(listed.major)}


def taxed(payment: Payment) -> tuple[Treatment, Price] | None:
    """Return how the payment splits into its price and its tax, as was decided at its order; None: nothing is said."""
    asked, received = (Money(minor, payment.currency) for minor in (payment.amount_minor, payment.received_minor))
    return kept.of_payment(payment.treatment, payment.net_minor, asked, received)


def latest() -> list[tuple[Payment, PaymentMethod | None]]:
    """Return the newest payments of the customer in scope, however they ended, each with its saved method."""
    of_payment = (PaymentMethod.customer_id == Payment.customer_id) & (PaymentMethod.id == Payment.method_id)
    rows = db.session.execute(
        select(Payment, PaymentMethod)
        .outerjoin(PaymentMethod, of_payment)
        .where(Payment.purpose == Purpose.TOP_UP.value)
        .order_by(Payment.created_at.desc(), Payment.id.desc())
        .limit(LATEST)
    )
    return [(payment, method) for payment, method in rows]


def just_like(customer_id: str, top_up: TopUp, rail: Rail, method_id: str | None, form_key: str) -> Payment | None:
    """Return the last purchase of the same by another form within the last minutes, paid or still under way.

    One that waits for the bank or the wallet counts only for the same way to pay: another way gives it up (AC-17).
    """
    same_method = Payment.method_id == method_id if method_id else Payment.method_id.is_(None)
    return db.session.scalars(
        select(Payment)
        .where(
            Payment.customer_id == customer_id,
            Payment.purpose == Purpose.TOP_UP.value,
            Payment.created_at > clock.now() - ALIKE_WITHIN,
            Payment.credits_micros == top_up.credits.micros,  # the same, also where its tax has changed meanwhile
            Payment.pack == top_up.pack,
            Payment.form_key != form_key,
            Payment.state.in_(_GOING_ON),
            or_(Payment.state != PaymentState.REQUIRES_ACTION.value, (Payment.rail == rail.value) & same_method),
        )
        .order_by(Payment.created_at.desc())
        .limit(1)
    ).one_or_none()


def alike(payment: Payment) -> Refused:
    """Return what to say before the same is bought again: the other payment as it stands, and never as more than that.

    Nobody bought anything by a payment that waits for its bank, or about which nothing was heard.
    """
    amount = money_words(Money(payment.amount_minor, payment.currency))
    match PaymentState(payment.state):
        case PaymentState.SUCCEEDED:
            words = _("You bought the same credits a few minutes ago, for {amount}.", amount=amount)
            return Refused(words, BOUGHT)
        case PaymentState.PROCESSING:
            words = _("Your payment of {amount} for the same credits is already being processed.", amount=amount)
            return Refused(words, BOUGHT)
        case PaymentState.REQUIRES_ACTION:
            words = _("Your payment of {amount} for the same credits waits for your approval.", amount=amount)
            return Refused(words, WAITS)
        case _:
            words = _("We have not heard back yet about your payment of {amount} for the same credits.", amount=amount)
            return Refused(words, UNHEARD)


def _reversals(payment: Payment) -> list[Reversal]:
    if payment.state not in _PAID:
        return []
    mine = payment.customer_id
    found: list[Refund | Dispute] = [
        *db.session.scalars(select(Refund).where(Refund.customer_id == mine, Refund.payment_id == payment.id)),
        *db.session.scalars(select(Dispute).where(Dispute.customer_id == mine, Dispute.payment_id == payment.id)),
    ]
    if not found:
        return []
    of_these = (
        Transfer.customer_id == mine,
        Transfer.source_type.in_(["refund", "dispute"]),
        Transfer.source_id.in_([each.id for each in found]),
        Transfer.sequence.is_not(None),
    )
    rows = {
        each.source_id: each.id
        for each in db.session.scalars(select(Transfer).where(*of_these).order_by(Transfer.sequence))
    }
    return [_reversal(each, rows.get(each.id, "")) for each in sorted(found, key=_begun)]


def _begun(found: Refund | Dispute) -> tuple[datetime, str]:
    return found.opened_at if isinstance(found, Dispute) else found.created_at, found.id


def _reversal(found: Refund | Dispute, row_id: str) -> Reversal:
    amount = Money(found.amount_minor, found.currency)
    if isinstance(found, Dispute):
        return Reversal("dispute", found.state, amount, found.closed_at or found.opened_at, row_id, found.claimed)
    since = found.created_at if found.state in OPEN_REFUNDS else found.updated_at
    return Reversal("refund", found.state, amount, since, row_id)


def _instead_of(payment: Payment) -> Payment | None:
    """Return the payment that bought the same within the day that this one had, or that this one came too late for."""
    if payment.state != PaymentState.CANCELED:
        return None
    since = payment.created_at
    if payment.problem == PAID_OTHERWISE:
        in_time = (Payment.created_at <= since) & Payment.state.in_(_PAID)
    else:
        in_time = (Payment.created_at > since) & (Payment.created_at <= since + ACTION_LIFETIME)
    return db.session.scalars(
        select(Payment)
        .where(
            Payment.customer_id == payment.customer_id,
            Payment.purpose == payment.purpose,
            Payment.credits_micros == payment.credits_micros,
            Payment.pack == payment.pack,
            Payment.id != payment.id,
            Payment.state.in_([*_PAID, *_GOING_ON]),
            in_time,
        )
        .order_by(Payment.created_at.desc())
        .limit(1)
    ).one_or_none()


def listed(limit: int, *, after: tuple[datetime, str] | None = None) -> list[Payment]:
    """Return the customer's payments, the newest first; `after` is the moment and the id of the last one seen."""
    wanted = select(Payment).order_by(Payment.created_at.desc(), Payment.id.desc()).limit(limit)
    if after is not None:
        moment, payment_id = after
        earlier = or_(Payment.created_at < moment, and_(Payment.created_at == moment, Payment.id < payment_id))
        wanted = wanted.where(Payment.created_at <= moment, earlier)  # the first half is what the index is read by
    return list(db.session.scalars(wanted.execution_options(populate_existing=True)))
