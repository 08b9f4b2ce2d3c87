"""What stands in the rows, read for whoever holds the customer's locks, or for the customer in scope."""

from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from app.domain.auto_recharge.decision import Answer
from app.domain.auto_recharge.terms import Terms, beginning
from app.domain.catalog import Catalog
from app.domain.methods import SAVED_RAILS
from app.domain.payments import ON_ITS_WAY, OPEN
from app.domain.reversals import STANDING_DISPUTES, STANDING_REFUNDS
from app.models.auto_recharge import (
    AutoRechargeBudget,
    AutoRechargeConsent,
    AutoRechargeQuestion,
    AutoRechargeSettings,
)
from app.models.payments import Payment, PaymentMethod
from app.models.reversals import Dispute, Refund

STANDING = ("open", "yes", "no")
"""The states of a question that still counts, as long as its day lasts."""


def terms(row: AutoRechargeSettings | None, catalog: Catalog) -> Terms:
    """Return what holds: what the customer chose, else what the catalog starts with."""
    if row is None:
        return beginning(catalog)
    return row.terms(catalog.currency)


def used(session: Session, customer_id: str, period_number: int) -> int:
    """Return what of the period's limit is charged or reserved, in minor units."""
    total = session.scalar(
        select(AutoRechargeBudget.reserved_minor + AutoRechargeBudget.charged_minor).where(
            AutoRechargeBudget.customer_id == customer_id, AutoRechargeBudget.period_number == period_number
        )
    )
    return int(total or 0)


def in_flight(session: Session, customer_id: str) -> int:
    """Return the credit, in micros, of the customer's payments that are on their way."""
    total = session.scalar(
        select(func.sum(Payment.credits_micros)).where(
            Payment.customer_id == customer_id, Payment.state.in_(sorted(ON_ITS_WAY))
        )
    )
    return int(total or 0)


def open_automatic(session: Session, customer_id: str) -> Payment | None:
    """Return the automatic payment that is open: there is one at most (I13)."""
    return session.scalars(
        select(Payment)
        .where(
            Payment.customer_id == customer_id,
            Payment.budget_period.is_not(None),
            Payment.state.in_([state.value for state in OPEN]),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()


def last_begun(session: Session, customer_id: str) -> datetime | None:
    """Return when the last automatic charge was begun."""
    return session.scalar(
        select(Payment.created_at)
        .where(Payment.customer_id == customer_id, Payment.budget_period.is_not(None))
        .order_by(Payment.created_at.desc())
        .limit(1)
    )


def methods(session: Session, customer_id: str, wanted: Terms, catalog: Catalog) -> list[PaymentMethod]:
    """Return the methods that may be charged, in the order in which they are: the chosen one, and others if allowed."""
    kinds = [kind for kind in catalog.payment_methods.kinds if kind in SAVED_RAILS]
    found = session.scalars(
        select(PaymentMethod)
        .where(
            PaymentMethod.customer_id == customer_id,
            PaymentMethod.removed_at.is_(None),
            PaymentMethod.kind.in_(kinds),
        )
        .order_by(PaymentMethod.is_default.desc(), PaymentMethod.created_at.desc(), PaymentMethod.id.desc())
        .execution_options(populate_existing=True)
    ).all()
    chosen = [each for each in found if (each.id == wanted.method_id if wanted.method_id else each.is_default)]
    others = [each for each in found if each not in chosen and each.kind not in catalog.payment_methods.top_up_only]
    return [*chosen, *(others if wanted.other_methods else [])]


def consented_at(session: Session, settings: AutoRechargeSettings | None) -> datetime | None:
    """Return when the consent was given that covers the terms; None while they are off."""
    if settings is None or settings.consent_id is None:
        return None
    return session.scalar(
        select(AutoRechargeConsent.accepted_at).where(
            AutoRechargeConsent.customer_id == settings.customer_id, AutoRechargeConsent.id == settings.consent_id
        )
    )


def answer(session: Session, customer_id: str, now: datetime) -> Answer | None:
    """Return the question that stands, and how it was answered; None where nothing is asked any more."""
    question = session.scalars(
        select(AutoRechargeQuestion)
        .where(
            AutoRechargeQuestion.customer_id == customer_id,
            AutoRechargeQuestion.state.in_(STANDING),
            AutoRechargeQuestion.until > now,
        )
        .execution_options(populate_existing=True)
    ).one_or_none()
    if question is None:
        return None
    return Answer({"yes": True, "no": False}.get(question.state), question.count, question.until, question.amount_minor)


def went_back(session: Session, customer_id: str, since: datetime | None) -> bool:
    """Say whether money of an automatic charge went back, or is disputed, since the customer's last consent."""
    if since is None:
        return False
    refund = _automatic(Refund).where(
        Refund.customer_id == customer_id,
        Refund.created_at >= since,
        Refund.state.in_([state.value for state in STANDING_REFUNDS]),
    )
    dispute = _automatic(Dispute).where(
        Dispute.customer_id == customer_id,
        Dispute.opened_at >= since,
        Dispute.state.in_([state.value for state in STANDING_DISPUTES]),
    )
    return bool(session.scalar(select(or_(refund.exists(), dispute.exists()))))


def _automatic(model: type[Refund | Dispute]) -> Select[str]:
    """Select what is about an automatic charge."""
    return (
        select(model.id)
        .join(Payment, (Payment.customer_id == model.customer_id) & (Payment.id == model.payment_id))
        .where(Payment.budget_period.is_not(None))
    )
