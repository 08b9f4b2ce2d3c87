"""The sandbox's events, as Stripe writes them, kept with the change that they report."""

from app import clock
from app.gateways.sandbox.store import Body, Store, new_id, public

API_VERSION = "2026-10-28.endive"


def record(store: Store, kind: str, about: Body, *, key: str = "", owner: str = "") -> str:
    """Keep the event in the same transaction as what it reports; it is due at once. Return its id.

    `owner` is the processor's customer, for objects that do not name it.
    """
    now = clock.now()
    event: Body = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": int(now.timestamp()),
        "data": {"object": public(about)},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": key or None},
        "type": kind,
    }
    store.add(event, owner=owner or about.get("customer") or "", due_at=now)
    return str(event["id"])
