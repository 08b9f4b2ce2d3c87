"""How many seats are used: the host knows, and fewer than that cannot be had."""

from app import clock
from app.domain.errors import Refused
from app.models.scope import as_service
from app.models.subscriptions import Subscription
from app.services import audit
from app.services.ledger import posting
from app.services.subscriptions import reads
from app.services.transaction import transaction

MOST = 1_000_000


def report(customer_id: str, used: int, *, by: str) -> Subscription:
    """Keep how many seats the host says are used. More than there are is kept too: it happened."""
    if not 0 <= used <= MOST:
        raise Refused(f"Send a number from 0 to {MOST:,}.", "seats_used_malformed", 422, "seats_used")
    with as_service("keep how many seats are used"), transaction() as session:
        books = posting.lock(session, customer_id)
        row = reads.current(session, books.customer, clock.now(), lock=True).row
        if row.seats_used == used:
            return row
        before, row.seats_used = row.seats_used, used
        audit.record(
            session,
            customer_id,
            by,
            "subscription.seats_used",
            row.id,
            before={"seats_used": before},
            after={"seats_used": used},
        )
        return row
