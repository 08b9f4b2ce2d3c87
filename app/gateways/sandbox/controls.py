"""The sandbox processor: Stripe's behaviour without Stripe, for the demo, for development and for tests.

The real SDK runs above it (`transport`), its state is in tables of its own, and its events come in by the webhook
route.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.config import Settings
from app.gateways.sandbox import (
    cash_balances,
    challenges,
    charges,
    deliveries,
    faults,
    hosted_pages,
    methods,
    payment_intents,
    reversals,
    scheduled,
)
from app.gateways.sandbox.challenges import Challenge
from app.gateways.sandbox.hosted_pages import Till, Visit
from app.gateways.sandbox.store import REQUESTS, Body, opened, public
from app.gateways.sandbox.transport import SandboxTransport

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

API_KEY = "sk_test_sandbox"


def transport(settings: Settings) -> SandboxTransport:
    """Return what the SDK sends its requests through."""
    return SandboxTransport(settings.database_url, settings.base_url, API_KEY)


def webhook_secret(settings: Settings) -> str:
    """Return the secret that the sandbox signs with: derived, so web server and worker agree with nothing to set."""
    return "whsec_" + hmac.new(settings.secret_key.encode(), b"sandbox webhooks", hashlib.sha256).hexdigest()


def deliver_due(settings: Settings, wsgi: "WSGIApplication", limit: int = 50) -> int:
    """Let time pass at the sandbox, and post the events that are due to the webhook route; return how many arrived."""
    pass_time(settings)
    return deliveries.deliver_due(
        settings.database_url, wsgi, base_url=settings.base_url, secret=webhook_secret(settings), limit=limit
    )


def plant(settings: Settings, matches: str, fault: str, times: int = 1) -> None:
    """Plan a fault; see `faults` for the names."""
    faults.plant(settings.database_url, matches, fault, times)


def clear_faults(settings: Settings) -> None:
    """Let the sandbox behave again."""
    faults.clear(settings.database_url)


def planted(settings: Settings) -> list[tuple[str, str, int]]:
    """Return the planned faults: what each hits, which it is, how often."""
    return faults.planted(settings.database_url)


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


def challenge(settings: Settings, object_id: str) -> Challenge | None:
    """Return the question about an intent or a setup, or None when there never was one."""
    with opened(settings.database_url) as store:
        return challenges.asked(store, object_id)


def answer_challenge(settings: Settings, object_id: str, *, approved: bool, later: bool = False) -> str | None:
    """Answer the question, if it is still open; return where the customer goes on, or None: no such question."""
    with opened(settings.database_url) as store:
        return challenges.answer(store, object_id, approved=approved, later=later)


def checkout(settings: Settings, session_id: str) -> Till | None:
    """Return what a checkout's page shows, or None: there is no such session."""
    with opened(settings.database_url) as store:
        return hosted_pages.till(store, session_id)


def pay_at_checkout(settings: Settings, session_id: str, method: str) -> str | None:
    """Pay there with a named test method; return where the customer goes on, or None: it was declined."""
    with opened(settings.database_url) as store:
        return hosted_pages.pay(store, session_id, method, base_url=settings.base_url)


def pass_time(settings: Settings) -> int:
    """Let happen what is due by now: debits arrive or fail, refunds end, disputes come and are lost."""
    return scheduled.pass_by(settings.database_url)


def finish(settings: Settings, intent_id: str, *, succeeded: bool | None = None) -> None:
    """End an intent that is processing, as a bank does days later; None: as its test method says."""
    with opened(settings.database_url) as store:
        intent = payment_intents.found(store, intent_id)
        if intent["status"] == "processing":
            charges.end(store, intent, succeeded=succeeded)


def transfer(settings: Settings, customer_id: str, amount: int, currency: str, reference: str = "") -> str:
    """Let a bank transfer of the customer's arrive; return the id of its movement."""
    sent: Body = {"amount": amount, "currency": currency.lower()} | ({"reference": reference} if reference else {})
    with opened(settings.database_url) as store:
        return str(cash_balances.fund(store, customer_id, sent)["id"])


def move_cash(settings: Settings, customer_id: str, kind: str, amount: int, currency: str) -> str:
    """Move a customer's cash as the bank, the dashboard or the passing of months do; return the movement's id."""
    with opened(settings.database_url) as store:
        return str(cash_balances.move(store, customer_id, kind, amount, currency.lower())["id"])


def refund(settings: Settings, intent_id: str, amount: int | None = None) -> str:
    """Refund in the processor's dashboard, all that is left or an amount; return the refund's id."""
    parameters: Body = {"payment_intent": intent_id} | ({"amount": amount} if amount else {})
    with opened(settings.database_url) as store:
        made: str = reversals.refund(store, parameters)["id"]
        return made


def end_refund(settings: Settings, refund_id: str, *, succeeded: bool) -> None:
    """Let a refund arrive, or come back."""
    with opened(settings.database_url) as store:
        reversals.end_refund(store, reversals.refund_of(store, refund_id), succeeded=succeeded)


def dispute(
    settings: Settings,
    intent_id: str,
    *,
    amount: int | None = None,
    currency: str = "",
    reason: str = "",
    inquiry: bool = False,
) -> str:
    """Let the customer's bank dispute a payment, or only ask about it; return the dispute's id.

    A bank may dispute it in a currency of its own.
    """
    with opened(settings.database_url) as store:
        intent = payment_intents.found(store, intent_id)
        made = reversals.dispute(store, intent, amount=amount, currency=currency, reason=reason, inquiry=inquiry)
        return str(made["id"])


def escalate(settings: Settings, dispute_id: str) -> None:
    """Let what a bank only asked about become a dispute."""
    with opened(settings.database_url) as store:
        reversals.escalate(store, reversals.dispute_of(store, dispute_id))


def close_dispute(settings: Settings, dispute_id: str, *, won: bool) -> None:
    """Let the bank decide a dispute."""
    with opened(settings.database_url) as store:
        reversals.close_dispute(store, reversals.dispute_of(store, dispute_id), won=won)


def detach(settings: Settings, method_id: str) -> None:
    """Remove a saved method in the processor's dashboard."""
    with opened(settings.database_url) as store:
        methods.detach(store, method_id)


def delete_customer(settings: Settings, customer_id: str) -> None:
    """Delete a customer in the processor's dashboard."""
    with opened(settings.database_url) as store:
        methods.delete_customer(store, customer_id)


def subscribe(settings: Settings, events: Sequence[str], *, is_enabled: bool = True) -> None:
    """Subscribe the webhook endpoint to these events only, or switch it off, in the processor's dashboard."""
    with opened(settings.database_url) as store:
        deliveries.configure(store, settings.base_url, events, is_enabled=is_enabled)


def portal(settings: Settings, session_id: str) -> Visit | None:
    """Return what the processor's own portal shows under a session's address, while it is good."""
    with opened(settings.database_url) as store:
        return hosted_pages.visit(store, session_id)


def remove_in_portal(settings: Settings, session_id: str, method_id: str) -> bool:
    """Remove a method in the processor's own portal; say whether there was one."""
    with opened(settings.database_url) as store:
        return hosted_pages.remove(store, session_id, method_id)
