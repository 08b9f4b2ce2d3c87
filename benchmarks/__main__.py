"""`make bench`: measure everything on both databases, print it, and keep it in results.md and results.json."""

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
    recharge,
    report,
    single_event,
    verify,
)
from benchmarks.places import Place, places
from benchmarks.rivals import work as rivals
from benchmarks.timing import Count, Ratio


def main() -> None:
    """Run all benchmarks."""
    found: list[Ratio | Count] = []
    versions = []
    with places() as offered:
        for place in offered:
            print(f"{place.version}: writing a history of {history.LONG:,} rows", flush=True)
            found += _measured(place)
            if not versions:  # what no database has a part in, or next to none, is measured once
                found += documents.measure_drawing(place)
                found += paint.measure(place)
            versions.append(place.version)
    report.write(found, versions)
    print("\n".join(report.lines(found, versions)))


def _measured(place: Place) -> list[Ratio | Count]:
    long, _actor, long_browser = place.customer("Long")
    short, _actor, short_browser = place.customer("Short")
    spender, actor, _browser = place.customer("Spender")
    scratch, _actor, _browser = place.customer("Scratch")
    empty, _actor, _browser = place.customer("Empty")
    filling.fill(place, long, history.LONG, salt=1)
    filling.fill(place, short, history.SHORT, salt=2)
    found: list[Ratio | Count] = [*history.measure(place, (long, long_browser), (short, short_browser))]
    found += exports.measure(place, long.customer_id, long_browser)
    found += ledger.measure(place, spender, actor, scratch)
    found += recharge.measure(place)
    found += verify.measure(place, short.customer_id, empty.customer_id)
    found += overview.measure(place, long_browser, short_browser)
    found += badge.measure(place, long_browser)
    found += invoices.measure(place)
    found += documents.measure(place)
    found += month_end.measure(place)
    found += midnight.measure(place)
    found += ingest.measure(place)
    found += authorize.measure(place)
    found += single_event.measure(place)
    found += rivals.measure(place)
    return found


if __name__ == "__main__":
    main()
