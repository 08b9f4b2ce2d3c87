"""Credit given over the API: one request key is one grant, however often it is sent or a process is killed."""

from datetime import datetime

from sqlalchemy import select

from app import clock
from app.domain.errors import Refused
from app.domain.money import Credits
from app.models.ledger import Grant
from app.models.scope import as_service
from app.services import audit
from app.services.ledger import arrivals, grants, posting
from app.services.ledger.posting import Books
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
    """Give credit that nobody paid for, or return what the same request gave before; its key is good for no other."""
    if not reason.isprintable():
        words = "The reason has a line break or an invisible character. Enter it without."
        raise Refused(words, "reason_unprintable", 422, "reason")
    now = clock.now()
    with as_service("give credit"), transaction() as session:
        books = posting.lock(session, customer_id)  # first, so that the same request twice at once is one grant
        if request_key is not None:
            earlier = _earlier(books, request_key)
            if earlier is not None:
                given = (earlier.kind, earlier.micros, earlier.reason, earlier.expires_at, earlier.priority)
                if given != (kind, credits.micros, reason.strip(), expires_at, priority):
                    words = "This Idempotency-Key was used for another request. Take a new key."
                    raise Refused(words, "idempotency_key_reused", 409)
                return earlier
        grant = grants.add(
            books,
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
        arrivals.came(books, now)
        return grant


def _earlier(books: Books, request_key: str) -> Grant | None:
    """Return what the request gave before."""
    return books.session.scalars(
        select(Grant).where(Grant.customer_id == books.customer_id, Grant.request_key == request_key)
    ).one_or_none()
