"""What ends by itself at the sandbox when its day comes: debits, refunds and disputes."""

import json

from sqlalchemy import Select, select

from app import clock
from app.gateways.sandbox import charges, reversals
from app.gateways.sandbox.store import OBJECTS, Store, opened

_KINDS = ("payment_intent", "refund", "dispute")


def is_due(store: Store) -> bool:
    """Say whether anything is due by now."""
    return store.connection.execute(_due().with_only_columns(OBJECTS.c.id)).first() is not None


def pass_by(database_url: str) -> int:
    """Let happen what is due by now, the oldest first; return how much that was."""
    passed = 0
    while True:
        with opened(database_url) as store:  # one at a time: whoever holds several rows waits for others in a circle
            if not _next(store):
                return passed
        passed += 1


def _due() -> Select[tuple[str, str]]:
    return (
        select(OBJECTS.c.type, OBJECTS.c.body)
        .where(OBJECTS.c.type.in_(_KINDS), OBJECTS.c.due_at <= clock.now())
        .order_by(OBJECTS.c.due_at, OBJECTS.c.id)
        .limit(1)
    )


def _next(store: Store) -> bool:
    found = store.connection.execute(_due().with_for_update(skip_locked=True)).one_or_none()
    if found is None:
        return False
    body = json.loads(found.body)
    match found.type, body["status"]:
        case "payment_intent", "processing":
            charges.end(store, body)
        case "payment_intent", "succeeded":
            reversals.dispute(store, body)
        case "refund", _:
            reversals.end_refund(store, body)
        case "dispute", _:
            reversals.close_dispute(store, body, won=False)
        case _:
            store.keep(body, due_at=None)
    return True
