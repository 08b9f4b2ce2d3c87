"""The file of a long history, beside the bare read of its rows: seconds of CPU of the process and of the database.

`python -m benchmarks.exports` measures it alone, and with `--keep` puts it into the results.
"""

import resource
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median

from benchmarks import filling, report
from benchmarks.busy import Busy, measured
from benchmarks.filling import DAYS
from benchmarks.history import LONG
from benchmarks.places import Place, places
from benchmarks.timing import Count, Ratio
from tests.support.browser import Browser
from tests.support.client import outside_contexts

PART = "CSV"
GOAL, ROUNDS, AT_ONCE, MORE_MEMORY = 3.0, 5, 2_000, 8
OF_DAYS = 10
"""So many of the history's days are in the file that is measured by turns."""
_BARE = """
    select id, sequence, kind, description, booked_at, change_micros, balance_after_micros, source_type, source_id
    from transfers where customer_id = {mark} and sequence is not null and booked_at >= {mark} order by sequence desc"""


def measure(place: Place, customer_id: str, browser: Browser) -> list[Ratio | Count]:
    """Measure the file of the last days by turns, and what memory the whole file takes beyond it."""
    first = datetime.now(UTC).date() - timedelta(days=OF_DAYS)
    path = f"/billing/balance-history.csv?view=rows&from={first}"
    tasks = {"file": reading_file(browser, path), "bare": reading(place, _BARE, (customer_id, str(first)))}
    rows = {name: task() for name, task in tasks.items()}
    assert rows["file"] == rows["bare"] > LONG * OF_DAYS // DAYS - AT_ONCE, rows
    took: dict[str, list[Busy]] = {name: [] for name in tasks}
    for number in range(ROUNDS):
        for name in sorted(tasks, reverse=bool(number % 2)):
            took[name].append(measured(place, tasks[name]))
    cpu = {name: median(each.cpu for each in found) for name, found in took.items()}
    before = memory()
    assert reading_file(browser, "/billing/balance-history.csv?view=rows")() == LONG
    return [
        Ratio(
            f"{PART} of {rows['file']:,} rows of the balance history to the bare read, CPU", place.kind,
            cpu["file"] / cpu["bare"], GOAL,
            f"{cpu['file'] / rows['file'] * 1e6:.1f} to {cpu['bare'] / rows['file'] * 1e6:.1f} µs a row",
        ),
        Count(
            f"{PART} of {LONG:,} rows: MB of memory beyond what the last days took", place.kind,
            memory() - before, MORE_MEMORY,
        ),
    ]  # fmt: skip


def reading_file(browser: Browser, path: str) -> Callable[[], int]:
    """Return what reads the file as it is sent, and counts its rows."""

    def read() -> int:
        with outside_contexts():
            answer = browser.client.get(path, base_url=browser.origin, buffered=False)
            assert answer.status_code == 200
            lines = sum(part.count(b"\n") for part in answer.response)  # type: ignore[arg-type]  # a part is bytes
            answer.close()
        return lines - 1

    return read


def reading(place: Place, sql: str, values: tuple[str, ...]) -> Callable[[], int]:
    """Return what reads the same rows by the driver alone, as many at once."""
    sql = sql.format(mark="?" if place.kind == "sqlite" else "%s")

    def read() -> int:
        connection = place.raw.raw_connection()
        cursor = connection.cursor() if place.kind == "sqlite" else connection.driver_connection.cursor(name="bare")  # type: ignore[union-attr]  # psycopg's
        cursor.execute(sql, values)
        many = 0
        while rows := cursor.fetchmany(AT_ONCE):
            many += len(rows)
        cursor.close()
        connection.rollback()
        return many

    return read


def memory() -> int:
    """Return the most memory that the process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Measure both databases."""
    found: list[Ratio | Count] = []
    with places() as offered:
        for place in offered:
            long, _actor, browser = place.customer("Long")
            filling.fill(place, long, LONG, salt=1)
            found += measure(place, long.customer_id, browser)
    print("\n".join(report.lines(found, ["this machine"])))
    if "--keep" in sys.argv:
        report.replace(PART, found)


if __name__ == "__main__":
    main()
