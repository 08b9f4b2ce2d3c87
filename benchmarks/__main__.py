"""`make bench`: measure everything on both databases, print it, and keep it as results and history."""

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks import (
    authorize,
    badge,
    documents,
    exports,
    filling,
    history,
    ingest,
    invoices,
    ledger,
    midnight,
    month_end,
    overview,
    paint,
    per_request,
    recharge,
    releases,
    report,
    single_event,
    verify,
)
from benchmarks.places import Place, places
from benchmarks.rivals import work as rivals
from benchmarks.timing import Count, Ratio

MONTHS = 30_000
"""So many customers are run at a month's end: of the 100,000 that it measures alone, ten minutes go."""


def main() -> None:
    """Run all benchmarks, or those that are named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="+", default=[], metavar="PART", help="these alone")
    parser.add_argument(
        "--keep", action="store_true", help="with --only: put these rows in place of those of their names"
    )
    given = parser.parse_args()
    only = given.only
    found: list[Ratio | Count] = []
    versions = []
    began = time.monotonic()
    with places() as offered:
        for place in offered:
            for name, measure in _parts(place, is_first=not versions):
                if only and name not in only:
                    continue
                since = time.monotonic()
                found += measure()
                print(f"{place.kind}: {name} took {time.monotonic() - since:.0f} s", flush=True)
            versions.append(place.version)
    if not only or given.keep:
        if only:
            report.renew(found)
        else:
            report.write(found, versions)
        releases.keep(releases.NEXT, (report.HERE / "results.json").read_text())
    print("\n".join(report.lines(found, versions)))
    print(f"All of it took {time.monotonic() - began:.0f} s.")


def _parts(place: Place, *, is_first: bool) -> Iterator[tuple[str, Callable[[], list[Ratio | Count]]]]:
    """Yield what is measured on a database, part by part."""
    long, _actor, long_browser = place.customer("Long")
    short, _actor, short_browser = place.customer("Short")
    spender, actor, _browser = place.customer("Spender")
    scratch, _actor, _browser = place.customer("Scratch")
    empty, _actor, _browser = place.customer("Empty")
    print(f"{place.version}: writing a history of {history.LONG:,} rows", flush=True)
    filling.fill(place, long, history.LONG, salt=1)
    filling.fill(place, short, history.SHORT, salt=2)
    yield "history", lambda: [*history.measure(place, (long, long_browser), (short, short_browser))]
    yield "exports", lambda: exports.measure(place, long.customer_id, long_browser)
    yield "ledger", lambda: ledger.measure(place, spender, actor, scratch)
    yield "verify", lambda: verify.measure(place, short.customer_id, empty.customer_id)
    yield "overview", lambda: overview.measure(place, long_browser, short_browser)
    yield "badge", lambda: badge.measure(place, long_browser)
    yield "month_end", partial(month_end.measure, place, most=MONTHS)
    for part in (recharge, invoices, documents, midnight, ingest, authorize, single_event, per_request):
        yield part.__name__.rpartition(".")[2], partial(part.measure, place)
    yield "rivals", partial(rivals.measure, place)
    if is_first:  # what no database has a part in, or next to none, is measured once
        yield "drawing", partial(documents.measure_drawing, place)
        yield "paint", partial(paint.measure, place)


if __name__ == "__main__":
    main()
