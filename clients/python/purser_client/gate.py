"""Refuse calls at the limit, before the host serves them: for Flask and any other WSGI app, and for ASGI apps.

One lease for each customer spends a block in this process, so that most calls ask nobody.
"""

import asyncio
import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any

from purser_client.client import Answer, Purser, Refused, Unavailable
from purser_client.lease import Lease

LATER = {"daily_limit", "plan_limit"}
"""Refusals that time or a higher limit lifts: 429."""
ACCOUNT = LATER | {"insufficient_credits", "suspended", "closed"}
"""What Purser refuses a customer's account; the rest of these wants credit or an invoice paid: 402."""
WORDS = {
    "unavailable": "Billing is not available right now. Try again in a moment.",
    "daily_limit": "The daily limit is reached.",
}
OF_THE_KEY = {"unauthorized", "forbidden", "rate_limited"}
"""Problems that every customer's calls have: they are logged once for all of them."""
LOGGED_EVERY, MOST_LOGGED = 60.0, 1_000
log = logging.getLogger(__name__)
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
        """Spend units of a `meter` in blocks. `open_when_away` lets calls through while Purser cannot be asked.

        That is so while it cannot be reached, and where it refuses your request and not the customer: a bad key, an
        unknown meter or customer. Such a problem is logged. What is let through is not billed by the gate: report it.
        More than `most_customers` leases are not kept: the one that was used the longest ago is settled.
        """
        self._purser, self._meter, self._block, self._lease = purser, meter, block, lease
        self._open, self._most = open_when_away, most_customers
        self._leases: OrderedDict[str, Lease] = OrderedDict()
        self._logged = dict[tuple[str, str], float]()
        self._lock = threading.Lock()

    def refusal(self, customer: str, quantity: int = 1) -> Answer | None:
        """Spend a quantity and return None, or return why the call is refused.

        The reason is that of the customer's account, or `unavailable` where the account could not be judged.
        """
        lease = self._of(customer)
        try:
            if lease.spend(quantity):
                return None
            found, problem = lease.refusal, lease.problem
        except Refused as refused:
            found, problem = None, refused
        if problem is not None and problem.status != 200 and problem.reason not in ACCOUNT:
            self._log(customer, problem)
            found = _away(problem.retry_after)
        found = found or _away(None)
        return None if found.reason == "unavailable" and self._open else found

    def _log(self, customer: str, problem: Refused) -> None:
        """Say what is wrong with the host's requests: its customers do not read it. Each call would repeat it."""
        kind = problem.reason, "" if problem.reason in OF_THE_KEY else str(customer)
        with self._lock:
            now = time.monotonic()
            if now - self._logged.get(kind, -LOGGED_EVERY) < LOGGED_EVERY:
                return
            if len(self._logged) >= MOST_LOGGED:
                self._logged.clear()
            self._logged[kind] = now
        log.error(
            "calls of %r on %r %s: Purser answers %d %s: %s (request %s)",
            customer, self._meter, "are served unbilled" if self._open else "are answered with 503",
            problem.status, problem.reason, problem, problem.request_id or "unknown",
        )  # fmt: skip

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
    """An ASGI app behind a gate: a request is a call, and so is a websocket when it connects."""

    def __init__(self, app: AsgiApp, gate: Gate, customer_of: Callable[[Scope], str | None]) -> None:
        """`customer_of` says from the scope, of `http` or `websocket`, whose call it is; None: it is not billed."""
        self._app, self._gate, self._customer_of = app, gate, customer_of

    async def __call__(
        self, scope: Scope, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        """Answer the call, or refuse it. Purser is asked in a thread: nothing else waits for it."""
        customer = self._customer_of(scope) if scope["type"] in {"http", "websocket"} else None
        refusal = await asyncio.to_thread(self._gate.refusal, customer) if customer is not None else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        status, _words, headers, body = _answer(refusal)
        raw = [(name.lower().encode(), value.encode()) for name, value in headers]
        kind = "http"
        if scope["type"] == "websocket":
            await receive()  # `websocket.connect`
            if "websocket.http.response" not in (scope.get("extensions") or {}):
                await send({"type": "websocket.close", "code": 1008, "reason": refusal.reason})  # the server says 403
                return
            kind = "websocket.http"
        await send({"type": f"{kind}.response.start", "status": status, "headers": raw})
        await send({"type": f"{kind}.response.body", "body": body})


def _away(retry_after: int | None) -> Answer:
    return Answer(False, "", Lease.nothing, Lease.nothing, "unavailable", retry_after)


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
