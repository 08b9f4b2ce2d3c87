"""What an authorization costs over HTTP, beside a route of the same server that does one guarded `UPDATE … RETURNING`.

    python -m benchmarks.authorize

Clients and server share the machine; the ratio is what counts. Alone it prints its figures; `make bench` has them too.
"""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from statistics import median, quantiles

from app.domain.money import MICROS, Credits
from app.services.access import api_keys
from app.services.ledger import grants
from benchmarks.places import Place, places
from benchmarks.timing import Count, Ratio
from tests.support import cast
from tests.support.databases import environment
from tests.support.server import ROOT, free_port

ROUNDS = 5
SECONDS = 1.0
CLIENTS, CROWD, CUSTOMERS = 16, 64, 200
BLOCK, UNIT = Decimal(50), Decimal("0.1")

Call = Callable[[http.client.HTTPConnection, int], None]
Rates = dict[str, list[float]]


def measure(place: Place) -> list[Ratio | Count]:
    """Measure on the database of this place: many customers, one that all clients ask about, and a lease."""
    ids = [_rich(f"Load{number}") for number in range(CUSTOMERS)]
    _key, key = api_keys.create("benchmark", ["usage:write"])
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def authorize(connection: http.client.HTTPConnection, number: int) -> None:
        body = json.dumps({"customer": ids[number % CUSTOMERS], "credits": "0.000001"})
        held = _post(connection, "/v1/authorizations", body, headers)["authorization"]
        _post(connection, f"/v1/authorizations/{held}/capture", "", headers)

    def once(connection: http.client.HTTPConnection, number: int) -> None:
        body = json.dumps({"customer": ids[number % CUSTOMERS], "credits": "0.000001", "capture": True})
        _post(connection, "/v1/authorizations", body, headers)

    def hot(connection: http.client.HTTPConnection, _number: int) -> None:
        once(connection, 0)

    def floor(connection: http.client.HTTPConnection, number: int) -> None:
        _post(connection, f"/benchmarks/floor/{ids[number % CUSTOMERS]}", "", headers)

    def hot_floor(connection: http.client.HTTPConnection, _number: int) -> None:
        floor(connection, 0)

    def bare(connection: http.client.HTTPConnection, number: int) -> None:
        _post(connection, f"/benchmarks/bare/{ids[number % CUSTOMERS]}", "", headers)

    rates: Rates = {}
    slowest: dict[str, list[float]] = {}
    with _serving(place) as port, _leasing(f"http://127.0.0.1:{port}", key, ids[1]) as lease:
        _loaded(port, authorize, CLIENTS)  # terms are looked up, and plans made, once
        for _ in range(ROUNDS):
            for name, call, clients in (
                ("floor", floor, CLIENTS), ("bare", bare, CLIENTS), ("once", once, CLIENTS),
                ("many", authorize, CLIENTS), ("hot", hot, CLIENTS), ("crowd", hot, CROWD),
                ("crowd floor", hot_floor, CROWD),
            ):  # fmt: skip
                took = _loaded(port, call, clients)
                rates.setdefault(name, []).append((2 if call is authorize else 1) * len(took) / SECONDS)
                slowest.setdefault(name, []).append(quantiles(took, n=100)[98])
            rates.setdefault("lease", []).append(_leased(lease))
    found = {name: median(each) for name, each in rates.items()}
    tail = {name: median(each) for name, each in slowest.items()}
    on_postgresql = place.kind == "postgresql"

    def ratio(words: str, of: str, to: str, goal: float) -> Ratio:
        return Ratio(words, place.kind, found[to] / found[of], goal, _rates(found[of], found[to]))

    late = f"the slowest of 100 takes {1000 * tail['once']:.0f} ms to {1000 * tail['floor']:.0f} ms"
    least = 1 / 1.2 if on_postgresql else 1.0
    return [
        ratio("authorize + capture in one call to a guarded UPDATE … RETURNING behind Flask", "once", "floor", least),
        ratio("authorize + capture in one call to a guarded UPDATE … RETURNING behind bare WSGI", "once", "bare", 2.0),
        Ratio("the slowest of 100, to the UPDATE's behind Flask", place.kind, tail["once"] / tail["floor"], 2.0, late),
        ratio("hold, then capture, to a guarded UPDATE … RETURNING behind Flask each", "many", "floor", least),
        ratio("authorize: many customers to one, 16 clients", "hot", "once", 1.67),
        ratio("authorize, one customer: 16 clients to 64", "crowd", "hot", 1.25),
        ratio("authorize, one customer, 64 clients, to the UPDATE of one row", "crowd", "crowd floor", 1.0),
        ratio("lease in the client to a request each", "lease", "many", 0.05),
    ]  # fmt: skip


def _rates(one: float, other: float) -> str:
    return f"{one:,.0f} a second to {other:,.0f} a second"


def _rich(name: str) -> str:
    customer = cast.make_customer(name)
    credit = Credits(100_000 * MICROS)
    grants.give(customer.customer_id, kind="promotional", credits=credit, granted_by="benchmark", reason="Benchmark")
    return customer.customer_id


def _post(connection: http.client.HTTPConnection, path: str, body: str, headers: dict[str, str]) -> dict[str, str]:
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    said: dict[str, str] = json.loads(answer.read())
    if answer.status != 200 or said.get("allowed") is False:
        raise RuntimeError(f"{answer.status} {said}")
    return said


def _loaded(port: int, call: Call, clients: int) -> list[float]:
    """Let so many clients call for a while; return how long each call took."""
    until = time.perf_counter() + SECONDS

    def client(number: int) -> list[float]:
        connection, took = http.client.HTTPConnection("127.0.0.1", port, timeout=30), []
        while (began := time.perf_counter()) < until:
            call(connection, number)
            took.append(time.perf_counter() - began)
            number += clients
        connection.close()
        return took

    with ThreadPoolExecutor(clients) as threads:
        return [each for took in threads.map(client, range(clients)) for each in took]


@contextmanager
def _leasing(url: str, key: str, customer_id: str) -> Iterator[Callable[[], bool]]:
    sys.path.insert(0, str(ROOT / "clients" / "python"))
    from purser_client import Lease, Purser

    with Lease(Purser(url, key), customer_id, credits=BLOCK) as lease:
        yield lambda: lease.spend(UNIT)
    sys.path.pop(0)


def _leased(spend: Callable[[], bool]) -> float:
    """Return how many times a second a lease is spent from, with the requests that it makes."""
    began, done = time.perf_counter(), 0
    while time.perf_counter() < began + SECONDS:
        if not spend():
            raise RuntimeError("the lease was refused")
        done += 1
    return done / (time.perf_counter() - began)


@contextmanager
def _serving(place: Place) -> Iterator[int]:
    """Serve the portal and the floor's route by granian, one process with 16 threads."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += [
        "--workers",
        "1",
        "--workers-kill-timeout",
        "5",
        "--blocking-threads",
        "16",
        "--http",
        "1",
        "--no-ws",
        "--log-level",
        "warning",
        "benchmarks.served:app",
    ]
    environ = environment(place.settings, API_CALLS_PER_MINUTE="1000000000", LOG_FORMAT="json")  # as a server writes
    with tempfile.TemporaryDirectory() as directory, (Path(directory) / "log").open("w+b") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
        try:
            _wait(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            threading.Event().wait(0.1)
    raise RuntimeError("the server does not answer")


def main() -> None:
    """Measure on both databases and print it."""
    os.environ.setdefault("LOG_FORMAT", "console")
    with places() as offered:
        for place in offered:
            for each in measure(place):
                print(each, each.verdict)


if __name__ == "__main__":
    main()
