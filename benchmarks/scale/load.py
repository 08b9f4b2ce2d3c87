"""Clients that ask until they are answered, as a host product does, and keep what was acknowledged to them."""

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CLIENTS, BATCH = 8, 100
PATIENCE = 90.0
"""Seconds for which a client asks again, with the same key: longer than the lease of a request that nobody works on."""
AGAIN, AT_MOST = 0.1, 3.0
"""Seconds before it asks again, and the most where the answer says when."""
EXPORT = "CSV export"
OK = frozenset({200, 201})
LATER = frozenset({409, 429, 500, 502, 503, 504})
"""What is answered while the database is away, or while the same request is still under way."""
AS_OF, SOURCE = "Purser-Data-As-Of", "Purser-Data-Source"


@dataclass(frozen=True)
class Call:
    """What a client asks."""

    kind: str
    method: str
    path: str
    key: str = ""
    body: str = ""


@dataclass(frozen=True)
class Acknowledged:
    """What was answered, and when."""

    call: Call
    at: float
    seconds: float
    tries: int
    said: str
    source: str
    as_of: str


@dataclass(frozen=True)
class Refused:
    """What was not answered: why, and when to ask again."""

    why: str
    wait: float


@dataclass
class Answers:
    """What all clients were outcome."""

    acknowledged: list[Acknowledged] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    given_up: list[Call] = field(default_factory=list)

    def of(self, kind: str) -> list[Acknowledged]:
        """Return what was acknowledged of a kind."""
        return [each for each in self.acknowledged if each.call.kind == kind]


@dataclass(frozen=True)
class Access:
    """How the clients get in: a key for programs, and the cookie of somebody signed in."""

    key: str
    cookie: str


class Clients:
    """Clients that share the web processes among them."""

    def __init__(self, webs: list[str], access: Access) -> None:
        self._hosts = [urlsplit(each).netloc for each in webs]
        self._program = {"Authorization": f"Bearer {access.key}", "Content-Type": "application/json"}
        self._person = {"Cookie": access.cookie}

    @contextmanager
    def asking(self, calls: Callable[[int], Iterator[Call]], clients: int = CLIENTS) -> Iterator[Answers]:
        """Let the clients ask inside the block; at its end each waits for its last answer."""
        answers, stop = Answers(), threading.Event()
        threads = [
            threading.Thread(target=self._ask, args=(number, calls(number), answers, stop)) for number in range(clients)
        ]
        for each in threads:
            each.start()
        try:
            yield answers
        finally:
            stop.set()
            for each in threads:
                each.join()

    def _ask(self, number: int, calls: Iterator[Call], answers: Answers, stop: threading.Event) -> None:
        hosts = itertools.cycle(self._hosts[number % len(self._hosts) :] + self._hosts[: number % len(self._hosts)])
        connection = http.client.HTTPConnection(next(hosts), timeout=15)
        for call in calls:
            began = time.monotonic()
            for tries in itertools.count(1):
                try:
                    done = self._once(connection, call, began, tries)
                except (OSError, http.client.HTTPException) as problem:
                    done = Refused(type(problem).__name__, AGAIN)
                if isinstance(done, Acknowledged):
                    answers.acknowledged.append(done)
                    break
                answers.refused[f"{call.kind}: {done.why}"] += 1
                if time.monotonic() - began > PATIENCE:
                    answers.given_up.append(call)
                    break
                connection.close()
                connection = http.client.HTTPConnection(next(hosts), timeout=15)
                time.sleep(done.wait)
            if stop.is_set():  # asked after a call: each client has at least one answer
                break
        connection.close()

    def _once(
        self, connection: http.client.HTTPConnection, call: Call, began: float, tries: int
    ) -> Acknowledged | Refused:
        headers = dict(self._program if call.path.startswith("/v1/") else self._person)
        if call.key:
            headers["Idempotency-Key"] = call.key
        connection.request(call.method, call.path, call.body or None, headers)
        answer = connection.getresponse()
        said = answer.read().decode()
        if answer.status in OK:
            now = time.monotonic()
            noted = answer.headers.get(SOURCE, ""), answer.headers.get(AS_OF, "")
            return Acknowledged(call, now, now - began, tries, said, *noted)
        if answer.status not in LATER:
            raise RuntimeError(f"{call.method} {call.path}: {answer.status} {said[:300]}")
        return Refused(str(answer.status), min(AT_MOST, float(answer.headers.get("Retry-After", AGAIN))))


class Calls:
    """The calls of a run: each has a key that no other has."""

    def __init__(self, name: str, customers: list[str]) -> None:
        self._name, self._customers, self._numbers = name, customers, itertools.count()

    def _next(self, kind: str) -> tuple[str, str]:
        number = next(self._numbers)
        return f"{self._name}-{kind}-{number}", self._customers[number % len(self._customers)]

    def authorization(self) -> Call:
        """Authorize and capture one unit in one call."""
        key, customer = self._next("authorization")
        body = {"customer": customer, "meter": "requests", "quantity": 1, "capture": True}
        return Call("authorize + capture", "POST", "/v1/authorizations", key, json.dumps(body))

    def event(self) -> Call:
        """Report one unit."""
        key, customer = self._next("event")
        body = {"id": key, "customer": customer, "meter": "requests", "quantity": 1}
        return Call("usage event", "POST", "/v1/usage_events", "", json.dumps(body))

    def batch(self) -> Call:
        """Report a batch of single units, each of another customer."""
        named = [self._next("batch") for _ in range(BATCH)]
        events = [{"id": key, "customer": customer, "meter": "requests", "quantity": 1} for key, customer in named]
        return Call(f"{BATCH} usage events", "POST", "/v1/usage_events", "", json.dumps({"events": events}))

    def grant(self) -> Call:
        """Give a cent of credit."""
        key, customer = self._next("grant")
        body = json.dumps({"credits": "0.01", "reason": "Load"})
        return Call("grant of credit", "POST", f"/v1/customers/{customer}/credit_grants", key, body)

    def page(self) -> Call:
        """Open the Overview."""
        return Call("Overview", "GET", "/billing")

    def export(self) -> Call:
        """Export the balance history."""
        return Call(EXPORT, "GET", "/billing/balance-history.csv?view=rows")

    def mixed(self, number: int) -> Iterator[Call]:
        """Yield what a client asks: mostly authorizations and events, sometimes a grant, a page or an export."""
        turns: list[Callable[[], Call]] = [self.authorization, self.event] * 4 + [self.grant, self.page]
        if number == 0:
            turns = [self.export, self.page, self.grant]
        return (turn() for turn in itertools.cycle(turns))
