"""The ids of events that were counted are kept for as long as an event may be late, and then forgotten."""

from sqlalchemy import delete, select, tuple_

from app import clock
from app.domain.rating import KEPT
from app.models.database import db
from app.models.scope import as_service
from app.models.usage import UsageEventKey
from app.services import shutdown
from app.services.transaction import transaction

AT_ONCE = 5_000
"""So many are forgotten in one transaction."""


def trim_due(limit: int = 100) -> int:  # noqa: ARG001  # they are as many as the events: all that is due goes each time
    """Forget the ids of events that were accepted so long ago that they are too old to come again; return how many."""
    gone = 0
    with as_service("forget old event ids"):
        while not shutdown.asked():
            now = _trim_some()
            gone += now
            if now < AT_ONCE:
                break
    return gone


def _trim_some() -> int:
    key = tuple_(UsageEventKey.customer_id, UsageEventKey.id)
    before = clock.now() - KEPT
    if db.session.scalar(select(UsageEventKey.id).where(UsageEventKey.received_at < before).limit(1)) is None:
        return 0
    over = (
        select(UsageEventKey.customer_id, UsageEventKey.id)
        .where(UsageEventKey.received_at < before)
        .order_by(UsageEventKey.received_at)
        .limit(AT_ONCE)
    )
    with transaction() as session:
        removed = session.execute(
            delete(UsageEventKey)
            .where(key.in_(over))
            .returning(UsageEventKey.id)
            .execution_options(synchronize_session=False)
        )
        return len(removed.all())
