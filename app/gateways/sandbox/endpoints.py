"""The sandbox's webhook endpoint: the portal's own, subscribed to everything until its dashboard says otherwise."""

from collections.abc import Sequence

from app import clock
from app.gateways.sandbox.paging import page_of
from app.gateways.sandbox.parameters import Params
from app.gateways.sandbox.store import Body, Store, new_id

KIND, PATH, ALL = "webhook_endpoint", "/webhooks/stripe", "*"


def listed(store: Store, params: Params, *, base_url: str) -> Body:
    """Return the endpoints, as Stripe lists them."""
    page = page_of(store, KIND, params, "/v1/webhook_endpoints")
    if not page["data"] and not params.get("starting_after"):
        page["data"] = [_endpoint("we_sandbox", base_url + PATH, [ALL], is_enabled=True)]
    return page


def configure(store: Store, base_url: str, events: Sequence[str], *, is_enabled: bool = True) -> None:
    """Subscribe the endpoint to these events only, or switch it off, as its owner does in the dashboard."""
    now = _endpoint(new_id("we"), base_url + PATH, events, is_enabled=is_enabled)
    for before in store.newest(KIND):
        store.keep({**now, "id": before["id"]})
        return
    store.add(now)


def subscribed(store: Store, event_type: str) -> bool:
    """Say whether an event of this type is posted at all."""
    configured = store.newest(KIND, limit=1)
    if not configured:
        return True
    types = configured[0]["enabled_events"]
    return configured[0]["status"] == "enabled" and (ALL in types or event_type in types)


def _endpoint(endpoint_id: str, url: str, events: Sequence[str], *, is_enabled: bool) -> Body:
    return {
        "id": endpoint_id,
        "object": KIND,
        "api_version": None,
        "application": None,
        "created": int(clock.now().timestamp()),
        "description": None,
        "enabled_events": list(events),
        "livemode": False,
        "metadata": {},
        "status": "enabled" if is_enabled else "disabled",
        "url": url,
    }
