"""The proof of one customer beside a long ledger of others, in seconds of CPU of the process and of the database.

`python -m benchmarks.verify` measures it alone, and with `--keep` puts it into the results.
"""

import sys
from collections.abc import Callable
from statistics import median

from sqlalchemy import text

from app.models.database import Base
from app.services.verification import verify
from benchmarks import filling, report
from benchmarks.busy import Busy, measured
from benchmarks.history import LONG, SHORT
from benchmarks.places import Place, places
from benchmarks.timing import Count, Ratio

PART = "verify"
ROUNDS, TIMES = 5, 4


def measure(place: Place, short_id: str, empty_id: str) -> list[Ratio | Count]:
    """Measure the proofs of a customer of 1,000 rows and of one without any, beside one of a million."""
    tasks = {
        "short": lambda: verify.verify(short_id),
        "empty": lambda: verify.verify(empty_id),
        "rows": _rows(place, short_id),
    }
    for task in tasks.values():
        task()
    took: dict[str, list[Busy]] = {name: [] for name in tasks}
    for number in range(ROUNDS):
        for name in sorted(tasks, reverse=bool(number % 2)):
            took[name].append(measured(place, lambda name=name: [tasks[name]() for _ in range(TIMES)]))  # type: ignore[misc]  # of this turn
    cpu = {name: median(each.cpu for each in found) / TIMES for name, found in took.items()}
    return [
        Ratio(
            f"{PART} --customer: one of {SHORT:,} rows to one without any, beside {LONG:,} of another, CPU", place.kind,
            cpu["short"] / cpu["empty"], None, f"{cpu['short'] * 1000:.0f} to {cpu['empty'] * 1000:.0f} ms",
        ),
        Ratio(
            f"{PART} --customer: one of {SHORT:,} rows to the bare read of all its rows, CPU", place.kind,
            cpu["short"] / cpu["rows"], None, f"{cpu['short'] * 1000:.0f} to {cpu['rows'] * 1000:.0f} ms",
        ),
    ]  # fmt: skip


def _rows(place: Place, customer_id: str) -> Callable[[], object]:
    """Return what reads each row of the customer's by the driver alone, once."""
    names = [table.name for table in Base.metadata.sorted_tables if "customer_id" in table.c]

    def read() -> None:
        with place.raw.connect() as connection:
            for name in names:
                of_one = text(f"select * from {name} where customer_id = :customer_id")  # names of our own schema
                connection.execute(of_one, {"customer_id": customer_id}).all()

    return read


def main() -> None:
    """Measure both databases."""
    found: list[Ratio | Count] = []
    with places() as offered:
        for place in offered:
            customers = [place.customer(name)[0] for name in ("Long", "Short", "Empty")]
            for salt, (customer, rows) in enumerate(zip(customers, (LONG, SHORT), strict=False), 1):
                filling.fill(place, customer, rows, salt)
            found += measure(place, customers[1].customer_id, customers[2].customer_id)
    print("\n".join(report.lines(found, ["this machine"])))
    if "--keep" in sys.argv:
        report.replace(PART, found)


if __name__ == "__main__":
    main()
