"""Which saved method an attempt charges: the default one, a new one that it is for, or others by the seller's terms."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.catalog import Catalog
from app.domain.errors import Refused
from app.domain.payments import DUNNING
from app.models.collection import CollectionAttempt
from app.models.payments import Payment, PaymentMethod
from app.services.payments import declines


@dataclass(frozen=True)
class Methods:
    """The saved methods that invoices may be charged to, the default one first, then the newest."""

    fit: tuple[PaymentMethod, ...]
    others: bool
    """Whether others than the default one are charged, too."""
    automatically: bool

    def may_charge(self, method_id: str | None) -> bool:
        """Say whether a method that has come may be charged."""
        return self.automatically and any(each.id == method_id for each in self.fit)

    def wanted(self, attempt: CollectionAttempt) -> PaymentMethod | None:
        """Return the method that the attempt charges; None: nothing can be charged."""
        if not self.automatically:
            return None
        new = next((each for each in self.fit if each.id == attempt.method_id), None)
        return new or next(iter(self._usual()), None)

    def untried(self, session: Session, attempt: CollectionAttempt) -> PaymentMethod | None:
        """Return another method that was not tried for the attempt yet, where the seller has others tried."""
        if not self.others or attempt.started_at is None:
            return None
        tried = set(
            session.scalars(
                select(Payment.method_id).where(
                    Payment.customer_id == attempt.customer_id,
                    Payment.document_id == attempt.document_id,
                    Payment.created_by == DUNNING,
                    Payment.created_at >= attempt.started_at,
                )
            )
        )
        return next((each for each in self.fit if each.id not in tried), None)

    def _usual(self) -> list[PaymentMethod]:
        return [each for each in self.fit if each.is_default or self.others]


def of(session: Session, customer_id: str, catalog: Catalog) -> Methods:
    """Return the customer's methods, as the seller's terms have them charged."""
    rows = session.scalars(
        select(PaymentMethod)
        .where(PaymentMethod.customer_id == customer_id, PaymentMethod.removed_at.is_(None))
        .order_by(PaymentMethod.is_default.desc(), PaymentMethod.created_at.desc(), PaymentMethod.id.desc())
    ).all()
    policy = catalog.payment_methods
    fit = tuple(each for each in rows if each.kind in policy.kinds and each.kind not in policy.top_up_only)
    return Methods(fit, catalog.dunning.other_methods, catalog.invoices.charge_automatically)


def is_allowed(session: Session, attempt: CollectionAttempt, method: PaymentMethod, now: datetime) -> bool:
    """Say whether one more charge outside of the schedule is made after those that were declined lately."""
    if attempt.place is not None:
        return True
    try:
        declines.check(session, attempt.customer_id, method.id, now)
    except Refused:
        return False
    return True
