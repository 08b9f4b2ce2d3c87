"""Payments of a customer as a simulation takes them: when they began, and what became of each."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from app.domain.auto_recharge.record import Paid
from app.domain.methods import Rail
from app.domain.money import Money
from app.domain.payments import AUTHENTICATION_REQUIRED
from app.domain.reversals import STANDING_DISPUTES, STANDING_REFUNDS
from app.models.ledger import Grant
from app.models.payments import Attempt, Payment
from app.models.reversals import Dispute, Refund
from app.services.payment_methods.declines import FAILED, PAID

MOST = 2_000
"""So many payments are read, the newest."""


@dataclass(frozen=True)
class _Went:
    """Money of an automatic charge that went back."""

    payment_id: str
    at: datetime
    stands: bool


def read(session: Session, customer_id: str) -> tuple[list[Paid], dict[tuple[str, str], str]]:
    """Return the payments, and which automatic one it was of that a transfer names as its source."""
    went = _went_back(session, customer_id)
    asked = (
        select(Attempt.id)
        .where(
            Attempt.customer_id == Payment.customer_id,
            Attempt.payment_id == Payment.id,
            Attempt.code == AUTHENTICATION_REQUIRED,
        )
        .exists()
    )
    found = session.execute(
        select(Payment, asked, Grant.id, Grant.micros, Grant.posted_at)
        .outerjoin(Grant, (Grant.customer_id == Payment.customer_id) & (Grant.payment_id == Payment.id))
        .where(Payment.customer_id == customer_id)
        .order_by(Payment.created_at.desc())
        .limit(MOST)
    ).all()
    sources = {("refund", name): each.payment_id for name, each in went.items()}
    sources |= {("dispute", name): each.payment_id for name, each in went.items()}
    payments = []
    for payment, was_asked, grant_id, micros, paid_at in reversed(found):
        if payment.budget_period is not None:
            sources["payment", payment.id] = payment.id
            sources["grant", grant_id or ""] = payment.id
        payments.append(
            Paid(
                id=payment.id,
                begun_at=payment.created_at,
                amount=Money(payment.amount_minor, payment.currency),
                credits=micros or payment.credits_micros,
                method_id=payment.method_id or "",
                is_automatic=payment.budget_period is not None,
                is_paid=payment.state in PAID,
                ended_at=paid_at or (payment.updated_at if payment.state in FAILED else None),
                code=payment.problem,
                was_asked=was_asked,
                takes_days=payment.rail == Rail.SEPA_DEBIT,
                period=payment.budget_period,
                went_back_at=min(
                    (each.at for each in went.values() if each.payment_id == payment.id and each.stands), default=None
                ),
            )
        )
    return payments, sources


def _went_back(session: Session, customer_id: str) -> dict[str, _Went]:
    """Return the refunds and disputes of automatic charges, by their id."""
    refunds = select(
        Refund.id.label("id"), Refund.payment_id.label("payment_id"), Refund.created_at.label("at"), Refund.state
    ).where(Refund.customer_id == customer_id)
    disputes = select(Dispute.id, Dispute.payment_id, Dispute.opened_at, Dispute.state).where(
        Dispute.customer_id == customer_id
    )
    each = union_all(refunds, disputes).subquery()
    standing = {state.value for state in (*STANDING_REFUNDS, *STANDING_DISPUTES)}
    found = session.execute(
        select(each.c.id, each.c.payment_id, each.c.at, each.c.state)
        .join(Payment, Payment.id == each.c.payment_id)
        .where(Payment.customer_id == customer_id, Payment.budget_period.is_not(None))
        .limit(MOST)
    )
    return {name: _Went(payment_id, at, state in standing) for name, payment_id, at, state in found}
