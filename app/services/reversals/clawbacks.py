"""What refunds and disputes share: money and credit of a payment go back together, once, and may return (I11)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain import reversals as rule
from app.domain.errors import NotFound, ensure
from app.domain.ledger import CREDITS, Posting, money_unit
from app.domain.money import divided
from app.domain.payments import ARROWS, PaymentState, Purpose
from app.domain.reversals import BOOKED_REFUNDS, STANDING_DISPUTES, DisputeState, RefundState
from app.models.ledger import Allocation, Grant, Transfer
from app.models.payments import Payment
from app.models.reversals import Dispute, Refund
from app.services.ledger import arrivals, budgets, burn_down, corrections, grants
from app.services.ledger.posting import Books


@dataclass(frozen=True)
class Route:
    """Which way money and credit go, and what the two transfers are called."""

    money: tuple[str, str]
    credits: tuple[str, str]
    money_kind: str
    credit_kind: str


REFUND = Route(("prepaid", "processor"), (CREDITS, "purchases"), "money_refunded", "refunded")
REFUND_FAILED = Route(("processor", "prepaid"), ("purchases", CREDITS), "money_returned", "refund_failed")
HOLD = Route(("prepaid", "disputes"), (CREDITS, "disputes"), "money_disputed", "disputed")
LOST = Route(("disputes", "processor"), ("disputes", "purchases"), "money_lost", "dispute_lost")
WON = Route(("disputes", "prepaid"), ("disputes", CREDITS), "money_won", "dispute_won")
WON_AFTER_ALL = Route(("processor", "prepaid"), ("purchases", CREDITS), "money_won", "dispute_won")

PAID = frozenset({PaymentState.SUCCEEDED, PaymentState.REFUNDED, PaymentState.DISPUTED})


@dataclass(frozen=True)
class Source:
    """The refund or dispute that a transfer is for, and what the customer reads beside it."""

    kind: str
    id: str
    words: str


def locked(session: Session, payment_id: str) -> Payment:
    """Lock and return the payment: refunds, disputes and settling of one payment wait for each other here.

    Its key stays free: rows that name the payment are written meanwhile, by those who have the customer's books.
    """
    payment = session.scalars(
        select(Payment)
        .where(Payment.id == payment_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if payment is None:
        raise NotFound("payment")
    return payment


def left_of(payment: Payment) -> int:
    """Return what of the money received may still go back.

    Not what has gone back or is disputed, what was tax paid too much, nor what the customer was given credit for.
    """
    gone = payment.refunded_minor + payment.disputed_minor + payment.corrected_minor + payment.as_credit_minor
    return payment.received_minor - gone


def claimable(payment: Payment) -> int:
    """Return what of the money received a bank may still take back: also what the customer was given credit for."""
    return left_of(payment) + payment.as_credit_minor


def taken_as_credit(payment: Payment, amount_minor: int) -> tuple[int, int]:
    """Return what of an amount that goes back was given as credit (minor units), and that credit (micros).

    It is what is left of the money first, and then the credit.
    """
    minor = max(0, amount_minor - left_of(payment))
    ensure(minor <= payment.as_credit_minor, f"more than was received of {payment.id} goes back")
    return minor, divided(payment.as_credit_micros * minor, payment.as_credit_minor) if minor else 0


def count_as_credit(payment: Payment, minor: int, micros: int) -> None:
    """Count that so much more of the payment is credit; below zero: less."""
    payment.as_credit_minor += minor
    payment.as_credit_micros += micros


def take(
    books: Books,
    payment: Payment,
    amount_minor: int,
    route: Route,
    source: Source,
    now: datetime,
    given_micros: int = 0,
) -> int:
    """Post that money of the payment goes, and the credit that it bought, if any; return that credit in micros.

    The credit comes out of the purchase's own grant, then out of others in burn order; what is not there any more
    becomes a debt. `given_micros` is credit that was given for a part of it. Call it before the refund or dispute
    counts as booked.
    """
    grants.catch_up(books, now)
    session = books.session
    grant, taken = _bought(books, payment), given_micros
    if grant is not None:
        minor, before = _booked(session, payment)
        due = rule.credits_due(
            reversed_minor=minor + amount_minor,
            received_minor=payment.received_minor - payment.corrected_minor,
            bought=grant.micros,
            taken=before,
        )
        taken = rule.credits_taken(due, remaining=grant.remaining_micros, gone=_gone(session, grant))
    made = _post(books, payment, route, source, (amount_minor, taken), (None, None), now)
    if taken:
        burn_down.burn(books, made[1], own=grant.id if grant is not None else _given(books))
    session.flush()
    if payment.budget_period is not None:
        budgets.look_again(books.outbox, now)
    return taken


def return_tax(books: Books, payment: Payment, amount_minor: int, source: Source, now: datetime) -> None:
    """Post that tax paid too much goes back. It has bought no credit, and takes none with it."""
    _post(books, payment, REFUND, source, (amount_minor, 0), (None, None), now)


def give_back(books: Books, payment: Payment, taken: Route, route: Route, source: Source, now: datetime) -> None:
    """Post the opposite of what was taken by `taken` for the same source: money, credit, and the grants' shares."""
    grants.catch_up(books, now)
    money, credit = (_posted(books, source, kind) for kind in (taken.money_kind, taken.credit_kind))
    ensure(money is not None, f"{source.id} has taken nothing")
    amounts = (money.amount if money else 0, credit.amount if credit else 0)
    names = (money.id if money else None, credit.id if credit else None)
    made = _post(books, payment, route, source, amounts, names, now)
    grant = _bought(books, payment)
    if credit is not None:
        corrections.give_back(books, credit, made[1], now, own=grant.id if grant is not None else "")
    books.session.flush()
    arrivals.came(books, now)


def pass_on(books: Books, payment: Payment, taken: Route, route: Route, source: Source, now: datetime) -> None:
    """Post that what `taken` has held is gone for good: it never comes back to the customer's balance by itself."""
    money, credit = (_posted(books, source, kind) for kind in (taken.money_kind, taken.credit_kind))
    amounts = (money.amount if money else 0, credit.amount if credit else 0)
    _post(books, payment, route, source, amounts, (None, None), now)


def restate(session: Session, payment: Payment, now: datetime) -> None:
    """Bring the locked payment to the state that its refunds and disputes, just changed, leave it in."""
    session.flush()
    refunded = _sum(session, payment, Refund, [RefundState.SUCCEEDED.value])
    lost = _sum(session, payment, Dispute, [DisputeState.LOST.value])
    before = PaymentState(payment.state)
    sold = payment.received_minor - payment.corrected_minor
    after = rule.state_after(received_minor=sold, refunded_minor=refunded, lost_minor=lost)
    payment.updated_at = now
    if after is not before:
        ensure(after in ARROWS[before], f"{payment.id} cannot go from {before} to {after}")
        payment.state = after.value


def _bought(books: Books, payment: Payment) -> Grant | None:
    """Return the grant that the payment has bought; none where it has paid an invoice or a change of plan."""
    found = books.session.scalars(
        select(Grant)
        .where(Grant.customer_id == books.customer_id, Grant.payment_id == payment.id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    ensure((found is None) == (payment.purpose != Purpose.TOP_UP), f"{payment.id} has bought nothing")
    return found


def _given(books: Books) -> str:
    """Return the newest grant of unused time of which anything is left; empty: there is none."""
    found = books.session.scalar(
        select(Grant.id)
        .where(Grant.customer_id == books.customer_id, Grant.kind == "proration", Grant.remaining_micros > 0)
        .order_by(Grant.created_at.desc(), Grant.id.desc())
        .limit(1)
    )
    return found or ""


def _booked(session: Session, payment: Payment) -> tuple[int, int]:
    """Return the money (minor) and the credit (micros) that refunds and disputes have taken before."""
    minor = micros = 0
    for model, states in (
        (Refund, [state.value for state in BOOKED_REFUNDS]),
        (Dispute, [state.value for state in STANDING_DISPUTES]),
    ):
        minor += _sum(session, payment, model, states)
        micros += _sum(session, payment, model, states, column="credits_micros")
    return minor, micros


def _sum(
    session: Session,
    payment: Payment,
    model: type[Refund] | type[Dispute],
    states: list[str],
    column: str = "amount_minor",
) -> int:
    wanted = select(func.sum(getattr(model, column))).where(
        model.customer_id == payment.customer_id, model.payment_id == payment.id, model.state.in_(states)
    )
    if model is Refund:
        wanted = wanted.where(Refund.of_correction.is_(False))
    total = session.scalar(wanted)
    return int(total or 0)


def _gone(session: Session, grant: Grant) -> int:
    """Return what has left the grant unused: it expired, or was taken back by a person."""
    total = session.scalar(
        select(func.sum(Allocation.micros))
        .join(Transfer, (Transfer.customer_id == Allocation.customer_id) & (Transfer.id == Allocation.transfer_id))
        .where(
            Allocation.customer_id == grant.customer_id,
            Allocation.grant_id == grant.id,
            Transfer.kind.in_(["expired", "voided"]),
        )
    )
    return int(total or 0)


def _post(
    books: Books,
    payment: Payment,
    route: Route,
    source: Source,
    amounts: tuple[int, int],
    corrects: tuple[str | None, str | None],
    now: datetime,
) -> list[Transfer]:
    """Post the money and, where there is any, the credit."""
    units = money_unit(payment.currency), books.unit
    ways, kinds = (route.money, route.credits), (route.money_kind, route.credit_kind)
    postings = [
        Posting(unit, *way, amount, kind, source.kind, source.id, source.words, wrong, claw_back=way[0] == CREDITS)
        for unit, way, amount, kind, wrong in zip(units, ways, amounts, kinds, corrects, strict=True)
        if amount
    ]
    return books.post(postings, now)


def _posted(books: Books, source: Source, kind: str) -> Transfer | None:
    return books.session.scalars(
        select(Transfer).where(
            Transfer.customer_id == books.customer_id,
            Transfer.source_type == source.kind,
            Transfer.source_id == source.id,
            Transfer.kind == kind,
        )
    ).one_or_none()
