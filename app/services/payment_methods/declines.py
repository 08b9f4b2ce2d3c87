"""What became of the automatic charges of a card or account, and when it may be charged again."""

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.domain.auto_recharge import retries
from app.domain.auto_recharge.retries import Ended, Retry
from app.domain.payments import AUTHENTICATION_REQUIRED, PaymentState
from app.models.payments import Attempt, Payment, PaymentMethod

PAID = [state.value for state in (PaymentState.SUCCEEDED, PaymentState.REFUNDED, PaymentState.DISPUTED)]
FAILED = [state.value for state in (PaymentState.FAILED, PaymentState.CANCELED)]
MOST_LOOKED_AT = 20
"""So many charges that ended without money are looked at: more than any back-off counts."""


def retry(session: Session, method: PaymentMethod, allowed_at: datetime | None) -> Retry:
    """Return what follows from the automatic charges of this card or account that ended without money.

    The same card saved again is the same one, by its fingerprint; whatever it has paid since clears it.
    """
    same = Payment.method_id == method.id
    if method.fingerprint:
        twins = select(PaymentMethod.id).where(
            PaymentMethod.customer_id == method.customer_id,
            PaymentMethod.kind == method.kind,
            PaymentMethod.fingerprint == method.fingerprint,
        )
        same = Payment.method_id.in_(twins)
    mine = Payment.customer_id == method.customer_id
    paid = select(func.max(Payment.created_at)).where(mine, same, Payment.state.in_(PAID)).scalar_subquery()
    asked = (
        select(Attempt.id)
        .where(
            Attempt.customer_id == Payment.customer_id,
            Attempt.payment_id == Payment.id,
            Attempt.code == AUTHENTICATION_REQUIRED,
        )
        .exists()
    )
    rows = session.execute(
        select(Payment.updated_at, Payment.problem, asked)
        .where(
            mine,
            same,
            Payment.budget_period.is_not(None),
            Payment.state.in_(FAILED),
            or_(paid.is_(None), Payment.created_at > paid),
        )
        .order_by(Payment.created_at.desc())
        .limit(MOST_LOOKED_AT)
    ).all()
    return retries.after([Ended(at, code, was_asked=was) for at, code, was in reversed(rows)], allowed_at)
