"""The balance history and the proof of one customer beside ten million rows of another, on PostgreSQL, in CPU.

`python -m benchmarks.long_ledger [ROWS]` measures it, in a quarter of an hour: it is no part of `make bench`.
"""

import sys
import time
from collections.abc import Callable
from statistics import median

from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer
from app.services.balance import history
from app.services.balance.history import HistoryQuery
from app.services.verification import verify
from benchmarks import filling
from benchmarks.busy import Busy, measured
from benchmarks.history import SHORT
from benchmarks.places import Place, places

ROWS, ROUNDS, TIMES, PROOFS = 10_000_000, 9, 100, 2


def measure(place: Place, rows: int) -> None:
    """Fill the ledger, and say what pages and the proof of a customer of 1,000 rows cost."""
    (long, *_), (short, *_) = place.customer("Long"), place.customer("Short")
    began = time.perf_counter()
    with filling.without_indexes(place):
        filling.fill(place, long, rows, 1)
        filling.fill(place, short, SHORT, 2)
    print(f"{place.version}: filled with {rows:,} rows in {time.perf_counter() - began:.0f} s", flush=True)
    pages = {
        "first page": _page(place, long, None),
        f"page at depth {rows // 2:,}": _page(place, long, rows // 2),
        "oldest page": _page(place, long, 27),
        f"first page of {SHORT:,} rows": _page(place, short, None),
    }
    for name, cpu in _medians(place, pages, TIMES).items():
        print(f"{name}: {cpu * 1000:.2f} ms of CPU", flush=True)
    for name, cpu in _medians(place, {"verify": lambda: verify.verify(short.customer_id)}, PROOFS).items():
        print(f"{name} of one of {SHORT:,} rows: {cpu * 1000:.0f} ms of CPU", flush=True)


def _page(place: Place, customer: Customer, before: int | None) -> Callable[[], object]:
    def read() -> None:
        with place.app.app_context(), as_customer(customer.customer_id):
            assert len(history.history(HistoryQuery(before=before)).entries) == 25
            db.session.rollback()

    return read


def _medians(place: Place, tasks: dict[str, Callable[[], object]], times: int) -> dict[str, float]:
    """Return what each costs once, in turns."""
    took: dict[str, list[Busy]] = {name: [] for name in tasks}
    for task in tasks.values():
        task()
    for number in range(ROUNDS):
        for name in list(tasks) if number % 2 else reversed(tasks):
            took[name].append(measured(place, lambda name=name: [tasks[name]() for _ in range(times)]))  # type: ignore[misc]  # of this turn
    return {name: median(each.cpu for each in found) / times for name, found in took.items()}


def main() -> None:
    """Measure it on PostgreSQL; SQLite, which comes first, is passed over."""
    with places() as offered:
        for place in offered:
            if place.kind == "postgresql":
                measure(place, int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)


if __name__ == "__main__":
    main()
