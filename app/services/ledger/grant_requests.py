"""Credit given over the API: one request key is one grant, however often it is sent and whoever died meanwhile."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.errors import NotFound, Refused
from app.domain.ledger import credits_unit
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.ledger import Grant
from app.models.scope import as_service
from app.services import audit
from app.services.ledger import grants, posting
from app.services.transaction import transaction


def give(
    customer_id: str,
    *,
    request_key: str | None,
    kind: str,
    credits: Credits,  # noqa: A002  # the product's word
    granted_by: str,
    reason: str,
    expires_at: datetime | None = None,
    priority: int = 50,
) -> Grant:
    """Give credit that nobody paid for, or return what the same request gave before; another wish is refused."""
    if not reason.isprintable():
        words = "The reason has a line break or another character that cannot be seen. Type it again without."
        raise Refused(words, "reason_unprintable", 422, "reason")
    now = clock.now()
    with as_service("give credit"), transaction() as session:
        if request_key is not None:
            earlier = _earlier(session, customer_id, request_key)
            if earlier is not None:
                given = (earlier.kind, earlier.micros, earlier.reason, earlier.expires_at, earlier.priority)
                if given != (kind, credits.micros, reason.strip(), expires_at, priority):
                    words = "This Idempotency-Key was used for another request. Take a new key."
                    raise Refused(words, "idempotency_key_reused", 409)
                return earlier
        grant = grants.add(
            session,
            customer_id,
            kind=kind,
            credits=credits,
            now=now,
            granted_by=granted_by,
            reason=reason,
            description=reason.strip(),
            expires_at=expires_at,
            priority=priority,
            request_key=request_key,
        )
        after = {"kind": kind, "credits_micros": credits.micros, "reason": reason}
        audit.record(session, customer_id, granted_by, "grant.given", grant.id, after=after)
        return grant


def _earlier(session: Session, customer_id: str, request_key: str) -> Grant | None:
    """Return what the request gave before. The customer's lock is taken first, so that two at once are one."""
    customer = session.get(Customer, customer_id)
    if customer is None:
        raise NotFound("customer")
    posting.lock(session, customer_id, [credits_unit(customer.credit_unit)])
    return session.scalars(
        select(Grant).where(Grant.customer_id == customer_id, Grant.request_key == request_key)
    ).one_or_none()
