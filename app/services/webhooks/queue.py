"""The deliveries that wait: added once for each event and endpoint, and dropped when the endpoint is removed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock, ids
from app.models.bulk import insert_missing
from app.models.webhooks import WebhookDelivery
from app.services import wake_ups

PENDING, DELIVERED, DEAD, DROPPED = "pending", "delivered", "dead", "dropped"


def row(
    *,
    customer_id: str,
    event_id: str,
    event_type: str,
    sequence: int | None,
    body: str,
    endpoint_id: str,
    to_seller: bool,
    now: datetime,
) -> dict[str, Any]:
    """Return the values of a new delivery."""
    return {
        "id": ids.new("whd"),
        "customer_id": customer_id,
        "event_id": event_id,
        "type": event_type,
        "sequence": sequence,
        "body": body,
        "endpoint_id": endpoint_id,
        "to_seller": to_seller,
        "state": PENDING,
        "tries": 0,
        "next_try_at": now,
        "problem": "",
        "created_at": now,
    }


def add(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Add deliveries in the caller's transaction, a service's; one of the same event and endpoint stays one."""
    if not rows:
        return
    insert_missing(session, WebhookDelivery, rows)
    wake_ups.after_commit(session, "webhooks_sent")


def drop(session: Session, endpoint_id: str, why: str) -> None:
    """Drop what waits for the endpoint. What another worker has claimed just now ends by itself."""
    for each in _waiting(session, endpoint_id):
        each.state, each.problem, each.done_at = DROPPED, why, clock.now()


def put_off(session: Session, endpoint_id: str, pause: timedelta) -> None:
    """Let what is due for the endpoint wait: it does not answer, and no other must wait with it."""
    until = clock.now() + pause
    due = [each.id for each in _waiting(session, endpoint_id, before=clock.now())]
    if due:
        session.execute(
            update(WebhookDelivery)
            .where(WebhookDelivery.id.in_(due))
            .values(next_try_at=until)
            .execution_options(synchronize_session=False)
        )


def _waiting(session: Session, endpoint_id: str, before: datetime | None = None) -> list[WebhookDelivery]:
    # Whoever works on one of them has it locked, or holds its lease: neither is waited for.
    mine = [WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.state == PENDING]
    if before is not None:
        mine.append(WebhookDelivery.next_try_at <= before)
    return list(
        session.scalars(
            select(WebhookDelivery)
            .where(*mine)
            .order_by(WebhookDelivery.next_try_at)
            .limit(1_000)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
    )
