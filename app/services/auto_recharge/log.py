"""What was charged automatically and why, and why not: the decisions that were kept, newest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, or_, select, tuple_

from app.models import written
from app.models.auto_recharge import AutoRechargeConsent, AutoRechargeDecision, AutoRechargeQuestion
from app.models.database import db
from app.models.payments import Payment, PaymentMethod
from app.models.written import ExactMoment

SHOWN = 10
WrittenEntry = Row[*tuple[Any, ...]]
"""When exactly, id and outcome, credit and threshold then in micros, the period's limit and what was used of it, the
payment's id, state, amount and currency, and the brand and last digits of what was charged; None: nothing was.
"""


@dataclass(frozen=True)
class Entry:
    """A decision, and the payment that came of it with the method that was charged."""

    decision: AutoRechargeDecision
    payment: Payment | None
    method: PaymentMethod | None
    question: AutoRechargeQuestion | None
    """What was asked by this decision, or the question whose yes this charge has used."""
    allowed_at: datetime | None
    """When the consent was given by which it was charged."""


def listed(customer_id: str, after: tuple[datetime, str] | None = None) -> tuple[list[Entry], bool]:
    """Return the decisions behind `after` (time, id), ten at most, and whether there are more. One statement."""
    found = _behind(customer_id, after, SHOWN + 1)
    return found[:SHOWN], len(found) > SHOWN


def every(customer_id: str) -> Iterator[Sequence[WrittenEntry]]:
    """Yield every decision that was kept as a file says it, the newest first, by chunks."""
    kept, paid, method = AutoRechargeDecision, Payment, PaymentMethod
    wanted = (
        select(
            ExactMoment(kept.at),
            kept.id,
            kept.outcome,
            kept.remaining_micros,
            kept.threshold_micros,
            kept.limit_minor,
            kept.used_minor,
            paid.id,
            paid.state,
            paid.amount_minor,
            paid.currency,
            method.brand,
            method.last4,
        )
        .outerjoin(paid, (paid.customer_id == kept.customer_id) & (paid.id == kept.payment_id))
        .outerjoin(method, (method.customer_id == kept.customer_id) & (method.id == paid.method_id))
        .where(kept.customer_id == customer_id)
    )
    return written.newest_first(wanted, kept.at, kept.id)


def _behind(customer_id: str, after: tuple[datetime, str] | None, limit: int) -> list[Entry]:
    kept, asked = AutoRechargeDecision, AutoRechargeQuestion
    is_about = or_(asked.asked_at == kept.at, asked.payment_id == kept.payment_id)
    consent = AutoRechargeConsent
    wanted = (
        select(kept, Payment, PaymentMethod, asked, consent.accepted_at)
        .outerjoin(Payment, (Payment.customer_id == kept.customer_id) & (Payment.id == kept.payment_id))
        .outerjoin(
            PaymentMethod, (PaymentMethod.customer_id == kept.customer_id) & (PaymentMethod.id == Payment.method_id)
        )
        .outerjoin(asked, and_(asked.customer_id == kept.customer_id, is_about))
        .outerjoin(consent, (consent.customer_id == kept.customer_id) & (consent.id == kept.consent_id))
        .where(kept.customer_id == customer_id)
    )
    if after is not None:
        wanted = wanted.where(tuple_(kept.at, kept.id) < after)
    found = db.session.execute(wanted.order_by(kept.at.desc(), kept.id.desc()).limit(limit)).all()
    return [Entry(*row) for row in found]
