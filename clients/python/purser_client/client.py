"""The calls of the Billing API that a host's backend makes again and again."""

import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import requests


class Unavailable(Exception):
    """No answer, or none that can be used. Whether the request was done is not known: send it again with its key."""


class Refused(Exception):
    """Purser said no: a problem document with a `status`, a `reason` for programs and a `detail` for people."""

    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.reason, self.detail = status, reason, detail


@dataclass(frozen=True)
class Answer:
    """The answer to `authorize`. Nothing but `allowed` says yes."""

    allowed: bool
    authorization: str
    credits: Decimal
    available_to_use: Decimal
    reason: str | None
    retry_after: int | None


@dataclass(frozen=True)
class Captured:
    """What a capture took, and how the authorization stands after it."""

    authorization: str
    state: str
    credits_used: Decimal
    available_to_use: Decimal


class Purser:
    """A connection to the Billing API of one Purser with one key. Threads may share it."""

    def __init__(self, url: str, key: str, *, timeout: float = 5.0) -> None:
        self._base = url.rstrip("/") + "/v1"
        self._key, self._timeout = key, timeout
        self._threads = threading.local()

    def authorize(
        self,
        customer: str,
        *,
        meter: str | None = None,
        quantity: int | None = None,
        credits: Decimal | None = None,  # noqa: A002  # the API's word
        ttl_seconds: int | None = None,
        capture: bool = False,
        key: str | None = None,
    ) -> Answer:
        """Ask whether the customer may spend a quantity of a meter, or credits. With Purser away the answer is no."""
        body = _given(
            customer=customer, meter=meter, quantity=quantity, credits=_text(credits), ttl_seconds=ttl_seconds,
            capture=capture or None,
        )  # fmt: skip
        try:
            said = self.call("POST", "/authorizations", body, key=key or uuid.uuid4().hex)
        except Unavailable:
            return Answer(False, "", Decimal(0), Decimal(0), "unavailable", None)
        return Answer(
            said["allowed"], said["authorization"], Decimal(said["credits"]), Decimal(said["available_to_use"]),
            said["reason"], said["retry_after"],
        )  # fmt: skip

    def capture(
        self,
        authorization: str,
        *,
        quantity: int | None = None,
        credits: Decimal | None = None,  # noqa: A002  # the API's word
        keep: bool = False,
    ) -> Captured:
        """Use what was held: all of it, or so much; with `keep` the rest stays held."""
        body = _given(quantity=quantity, credits=_text(credits), keep=keep or None)
        # The capture that ends a hold may be sent twice as it is; one that keeps it needs a key to count once.
        key = uuid.uuid4().hex if keep else None
        said = self.call("POST", f"/authorizations/{quote(authorization, safe='')}/capture", body, key=key)
        return Captured(
            said["authorization"], said["state"], Decimal(said["credits_used"]), Decimal(said["available_to_use"])
        )

    def release(self, authorization: str) -> None:
        """Hold it no longer."""
        self.call("POST", f"/authorizations/{quote(authorization, safe='')}/release", {})

    def report(self, events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """Report usage that has happened, up to 1,000 events; each counts once by its `id`."""
        return self.call("POST", "/usage_events", {"events": [dict(each) for each in events]})

    def balance(self, customer: str) -> dict[str, Any]:
        """Return the balance of a customer, by our id (`cus_…`)."""
        return self.call("GET", f"/customers/{quote(customer, safe='')}/balance")

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None
    ) -> dict[str, Any]:
        """Make one call, a second time where no answer came, and return what it answered.

        All that this client sends may be sent twice: by its key, by its events' ids, or by what it does.
        """
        headers = {"Idempotency-Key": key} if key else {}
        for is_last in (False, True):
            try:
                answer = self._session().request(
                    method, self._base + path, json=body, headers=headers, timeout=self._timeout, allow_redirects=False
                )
                break
            except requests.RequestException as problem:
                if is_last:
                    raise Unavailable(str(problem)) from problem
        return _read(answer)

    def _session(self) -> requests.Session:
        if not hasattr(self._threads, "session"):
            session = requests.Session()
            session.headers["Authorization"] = f"Bearer {self._key}"
            session.trust_env = False  # no proxy, and no password of a .netrc in place of the key
            self._threads.session = session
        made: requests.Session = self._threads.session
        return made


def _read(answer: requests.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, dict) or answer.status_code >= 500 or 300 <= answer.status_code < 400:
        raise Unavailable(f"status {answer.status_code}")
    if answer.status_code >= 400:
        raise Refused(answer.status_code, str(said.get("reason")), str(said.get("detail")))
    return said


def _given(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _text(credits: Decimal | None) -> str | None:  # noqa: A002  # the API's word
    return None if credits is None else f"{credits:f}"
