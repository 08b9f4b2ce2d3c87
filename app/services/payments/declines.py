"""Declined charges of a customer, counted by the rows: whichever page, program or process asks for the next one."""

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.domain import methods as rule
from app.domain.payments import AUTHENTICATION_REQUIRED, AttemptState, PaymentState
from app.models.payments import Attempt, Payment, PaymentMethod

_ON_ITS_WAY = [state.value for state in (PaymentState.CREATED, PaymentState.PI_CREATED, PaymentState.CONFIRMING)]


def check(session: Session, customer_id: str, method_id: str | None, now: datetime) -> None:
    """Refuse (429) one more charge where too many were declined since the last that was paid.

    The customer's row is locked, so that two at once count each other: what is on its way counts like a decline until
    it is known. The same card saved twice is one (`fingerprint`). A bank that only asks its question has not declined.
    """
    rows = session.execute(
        select(Payment.method_id, PaymentMethod.fingerprint, Payment.created_at, Attempt.state, Attempt.started_at)
        .outerjoin(Attempt, (Attempt.customer_id == Payment.customer_id) & (Attempt.payment_id == Payment.id))
        .outerjoin(
            PaymentMethod, (PaymentMethod.customer_id == Payment.customer_id) & (PaymentMethod.id == Payment.method_id)
        )
        .where(
            Payment.customer_id == customer_id,
            func.coalesce(Attempt.started_at, Payment.created_at) > now - rule.DECLINES_WITHIN,
            or_(
                Attempt.state == AttemptState.SUCCEEDED.value,
                (Attempt.state == AttemptState.DECLINED.value) & (Attempt.code != AUTHENTICATION_REQUIRED),
                Payment.state.in_(_ON_ITS_WAY),
            ),
        )
        .order_by(func.coalesce(Attempt.started_at, Payment.created_at))
    ).all()
    used = session.get(PaymentMethod, method_id) if method_id else None  # read a moment ago, for this order
    card = used.fingerprint if used else ""
    of_customer, of_method = list[datetime](), list[datetime]()
    for method, fingerprint, created_at, state, started_at in rows:
        is_same = method == method_id or bool(card and fingerprint == card)
        if state == AttemptState.SUCCEEDED.value:
            of_customer.clear()
            if is_same:
                of_method.clear()
            continue
        of_customer.append(started_at or created_at)
        if is_same and method_id is not None:
            of_method.append(started_at or created_at)
    rule.check_declines(of_method, of_customer, now)
