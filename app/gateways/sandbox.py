"""The sandbox processor: Stripe's behaviour without Stripe, for the demo, for development and for tests.

The real SDK runs above it (`transport`), its state is in tables of its own, and its events come in by the webhook
route.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sqlalchemy import select

from app.config import Settings
from app.domain.money import Money, from_processor_minor
from app.gateways import sandbox_deliveries, sandbox_events, sandbox_faults, sandbox_intents
from app.gateways.sandbox_http import SandboxTransport
from app.gateways.sandbox_methods import CARDS
from app.gateways.sandbox_store import REQUESTS, Body, opened, public

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

API_KEY = "sk_test_sandbox"
TEST_METHODS: list[tuple[str, str]] = [(name, card.label) for name, card in CARDS.items()]
"""The named test methods with what to call them on a page."""


@dataclass(frozen=True)
class Challenge:
    """The bank's question to a customer."""

    intent_id: str
    amount: Money
    description: str
    open: bool
    return_url: str
    """Where the customer goes on, with the answer in the query."""


def transport(settings: Settings) -> SandboxTransport:
    """Return what the SDK sends its requests through."""
    return SandboxTransport(settings.database_url, settings.base_url, API_KEY)


def webhook_secret(settings: Settings) -> str:
    """Return the secret that the sandbox signs with: derived, so web server and worker agree with nothing to set."""
    return "whsec_" + hmac.new(settings.secret_key.encode(), b"sandbox webhooks", hashlib.sha256).hexdigest()


def deliver_due(settings: Settings, wsgi: "WSGIApplication", limit: int = 50) -> int:
    """Post the events that are due to the application's webhook route; return how many arrived."""
    return sandbox_deliveries.deliver_due(
        settings.database_url, wsgi, base_url=settings.base_url, secret=webhook_secret(settings), limit=limit
    )


def plant(settings: Settings, matches: str, fault: str, times: int = 1) -> None:
    """Plan a misbehaviour; see `sandbox_faults` for the names."""
    sandbox_faults.plant(settings.database_url, matches, fault, times)


def clear_faults(settings: Settings) -> None:
    """Let the sandbox behave again."""
    sandbox_faults.clear(settings.database_url)


def planted(settings: Settings) -> list[tuple[str, str, int]]:
    """Return the misbehaviour to come: what it hits, which it is, how often."""
    return sandbox_faults.planted(settings.database_url)


def objects(settings: Settings, kind: str, limit: int = 100, *, owner: str | None = None) -> list[Body]:
    """Return the objects of a kind (`payment_intent`, `event`, …), of one customer or all, the newest first."""
    with opened(settings.database_url) as store:
        return [public(each) for each in store.newest(kind, owner=owner, limit=limit)]


def requests(settings: Settings, limit: int = 100) -> list[Body]:
    """Return the POST requests that came in, the newest first: key, line, params, answer, status."""
    with opened(settings.database_url) as store:
        rows = store.connection.execute(
            select(REQUESTS.c.body, REQUESTS.c.status)
            .order_by(REQUESTS.c.created_at.desc(), REQUESTS.c.idempotency_key)
            .limit(limit)
        )
        return [{**json.loads(body), "status": status} for body, status in rows]


def challenge(settings: Settings, intent_id: str) -> Challenge | None:
    """Return the bank's question about an intent, or None when there never was one."""
    with opened(settings.database_url) as store:
        intent = store.find("payment_intent", intent_id)
    asked = intent and _asked(intent)
    if not intent or not asked:
        return None
    return Challenge(
        intent_id=intent_id,
        amount=from_processor_minor(intent["amount"], intent["currency"]),
        description=intent["description"] or "",
        open=intent["status"] == "requires_action",
        return_url=_back(asked, intent),
    )


def answer_challenge(settings: Settings, intent_id: str, *, approved: bool) -> str | None:
    """Answer the bank's question, if it is still open; return where the customer goes on, or None: no such question."""
    with opened(settings.database_url) as store:
        intent = store.find("payment_intent", intent_id)
        asked = intent and _asked(intent)
        if not intent or not asked:
            return None
        if intent["status"] == "requires_action":
            if approved:
                sandbox_intents.succeed(store, intent)
            else:
                sandbox_intents.refuse_identity(store, intent)
        return _back(asked, intent)


def finish(settings: Settings, intent_id: str, *, succeeded: bool) -> None:
    """End an intent that is processing, as a bank does days later."""
    with opened(settings.database_url) as store:
        intent = sandbox_intents.found(store, intent_id)
        if intent["status"] != "processing":
            return
        if succeeded:
            sandbox_intents.succeed(store, intent)
        else:
            sandbox_intents.fail(store, intent, "payment_intent_payment_attempt_failed", "The payment failed.")


def tell(settings: Settings, kind: str, intent_id: str) -> str:
    """Send an event of any type about an intent, as a late, odd or repeated one; return the event's id."""
    with opened(settings.database_url) as store:
        return sandbox_events.record(store, kind, sandbox_intents.found(store, intent_id))


def _asked(intent: Body) -> str:
    """Return the address that the question leads back to. It is kept after the answer, for a page that is reloaded."""
    kept: str = intent.get("sandbox", {}).get("return_url", "")
    return kept


def _back(return_url: str, intent: Body) -> str:
    status = {"succeeded": "succeeded", "processing": "pending"}.get(intent["status"], "failed")
    joint = "&" if "?" in return_url else "?"
    return return_url + joint + urlencode({"payment_intent": intent["id"], "redirect_status": status})
