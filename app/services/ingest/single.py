"""A single usage event of the plain case: of a meter that adds up, by a good key, with nothing due and nothing refused.

On PostgreSQL it is counted in one round trip, on SQLite in one transaction of plain SQL, by the rule of `rating` and to
the rows that `usage.counting` writes; a test plays the same histories on both. Whatever is not plain is left to
`usage.events`, which knows every case: until then nothing is written.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from app import clock
from app.domain import rating
from app.domain.rating import AHEAD, OLDEST, UsageReport
from app.extensions import settings
from app.later import later
from app.services.access.api_keys import Presented
from app.services.ingest import on_sqlite
from app.services.usage.events import Accepted

if TYPE_CHECKING:
    from app.services.ingest import on_postgresql
else:
    on_postgresql = later("app.services.ingest.on_postgresql")

WAITING = timedelta(minutes=1)
"""More than an event waits for its customer's row: what is so near to being too old is judged when it is its turn."""


def accept(report: UsageReport, proof: Presented) -> Accepted | None:
    """Count the event if it is plain, for whoever presents the key; None: it is not, and nothing was done."""
    properties = rating.properties_text(report.properties)
    now = clock.now()
    if rating.malformed(report, properties) or not report.customer.isprintable() or not _is_timely(report, now):
        return None
    count = on_postgresql.count if settings().on_postgresql else on_sqlite.count
    match count(report, rating.digest(report, properties), properties, proof, now):
        case "counted":
            return Accepted(1, 0)
        case "duplicate":
            return Accepted(0, 1)
        case _:
            return None


def _is_timely(report: UsageReport, now: datetime) -> bool:
    return report.time is None or now - OLDEST + WAITING <= report.time <= now + AHEAD
