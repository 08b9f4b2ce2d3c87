"""What is kept to be looked at and nothing is counted from: refused calls and finished deliveries, for 90 days."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import delete, literal, select, tuple_

from app import clock
from app.models.authorizations import Authorization
from app.models.database import db
from app.models.scope import as_service
from app.models.webhooks import WebhookAttempt, WebhookDelivery
from app.services import shutdown
from app.services.transaction import transaction
from app.services.webhooks import queue

KEPT = timedelta(days=90)
AT_ONCE = 500
"""So many go in one transaction."""
ROUNDS = 20
"""So many transactions at most have their turn before other jobs do."""


def trim_refusals(limit: int = 100) -> int:  # noqa: ARG001  # cheap rows: more than a hundred go at each look
    """Forget authorizations that were refused longer ago than they are kept; return how many."""
    with as_service("forget old refusals"):
        return _rounds(_trim_refusals)


def trim_deliveries(limit: int = 100) -> int:  # noqa: ARG001  # cheap rows: more than a hundred go at each look
    """Forget webhooks that ended longer ago than they are kept, with their attempts; return how many."""
    with as_service("forget old deliveries"):
        return _rounds(_trim_deliveries)


def _rounds(trim: Callable[[], int]) -> int:
    """Trim again and again, until nothing is left, it was enough for now, or the worker is to end."""
    gone = 0
    for _ in range(ROUNDS):
        if shutdown.asked():
            break
        now = trim()
        gone += now
        if now < AT_ONCE:
            break
    return gone


def _trim_refusals() -> int:
    # Written out, not bound: only then does each database see that the index of the refused serves it.
    refused = Authorization.state == literal("refused", literal_execute=True)
    old = (
        select(Authorization.customer_id, Authorization.id)
        .where(refused, Authorization.created_at < clock.now() - KEPT)
        .order_by(Authorization.created_at)
        .limit(AT_ONCE)
    )
    keys = [tuple(row) for row in db.session.execute(old)]
    if not keys:
        return 0
    with transaction() as session:
        session.execute(
            delete(Authorization)
            .where(tuple_(Authorization.customer_id, Authorization.id).in_(keys), refused)
            .execution_options(synchronize_session=False)
        )
    return len(keys)


def _trim_deliveries() -> int:
    # A dead letter that is tried again keeps the time at which it was first given up.
    old = select(WebhookDelivery.customer_id, WebhookDelivery.id).where(
        WebhookDelivery.done_at < clock.now() - KEPT, WebhookDelivery.state != queue.PENDING
    )
    if db.session.execute(old.limit(1)).first() is None:
        return 0
    with transaction() as session:
        # Locked, so that none of them is sent again by hand meanwhile.
        locked = old.order_by(WebhookDelivery.done_at).limit(AT_ONCE).with_for_update(skip_locked=True)
        keys = [tuple(row) for row in session.execute(locked)]
        for table, delivery_id in ((WebhookAttempt, WebhookAttempt.delivery_id), (WebhookDelivery, WebhookDelivery.id)):
            session.execute(
                delete(table)
                .where(tuple_(table.customer_id, delivery_id).in_(keys))
                .execution_options(synchronize_session=False)
            )
    return len(keys)
