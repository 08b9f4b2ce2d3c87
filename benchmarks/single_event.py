"""What a single usage event costs over HTTP, beside a route of the same server with one guarded `UPDATE … RETURNING`.

    python -m benchmarks.single_event

Clients and server share the machine; the ratio is what counts. Alone it prints its figures; `make bench` has them too.
"""

import http.client
import itertools
import json
import os
from statistics import median

from app.services.access import api_keys
from benchmarks.authorize import CLIENTS, SECONDS, Call, _loaded, _post, _rates, _serving
from benchmarks.places import Place, places
from benchmarks.timing import Count, Ratio
from tests.support import meters

ROUNDS = 5
CUSTOMERS = 200
GOALS = {"postgresql": 1.0, "sqlite": 1 / 0.8}


def measure(place: Place) -> list[Ratio | Count]:
    """Measure events of many customers, each a request, and the floor of as many requests."""
    meters.apply()
    with place.app.app_context():
        ids = [meters.customer(f"Single{number}").customer_id for number in range(CUSTOMERS)]
        _key, key = api_keys.create("benchmark", ["usage:write"])
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    names = itertools.count()

    def report(connection: http.client.HTTPConnection, number: int) -> None:
        event = {"id": f"single-{next(names)}", "customer": ids[number % CUSTOMERS], "meter": "requests", "quantity": 7}
        _post(connection, "/v1/usage_events", json.dumps({**event, "properties": {"path": "/v1/things"}}), headers)

    def floor(connection: http.client.HTTPConnection, number: int) -> None:
        _post(connection, f"/benchmarks/floor/{ids[number % CUSTOMERS]}", "", headers)

    rates: dict[str, list[float]] = {}
    with _serving(place) as port:
        for call in (report, floor):
            _loaded(port, call, CLIENTS)
        for _ in range(ROUNDS):
            calls: tuple[tuple[str, Call], ...] = (("floor", floor), ("single", report))
            for name, call in calls:
                rates.setdefault(name, []).append(len(_loaded(port, call, CLIENTS)) / SECONDS)
    single, base = median(rates["single"]), median(rates["floor"])
    what = "single event over HTTP to a guarded UPDATE … RETURNING"
    return [Ratio(what, place.kind, base / single, GOALS[place.kind], _rates(single, base))]


def main() -> None:
    """Measure on both databases and print it."""
    os.environ.setdefault("LOG_FORMAT", "console")
    with places() as offered:
        for place in offered:
            for each in measure(place):
                print(each, each.verdict)


if __name__ == "__main__":
    main()
