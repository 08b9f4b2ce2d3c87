"""What became of a saved method at the processor: its card renewed, or detached there by somebody else (S13)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.catalog_terms import PaymentMethods
from app.domain.payments import MISSING, Misused, SavedMethod, Unknown
from app.models.database import db
from app.models.payments import PaymentMethod
from app.models.scope import as_service
from app.services import audit
from app.services.payment_methods import rows, watch
from app.services.processor.gateway import gateway
from app.services.transaction import transaction


def look(method_id: str) -> bool:
    """Bring a saved method to how the processor has it; return False when that could not be asked.

    A method that belongs to no customer any more is removed here too: nothing can be charged by it.
    """
    with as_service("look at a saved method"):
        known = db.session.get(PaymentMethod, method_id)
        if known is None:
            return True
        processor_id, customer_id = known.processor_id, known.customer_id
        found = gateway().fetch_method(processor_id)
        if isinstance(found, Unknown):
            return False
        if isinstance(found, Misused) and found.code != MISSING:
            return True  # logged for the seller by the gateway; asking again would not help
        now = clock.now()
        with transaction() as session:
            policy = rows.lock_customer(session, customer_id)  # always before the methods
            method = session.scalars(
                select(PaymentMethod)
                .where(PaymentMethod.id == method_id, PaymentMethod.removed_at.is_(None))
                .with_for_update()
                .execution_options(populate_existing=True)
            ).one_or_none()
            if method is None:
                return True
            if not isinstance(found, SavedMethod):
                _remove(session, method, policy, now)
            else:
                _renew(session, method, found)
        return True


def _remove(session: Session, method: PaymentMethod, policy: PaymentMethods, now: datetime) -> None:
    was_default = method.is_default
    rows.take_away(session, method, now)
    method.detach_at = None  # it is detached at the processor already
    others = [each for each in rows.live(session, method.customer_id) if each.id != method.id]
    next_default = rows.next_default(others, policy, now) if was_default else None
    if next_default is not None:
        next_default.is_default = True
        rows.have_charges_looked_at(session, next_default, now)
    after = {
        "brand": method.brand,
        "last4": method.last4,
        "default": next_default.id if next_default is not None else "",
    }
    audit.record(session, method.customer_id, "processor", "payment_method.removed", method.id, after=after)


def _renew(session: Session, method: PaymentMethod, found: SavedMethod) -> None:
    """Keep what may change of a card: a bank sends a new one with another date, number and holder."""
    before = _shown(method)
    method.brand, method.last4, method.holder = found.brand, found.last4, found.holder
    method.exp_month, method.exp_year = found.exp_month, found.exp_year
    method.fingerprint = found.fingerprint or method.fingerprint
    after = _shown(method)
    if before != after:
        audit.record(
            session, method.customer_id, "processor", "payment_method.changed", method.id, before=before, after=after
        )
        watch.changed(session, method.customer_id)


def _shown(method: PaymentMethod) -> dict[str, object]:
    expiry = f"{method.exp_month}/{method.exp_year}" if method.exp_year else ""
    return {"brand": method.brand, "last4": method.last4, "expiry": expiry, "holder": method.holder}
