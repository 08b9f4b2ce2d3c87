"""The proof of all customers: of everything, and of what came since the last one, in CPU, by the clock and in memory.

A ledger of ROWS transfers of 60 days with as many allocations and usage events, of which each fourth was captured of a
hold; all of it is settled. Then those of a day more, which are not.

`python -m benchmarks.verify_since [ROWS [postgresql]]` measures it: a million rows in minutes, ten on PostgreSQL in a
quarter of an hour. It is no part of `make bench`.
"""

import os
import resource
import sys
from collections.abc import Callable
from statistics import median

from sqlalchemy import text

from app.models.database import db
from app.services.verification import verify
from benchmarks import filling
from benchmarks.busy import Busy, measured
from benchmarks.places import Place, places

ROWS, OF_A_DAY, AGO = 1_000_000, 60, 4
"""Its last rows are so many days old: nothing of them is proved again."""
TIMES = 5


def measure(place: Place, rows: int) -> None:
    """Prove a ledger of so many rows, then it again, then it with those of a day added."""
    with filling.without_indexes(place):
        _add(place, "Long", rows, 1, filling.DAYS, AGO)
    with place.raw.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze" if place.kind == "postgresql" else "analyze"))
    before = _peak()
    _say(place, f"{rows:,} rows: everything", [_proved(place, lambda: verify.verify_since(everything=True))])
    _say(place, "nothing new", [_proved(place, verify.verify_since) for _ in range(TIMES)])
    _add(place, "Later", rows // OF_A_DAY, 2, 1, 0)
    _say(place, f"{rows // OF_A_DAY:,} rows more", [_proved(place, verify.verify_since) for _ in range(TIMES)])
    print(f"{place.version}: at most {_peak()} MB in the process, {before} MB before its first proof", flush=True)


def _add(place: Place, name: str, rows: int, salt: int, days: int, ago: int) -> None:
    customer, _actor, _browser = place.customer(name)
    filling.fill(place, customer, rows, salt, days, ago)
    filling.complete(place, customer)
    filling.use(place, customer, rows, salt, days, ago)
    db.session.remove()


def _proved(place: Place, prove: Callable[[], verify.Verdict]) -> Busy:
    def holds() -> None:
        verdict = prove()
        assert verdict.violations == [], verdict.violations[:5]

    return measured(place, holds)


def _say(place: Place, what: str, took: list[Busy]) -> None:
    one = Busy(median(each.cpu for each in took), median(each.clock for each in took))
    slowest = max(each.clock for each in took)
    load = os.getloadavg()[0]
    print(f"{place.version}: {what}: {one.seconds()}, slowest {slowest:.1f} s, load {load:.1f}", flush=True)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Measure both databases, or the one that is named."""
    rows, kinds = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS, sys.argv[2:]
    with places() as offered:
        for place in offered:
            if not kinds or place.kind in kinds:
                measure(place, rows)


if __name__ == "__main__":
    main()
