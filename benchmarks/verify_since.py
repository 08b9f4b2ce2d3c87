"""The proof of all customers: of everything, and of what came since the last proof, by the clock, with peak memory.

A ledger of ROWS transfers with as many allocations and usage events, of which each fourth was captured of a hold.

`python -m benchmarks.verify_since [ROWS]` measures it, in minutes: it is no part of `make bench`.
"""

import resource
import sys
import time
from collections.abc import Callable

from app.models.database import db
from app.services.verification import verify
from benchmarks import filling
from benchmarks.places import Place, places

ROWS, OF_A_DAY = 1_000_000, 60
LATER = 99
"""The ids of later rows begin with it, and so are above those that an id of today begins with."""
TIMES = 3


def measure(place: Place, rows: int) -> None:
    """Prove a ledger of so many rows, then it again with those of a day added."""
    _add(place, "Long", rows, 1, filling.DAYS)
    everything = _seconds(lambda: verify.verify_since(everything=True))
    unchanged = sorted(_seconds(verify.verify_since) for _ in range(TIMES))[TIMES // 2]
    _add(place, "Later", rows // OF_A_DAY, LATER, 1)
    since = sorted(_seconds(verify.verify_since) for _ in range(TIMES))[TIMES // 2]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{place.version}: {rows:,} rows: everything {everything:.1f} s; since then {unchanged:.1f} s; "
        f"with {rows // OF_A_DAY:,} rows more {since:.1f} s; at most {peak} MB in the process",
        flush=True,
    )


def _add(place: Place, name: str, rows: int, salt: int, days: int) -> None:
    customer, _actor, _browser = place.customer(name)
    filling.fill(place, customer, rows, salt, days)
    filling.complete(place, customer)
    filling.use(place, customer, rows, salt, days)
    db.session.remove()


def _seconds(prove: Callable[[], verify.Verdict]) -> float:
    began = time.perf_counter()
    verdict = prove()
    assert verdict.violations == [], verdict.violations[:5]
    return time.perf_counter() - began


def main() -> None:
    """Measure both databases."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with places() as offered:
        for place in offered:
            measure(place, rows)


if __name__ == "__main__":
    main()
