"""The calls of the Billing API that a host's backend makes again and again."""

import random
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import requests

from purser_client.bodies import Invalid, written
from purser_client.operations import Operations

AGAIN = {429, 503}
"""What is answered where time helps."""
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 4.0
"""Seconds before the second try, and the longest pause where no `Retry-After` says how long."""


class Unavailable(Exception):
    """No answer, or none that can be used. Whether the request was done is not known: send it again with its key.

    `retry_after` is in how many seconds, where the answer says so.
    """

    def __init__(self, words: str, *, request_id: str = "", retry_after: int | None = None) -> None:
        super().__init__(words)
        self.request_id, self.retry_after = request_id, retry_after


class Refused(Exception):
    """Purser said no: a problem document with a `status`, a `reason` for programs and a `detail` for people.

    `errors` says what is wrong with which `field` of a body; `request_id` is what to quote when you ask about it, and
    `retry_after` in how many seconds it may be sent again, where time helps.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        detail: str,
        *,
        errors: Iterable[Mapping[str, str]] = (),
        request_id: str = "",
        retry_after: int | None = None,
    ) -> None:
        self.errors = tuple(dict(each) for each in errors)
        fields = "".join(f" {each.get('field')}: {each.get('detail')}" for each in self.errors)
        super().__init__(detail + fields)
        self.status, self.reason, self.detail = status, reason, detail
        self.request_id, self.retry_after = request_id, retry_after


@dataclass(frozen=True)
class Answer:
    """The answer to `authorize`. Nothing but `allowed` says yes, and it says so of now.

    Asked again with a key whose hold is captured, released or expired meanwhile it is no, and `state` and `reason` say
    which. With `capture=True` yes is `captured`, else it is `held`, until `expires_at`.
    """

    allowed: bool
    authorization: str
    credits: Decimal
    available_to_use: Decimal
    reason: str | None
    retry_after: int | None
    state: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Rejected:
    """An event of a report that was not counted: its place in the report and its id, and why."""

    index: int
    id: str
    reason: str
    detail: str


class NotCounted(Exception):
    """Events of a report were not counted; the others were. `reported` says what became of all, `rejected` which."""

    def __init__(self, reported: "Reported") -> None:
        first = reported.rejected[0]
        super().__init__(
            f"{len(reported.rejected)} events were not counted, first number {first.index} ({first.id}): {first.detail}"
        )
        self.reported, self.rejected = reported, reported.rejected


@dataclass(frozen=True)
class Reported:
    """What became of the events of a report: counted now, counted before, and never. True if none was rejected."""

    accepted: int
    duplicates: int
    rejected: tuple[Rejected, ...]

    def __bool__(self) -> bool:
        return not self.rejected

    def raise_for_rejected(self) -> None:
        """Raise `NotCounted` if any event was rejected. Sent again as they are, they are rejected again."""
        if self.rejected:
            raise NotCounted(self)


@dataclass(frozen=True)
class Captured:
    """What a capture took, and how the authorization stands after it."""

    authorization: str
    state: str
    credits_used: Decimal
    available_to_use: Decimal


class Purser(Operations):
    """A connection to the Billing API of one Purser with one key. Threads may share it.

    Each operation is there by its resource, typed: `purser.top_ups.buy("org-17", {...}, key="order-1")`. What got no
    answer, or one that says to come back (429, 503, and 409 while the first request with a key is in progress), is sent
    again up to `retries` times with the same key; where `Retry-After` asks for more than `longest_wait` seconds, the
    answer is raised, and of a request in progress it is asked again after `longest_wait`. What cannot be sent at all is
    `Invalid`, a ValueError, at once.
    """

    def __init__(
        self, url: str, key: str, *, timeout: float = 5.0, retries: int = 2, longest_wait: float = 10.0
    ) -> None:
        self._base = url.rstrip("/") + "/v1"
        self._key, self._timeout = key, timeout
        self._retries, self._longest_wait = retries, longest_wait
        self._threads = threading.local()
        self._sleep = time.sleep
        self._connect(self)

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
        """Ask whether the customer may spend a quantity of a meter, or credits. With Purser away the answer is no.

        It is asked again at once where no answer came, and never waits: somebody waits for it.
        """
        body = _given(
            customer=customer, meter=meter, quantity=quantity, credits=_text(credits), ttl_seconds=ttl_seconds,
            capture=capture or None,
        )  # fmt: skip
        try:
            said = self.call("POST", "/authorizations", body, key=key or uuid.uuid4().hex, waits=False)
        except Unavailable as problem:
            return Answer(False, "", Decimal(0), Decimal(0), "unavailable", problem.retry_after)
        state = str(said["state"])
        allowed = bool(said["allowed"]) and state == ("captured" if capture else "held")
        return Answer(
            allowed, said["authorization"], Decimal(said["credits"]), Decimal(said["available_to_use"]),
            said["reason"] or (None if allowed else state), said["retry_after"], state, _moment(said["expires_at"]),
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
        said = self.call(
            "POST", f"/authorizations/{quote(authorization, safe='')}/capture", body, key=key, repeatable=True
        )
        return Captured(
            said["authorization"], said["state"], Decimal(said["credits_used"]), Decimal(said["available_to_use"])
        )

    def release(self, authorization: str) -> None:
        """Hold it no longer."""
        self.call("POST", f"/authorizations/{quote(authorization, safe='')}/release", {}, repeatable=True)

    def report(self, events: Iterable[Mapping[str, Any]]) -> Reported:
        """Report usage that has happened, up to 1,000 events; each counts once by its `id`.

        Look at what is `rejected`, or call `raise_for_rejected`. When all of them were, `NotCounted` is raised.
        """
        sent = [dict(each) for each in events]
        said = self.call("POST", "/usage_events", {"events": sent}, repeatable=True)
        reported = Reported(
            said["accepted"],
            said["duplicates"],
            tuple(
                Rejected(each["index"], str(sent[each["index"]].get("id", "")), each["reason"], each["detail"])
                for each in said["rejected"]
            ),
        )
        if sent and len(reported.rejected) == len(sent):
            raise NotCounted(reported)
        return reported

    def balance(self, customer: str) -> dict[str, Any]:
        """Return the balance of a customer, by our id or your own.

        `blocked_by`: why calls are refused; `forecast`: until when the credit lasts.
        """
        return self.call("GET", f"/customers/{quote(customer, safe='')}/balance")

    def each(self, path: str, **query: str | int) -> Iterator[dict[str, Any]]:
        """Yield everything that a list has, page by page, the newest first: `each("/customers", limit=200)`."""
        cursor: str | None = None
        while True:
            page = self.call("GET", path, query=query | ({} if cursor is None else {"cursor": cursor}))
            yield from page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | list[Any] | None = None,
        *,
        key: str | None = None,
        query: Mapping[str, str | int] | None = None,
        repeatable: bool = False,
        waits: bool = True,
    ) -> dict[str, Any]:
        """Make one call and return what it answered, sent again where that helps: always with the same key.

        What changes anything gets a `key` of its own where it has none, unless it is `repeatable` by what it says.
        Without `waits` only what got no answer is sent again, at once.
        """
        return _read(self._asked(method, path, body, key, query, repeatable=repeatable, waits=waits))

    def download(self, path: str, *, query: Mapping[str, str | int] | None = None) -> bytes:
        """Read a file."""
        answer = self._asked("GET", path, None, None, query, repeatable=True, waits=True)
        if answer.status_code != 200:
            _read(answer)
        return answer.content

    def _asked(
        self,
        method: str,
        path: str,
        body: object,
        key: str | None,
        query: Mapping[str, str | int] | None,
        *,
        repeatable: bool,
        waits: bool,
    ) -> requests.Response:
        key = key or (uuid.uuid4().hex if method != "GET" and not repeatable else None)
        headers = {"Idempotency-Key": key} if key else {}
        data = written(body)
        if data is not None:
            headers["Content-Type"] = "application/json"
        asked = requests.Request(method, self._base + path, data=data, params=dict(query or {}), headers=headers)
        try:
            sent = self._session().prepare_request(asked)
        except requests.RequestException as problem:  # an address or a header that cannot be one
            raise Invalid(str(problem)) from problem
        for number in range(self._retries + 1):
            is_last = number == self._retries
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**number) * random.uniform(0.5, 1)  # noqa: S311  # no secret
            try:
                answer = self._session().send(sent, timeout=self._timeout, allow_redirects=False)
            except requests.RequestException as problem:
                if is_last:
                    raise Unavailable(str(problem)) from problem
                self._sleep(pause if waits else 0)
                continue
            wait = _seconds(answer.headers.get("Retry-After", ""))
            # A request in progress may be done sooner than its `Retry-After`; a limit is not lifted sooner.
            too_long = wait is not None and wait > self._longest_wait and answer.status_code != 409
            if is_last or not waits or too_long or not _comes_back(answer):
                return answer
            self._sleep(pause if wait is None else min(wait, self._longest_wait))
        raise AssertionError("unreachable")

    def _session(self) -> requests.Session:
        if not hasattr(self._threads, "session"):
            session = requests.Session()
            session.headers["Authorization"] = f"Bearer {self._key}"
            session.trust_env = False  # no proxy, and no password of a .netrc in place of the key
            self._threads.session = session
        made: requests.Session = self._threads.session
        return made


def _read(answer: requests.Response) -> dict[str, Any]:
    if answer.status_code == 204:
        return {}
    try:
        said = answer.json()
    except ValueError:
        said = None
    request_id, wait = answer.headers.get("X-Request-Id", ""), _seconds(answer.headers.get("Retry-After", ""))
    if not isinstance(said, dict) or answer.status_code >= 500 or 300 <= answer.status_code < 400:
        raise Unavailable(f"status {answer.status_code}", request_id=request_id, retry_after=wait)
    if answer.status_code >= 400:
        errors = said.get("errors")
        raise Refused(
            answer.status_code,
            str(said.get("reason")),
            str(said.get("detail")),
            errors=[each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else (),
            request_id=str(said.get("request_id") or request_id),
            retry_after=wait,
        )
    return said


def _comes_back(answer: requests.Response) -> bool:
    """Say whether the same request may be answered otherwise in a moment."""
    if answer.status_code != 409:
        return answer.status_code in AGAIN
    try:
        said = answer.json()
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("reason") == "request_under_way"


def _seconds(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _given(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _text(credits: Decimal | None) -> str | None:  # noqa: A002  # the API's word
    return None if credits is None else f"{credits:f}"
