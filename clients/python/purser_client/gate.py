"""Refuse calls at the limit, before the host serves them: for Flask and any other WSGI app, and for ASGI apps.

One lease for each customer spends a block in this process, so that most calls ask nobody.
"""

import asyncio
import json
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any

from purser_client.client import Answer, Purser, Refused, Unavailable
from purser_client.lease import Lease

LATER = {"daily_limit", "plan_limit", "rate_limited"}
"""Refusals that time or a higher limit lifts: 429. The others want credit or an invoice paid: 402."""
WORDS = {
    "unavailable": "Billing cannot be reached right now. Try again in a moment.",
    "daily_limit": "The daily limit is reached.",
}
Scope = MutableMapping[str, Any]
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
AsgiApp = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


class Gate:
    """Says of each call whether its customer may make it. Threads may share it."""

    def __init__(
        self,
        purser: Purser,
        meter: str,
        *,
        block: int = 100,
        open_when_away: bool = False,
        most_customers: int = 10_000,
        **lease: Any,
    ) -> None:
        """Spend units of a `meter` in blocks. `open_when_away` lets calls through while Purser cannot be reached.

        What is let through so is not billed by the gate: report it. More than `most_customers` leases are not kept:
        the one that was used the longest ago is settled.
        """
        self._purser, self._meter, self._block, self._lease = purser, meter, block, lease
        self._open, self._most = open_when_away, most_customers
        self._leases: OrderedDict[str, Lease] = OrderedDict()
        self._lock = threading.Lock()

    def refusal(self, customer: str, quantity: int = 1) -> Answer | None:
        """Spend a quantity and return None, or return why the call is refused."""
        lease = self._of(customer)
        try:
            if lease.spend(quantity):
                return None
        except Refused as problem:
            return Answer(False, "", lease.nothing, lease.nothing, problem.reason, problem.retry_after)
        found = lease.refusal or Answer(False, "", lease.nothing, lease.nothing, "unavailable", None)
        return None if found.reason == "unavailable" and self._open else found

    def settle(self) -> None:
        """Capture what was used of every lease: when the process ends, and as often as a loss is worth a request."""
        with self._lock:
            leases = list(self._leases.values())
        for each in leases:
            _settled(each)

    def _of(self, customer: str) -> Lease:
        with self._lock:
            found = self._leases.pop(customer, None)
            if found is None:
                found = Lease(self._purser, customer, meter=self._meter, quantity=self._block, **self._lease)
            self._leases[customer] = found
            old = self._leases.popitem(last=False)[1] if len(self._leases) > self._most else None
        if old is not None:
            _settled(old)
        return found


class WsgiGate:
    """A WSGI app behind a gate: `app.wsgi_app = WsgiGate(app.wsgi_app, gate, customer_of)` in Flask."""

    def __init__(self, app: WsgiApp, gate: Gate, customer_of: Callable[[Mapping[str, Any]], str | None]) -> None:
        """`customer_of` says from the environ whose call it is; None: it is not billed."""
        self._app, self._gate, self._customer_of = app, gate, customer_of

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer the call, or refuse it."""
        customer = self._customer_of(environ)
        refusal = self._gate.refusal(customer) if customer is not None else None
        if refusal is None:
            return self._app(environ, start_response)
        status, words, headers, body = _answer(refusal)
        start_response(f"{status} {words}", headers)
        return [body]


class AsgiGate:
    """An ASGI app behind a gate."""

    def __init__(self, app: AsgiApp, gate: Gate, customer_of: Callable[[Scope], str | None]) -> None:
        """`customer_of` says from the scope whose call it is; None: it is not billed."""
        self._app, self._gate, self._customer_of = app, gate, customer_of

    async def __call__(
        self, scope: Scope, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        """Answer the call, or refuse it. Purser is asked in a thread: nothing else waits for it."""
        customer = self._customer_of(scope) if scope["type"] == "http" else None
        refusal = await asyncio.to_thread(self._gate.refusal, customer) if customer is not None else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        status, _words, headers, body = _answer(refusal)
        raw = [(name.lower().encode(), value.encode()) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})


def _answer(refusal: Answer) -> tuple[int, str, list[tuple[str, str]], bytes]:
    reason = refusal.reason or "refused"
    status = 503 if reason == "unavailable" else 429 if reason in LATER else 402
    title = {402: "Payment Required", 429: "Too Many Requests", 503: "Service Unavailable"}[status]
    detail = WORDS.get(reason, "This account has no credit left for this call, or must not use any more.")
    said = {"type": "about:blank", "title": title, "status": status, "detail": detail, "reason": reason}
    body = json.dumps(said).encode()
    headers = [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body)))]
    if refusal.retry_after is not None:
        headers.append(("Retry-After", str(refusal.retry_after)))
    return status, title, headers, body


def _settled(lease: Lease) -> None:
    try:
        lease.settle()
    except (Refused, Unavailable):
        return  # kept by the lease, which tries again by itself before its hold expires
