"""What a request of the hot calls costs the web process and the database in CPU, beside the same server's floors.

    python -m benchmarks.per_request [--keep]

CPU per request moves less than rates do where the machine does other things too; rates of the same turns are beside it.
"""

import argparse
import json
import os
from pathlib import Path
from statistics import median

from app.domain.money import MICROS, Credits
from app.services.access import api_keys
from app.services.ledger import grants
from benchmarks import report
from benchmarks.authorize import _serving
from benchmarks.busy import server_of
from benchmarks.load import Load, Work, generator, loaded
from benchmarks.places import Place, places
from benchmarks.timing import Count, Ratio
from tests.support import meters

NAME = "a request: "
ROUNDS, CLIENTS, CUSTOMERS = 5, 16, 100
FLOORS = {"flask": "the UPDATE behind Flask", "bare": "the UPDATE behind bare WSGI"}
CALLS = {
    "once": "authorize + capture in one call",
    "held": "hold, then capture, each",
    "keyed": "hold, then capture, each with an Idempotency-Key",
    "event": "a single usage event",
}


def measure(place: Place) -> list[Ratio | Count]:
    """Measure all calls by turns."""
    meters.apply()
    ids = tuple(_rich(f"Asked{number}") for number in range(CUSTOMERS))
    _key, key = api_keys.create("benchmark", ["usage:write"])
    asked = {"customer": "CUSTOMER", "credits": "0.000001"}
    event = {"id": "NUMBER", "customer": "CUSTOMER", "meter": "requests", "quantity": 7}
    calls = {
        "flask": Work(ids, "/benchmarks/floor/CUSTOMER"),
        "bare": Work(ids, "/benchmarks/bare/CUSTOMER"),
        "once": Work(ids, "/v1/authorizations", json.dumps({**asked, "capture": True})),
        "held": Work(ids, "/v1/authorizations", json.dumps(asked), "/v1/authorizations/ANSWER/capture"),
        "keyed": Work(ids, "/v1/authorizations", json.dumps(asked), "/v1/authorizations/ANSWER/capture", keyed=True),
        "event": Work(ids, "/v1/usage_events", json.dumps(event)),
    }
    took: dict[str, list[Load]] = {}
    with _serving(place) as port:
        pids = _web(port), server_of(place)
        for work in calls.values():
            loaded(port, key, work, CLIENTS, pids)
        for _ in range(ROUNDS):
            for name, work in calls.items():
                took.setdefault(name, []).append(loaded(port, key, work, CLIENTS, pids))
    return [
        each
        for call, words in CALLS.items()
        for floor, beside in FLOORS.items()
        for each in _ratios(place, (words, took[call]), (beside, took[floor]))
    ]


def _ratios(place: Place, call: tuple[str, list[Load]], floor: tuple[str, list[Load]]) -> list[Ratio]:
    (words, mine), (beside, others) = call, floor
    cpu, rate, slow = (
        [median(getattr(each, name) for each in some) for some in (mine, others)] for name in ("cpu", "rate", "slow")
    )
    one, other = (sorted(some, key=lambda each: each.cpu)[len(some) // 2].each() for some in (mine, others))
    late = f"the slowest of 100 takes {1000 * slow[0]:.0f} ms to {1000 * slow[1]:.0f} ms"
    return [
        Ratio(f"{NAME}CPU of {words} to {beside}", place.kind, cpu[0] / cpu[1], None, f"{one} to {other}"),
        Ratio(
            f"{NAME}{words} to {beside}, by {generator()}", place.kind, rate[1] / rate[0], None,
            f"{rate[0]:,.0f} a second to {rate[1]:,.0f}; {late}",
        ),
    ]  # fmt: skip


def _rich(name: str) -> str:
    customer_id: str = meters.customer(name).customer_id
    grants.give(
        customer_id, kind="promotional", credits=Credits(100_000 * MICROS), granted_by="bench", reason="Benchmark"
    )
    return customer_id


def _web(port: int) -> int:
    """Return the first process of the server that listens there: it was started here, with the port among its words."""
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            try:
                parent = (each / "stat").read_text().rpartition(")")[2].split()[1]
                words = (each / "cmdline").read_bytes().split(b"\0")
            except OSError:  # it has ended
                continue
            if parent == str(os.getpid()) and str(port).encode() in words:
                return int(each.name)
    raise RuntimeError("the server has no process")


def main() -> None:
    """Measure it alone, on both databases."""
    os.environ.setdefault("LOG_FORMAT", "console")
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", action="store_true", help="put the rows into results.md and results.json")
    given = parser.parse_args()
    found = list[Ratio | Count]()
    with places() as offered:
        for place in offered:
            rows = measure(place)
            print("\n".join(report.lines(rows, [place.version])), flush=True)
            found += rows
    if given.keep:
        report.replace(NAME, found)


if __name__ == "__main__":
    main()
