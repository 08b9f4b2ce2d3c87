"""The sandbox's wire: a transport for the real SDK that answers like Stripe, from the database instead of a network."""

import hashlib
import json
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

import stripe
from requests.structures import CaseInsensitiveDict

from app import clock
from app.gateways.sandbox import faults, scheduled
from app.gateways.sandbox.errors import Refusal, wrong_parameter
from app.gateways.sandbox.paging import expanded
from app.gateways.sandbox.parameters import Params, carries_card_number, checked, parse
from app.gateways.sandbox.routes import Call, Handler, routed
from app.gateways.sandbox.store import Body, new_id, opened, public

KEY_LIFETIME = timedelta(hours=24)
Answer = tuple[str | bytes, int, Mapping[str, str]]


class SandboxTransport(stripe.HTTPClient):
    """Answers each request of the SDK from the sandbox's tables."""

    name: ClassVar[str] = "sandbox"

    def __init__(self, database_url: str, base_url: str, api_key: str) -> None:
        super().__init__()
        self._database_url, self._base_url, self._api_key = database_url, base_url, api_key
        self._guard, self._busy = threading.Lock(), set[str]()

    def _sleep_time_seconds(self, num_retries: int) -> float:  # noqa: ARG002  # named by the SDK
        """Repeat at once: nobody is spared load by waiting for a table."""
        return 0.0

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> Any:  # bytes too, as over a network, where the SDK's base class says text
        """Answer one request, or fail the way a connection does."""
        parts, known = urlsplit(url), CaseInsensitiveDict(headers or {})
        key = known.get("Idempotency-Key", "")
        name, spec, handler, ids = routed(method, parts.path)
        with opened(self._database_url) as store:
            planned = faults.take(store, name, "*") if name else ""
            is_due = scheduled.is_due(store)
        if is_due:
            scheduled.pass_by(self._database_url)
        fault = planned.removeprefix(faults.FLAKY)
        if fault in faults.BEFORE:
            return self._broken(planned, url)
        twist = fault if fault in faults.TWISTS else ""
        encoded = str(post_data or "") if method == "post" else parts.query
        with self._guard:
            if key and key in self._busy:
                return _error(
                    409,
                    "There is currently another in-progress request using this Idempotent Key.",
                    kind="idempotency_error",
                    code="idempotency_key_in_use",
                )
            self._busy.add(key)
        try:
            if known.get("Authorization") != f"Bearer {self._api_key}":
                return _error(401, "Invalid API Key provided.")
            if not handler:
                return _error(404, f"Unrecognized request URL ({method.upper()}: {parts.path}).")
            answer = self._execute(f"{method} {parts.path}", encoded, key, spec, handler, ids, twist)
        finally:
            with self._guard:
                self._busy.discard(key)
        return self._broken(planned, url) if fault in faults.AFTER else answer

    def _execute(
        self, line: str, encoded: str, key: str, spec: Any, handler: Handler, ids: tuple[str, ...], twist: str
    ) -> Answer:
        """Execute a request once for its key: the same again is answered the same, another with it is refused."""
        digest = hashlib.sha256(f"{line}?{encoded}".encode()).hexdigest()
        writes = line.startswith("post ")
        with opened(self._database_url) as store:
            before = store.answer_of(key) if writes and key else None
            if before is not None and before[3] > clock.now() - KEY_LIFETIME:
                if before[0] != digest:
                    return _error(
                        400,
                        "Keys for idempotent requests can only be used with the same parameters they were "
                        "first used with.",
                        kind="idempotency_error",
                    )
                return _answer(
                    before[1], json.loads(before[2])["answer"], {"Idempotent-Replayed": "true", "Idempotency-Key": key}
                )
            params: Params = {}
            try:
                carried = parse(encoded)
                if carries_card_number(carried):
                    raise wrong_parameter(
                        "Sending credit card numbers directly to the Stripe API is generally unsafe.", "card"
                    )
                params = carried
                call = Call(checked(params, spec), self._base_url, key, twist)
                made = public(handler(store, call, *ids))
                status, body, executed = 200, expanded(store, made, call.params.get("expand", [])), True
            except Refusal as refusal:
                status, body, executed = refusal.status, {"error": refusal.error}, refusal.executed
            if writes:
                # What was not executed is kept to be looked at, under a name of its own: it is not replayed.
                kept_as = key if key and executed else new_id("req")
                sent_with = {"key": key, "line": line, "params": params, "answer": body}
                store.remember(kept_as, digest, status, json.dumps(sent_with))
        return _answer(status, body, {"Idempotency-Key": key} if key else {})

    def _broken(self, planned: str, url: str) -> Answer:
        faults.strike(planned, url)
        again = {"Stripe-Should-Retry": str(planned.startswith(faults.FLAKY)).lower()}
        match planned.removeprefix(faults.FLAKY):
            case "409":
                return _error(
                    409,
                    "This object cannot be accessed right now because another API request or Stripe process is "
                    "currently accessing it.",
                    code="lock_timeout",
                    headers=again,
                )
            case "429":
                return _error(429, "Request rate limit exceeded.", code="rate_limit", headers=again)
            case "garbled_after":
                return b'{"id": "\xff\xfe', 200, CaseInsensitiveDict({"Content-Type": "application/json"})
            case _:
                return _error(500, "An unknown error occurred.", kind="api_error", headers=again)


def _error(
    status: int,
    message: str,
    *,
    kind: str = "invalid_request_error",
    code: str = "",
    headers: dict[str, str] | None = None,
) -> Answer:
    error = {"type": kind, "message": message}
    if code:
        error["code"] = code
    return _answer(status, {"error": error}, headers or {})


def _answer(status: int, body: Body, headers: dict[str, str]) -> Answer:
    known = {
        "Content-Type": "application/json",
        "Request-Id": new_id("req"),
        "Stripe-Version": stripe.api_version or "",
    }
    return json.dumps(body), status, CaseInsensitiveDict({**known, **headers})
