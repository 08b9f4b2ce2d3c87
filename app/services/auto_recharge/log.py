"""What was charged automatically and why, and why not: the decisions that were kept, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select, tuple_

from app.models.auto_recharge import AutoRechargeConsent, AutoRechargeDecision, AutoRechargeQuestion
from app.models.database import db
from app.models.payments import Payment, PaymentMethod

CHUNK = 500
SHOWN = 10


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


def every(customer_id: str) -> Iterator[Entry]:
    """Yield every decision that was kept, the newest first, read in chunks."""
    after: tuple[datetime, str] | None = None
    while True:
        rows = _behind(customer_id, after, CHUNK)
        yield from rows
        if len(rows) < CHUNK:
            return
        after = rows[-1].decision.at, rows[-1].decision.id
        db.session.expunge_all()


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
