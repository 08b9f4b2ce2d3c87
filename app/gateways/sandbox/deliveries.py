"""The sandbox's webhooks: each due event is signed with Stripe's own helper and posted to the portal's webhook route.

It is posted within the process, through the whole application, so it works from a worker beside any web server or none.
There is one endpoint, the portal's own, subscribed to everything until its dashboard says otherwise.
"""

import contextvars
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import stripe
import structlog
from sqlalchemy import select
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app import clock
from app.gateways.sandbox import faults
from app.gateways.sandbox.paging import page_of
from app.gateways.sandbox.parameters import Params
from app.gateways.sandbox.store import OBJECTS, Body, Store, hidden, new_id, opened, public

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

log = structlog.get_logger()
LEASE = timedelta(minutes=1)
MAX_TRIES = 6
LATE = timedelta(days=3)
ENDPOINT, PATH, ALL = "webhook_endpoint", "/webhooks/stripe", "*"


@dataclass(frozen=True)
class Delivery:
    """One event on its way."""

    event_id: str
    body: str
    fault: str


def deliver_due(database_url: str, wsgi: "WSGIApplication", *, base_url: str, secret: str, limit: int = 50) -> int:
    """Post the events that are due, at most `limit`; return how many arrived. One that fails is tried again later."""
    claimed = _claim(database_url, limit)
    in_order = sorted(claimed, key=lambda delivery: delivery.fault == "reorder")  # stable: those go to the end
    return sum([_deliver(database_url, delivery, wsgi, base_url, secret) for delivery in in_order])


def post(wsgi: "WSGIApplication", body: str | bytes, signature: str, *, base_url: str) -> int:
    """Post a webhook to the application as a stranger would; return the status of the answer."""
    data = body if isinstance(body, bytes) else body.encode()
    environ = EnvironBuilder(
        path=PATH,
        base_url=base_url,
        method="POST",
        data=data,
        content_type="application/json; charset=utf-8",
        headers=Headers([("Stripe-Signature", signature), ("User-Agent", "Stripe/1.0 (sandbox)")]),
    ).get_environ()
    # A context of its own: nothing of the caller's application context, session or scope reaches the request.
    return contextvars.Context().run(_answer, wsgi, environ, clock.now())


def endpoints(store: Store, params: Params, *, base_url: str) -> Body:
    """Return the endpoints, as Stripe lists them."""
    page = page_of(store, ENDPOINT, params, "/v1/webhook_endpoints")
    if not page["data"] and not params.get("starting_after"):
        page["data"] = [_endpoint("we_sandbox", base_url + PATH, [ALL], is_enabled=True)]
    return page


def configure(store: Store, base_url: str, events: Sequence[str], *, is_enabled: bool = True) -> None:
    """Subscribe the endpoint to these events only, or switch it off, as its owner does in the dashboard."""
    now = _endpoint(new_id("we"), base_url + PATH, events, is_enabled=is_enabled)
    for before in store.newest(ENDPOINT):
        store.keep({**now, "id": before["id"]})
        return
    store.add(now)


def _answer(wsgi: "WSGIApplication", environ: "WSGIEnvironment", moment: datetime) -> int:
    with clock.at(moment):  # the caller's clock may stand in another year
        _body, status, _headers = run_wsgi_app(wsgi, environ, buffered=True)
    return int(status.split()[0])


def _claim(database_url: str, limit: int) -> list[Delivery]:
    """Take due events for a minute, so that another worker does not post them too; decide what happens to them."""
    now, claimed = clock.now(), []
    with opened(database_url) as store:
        due = store.connection.execute(
            select(OBJECTS.c.id, OBJECTS.c.body)
            .where(OBJECTS.c.type == "event", OBJECTS.c.due_at <= now)
            .order_by(OBJECTS.c.due_at, OBJECTS.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        for event_id, text in due:
            event: Body = json.loads(text)
            hidden(event)["tries"] = hidden(event).get("tries", 0) + 1
            if not _is_subscribed(store, event["type"]):
                store.keep(event, due_at=None)
                continue
            fault = faults.take(store, f"event:{event['type']}", "event:*")
            if fault in {"lose", "late"}:
                store.keep(event, due_at=now + LATE if fault == "late" else None)
                continue
            store.keep(event, due_at=now + LEASE)
            claimed.append(Delivery(event_id, json.dumps(public(event)), fault))
    return claimed


def _deliver(database_url: str, delivery: Delivery, wsgi: "WSGIApplication", base_url: str, secret: str) -> bool:
    signature = stripe.WebhookSignature.generate_signature_header(delivery.body, secret)
    for _ in range(2 if delivery.fault == "duplicate" else 1):
        status = post(wsgi, delivery.body, signature, base_url=base_url)
    arrived = 200 <= status < 300
    with opened(database_url) as store:
        event = store.find("event", delivery.event_id)
        if event is None:  # the tables were emptied meanwhile
            return arrived
        tries, again = hidden(event)["tries"], None
        if not arrived:
            log.warning("sandbox_event_not_delivered", event_id=delivery.event_id, status=status, tries=tries)
            again = clock.now() + timedelta(seconds=5 * 4**tries) if tries < MAX_TRIES else None
        event["pending_webhooks"] = 0 if arrived else 1
        store.keep(event, due_at=again)
    return arrived


def _is_subscribed(store: Store, event_type: str) -> bool:
    """Say whether an event of this type is posted at all."""
    configured = store.newest(ENDPOINT, limit=1)
    if not configured:
        return True
    types = configured[0]["enabled_events"]
    return configured[0]["status"] == "enabled" and (ALL in types or event_type in types)


def _endpoint(endpoint_id: str, url: str, events: Sequence[str], *, is_enabled: bool) -> Body:
    return {
        "id": endpoint_id,
        "object": ENDPOINT,
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
