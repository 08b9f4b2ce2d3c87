"""What is proved once, series by series: in which order its rows come, up to where they are settled, and as what text.

Transfers with their allocations, usage events, authorizations that have ended, and events for hosts: their rows, or
these columns of them, never change. So what is proved of them stays proved.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app import ids
from app.models.authorizations import Authorization
from app.models.usage import UsageArchive, UsageDay
from app.services.verification.tables import METERS, in_turn

TRANSFERS, EVENTS, HOLDS, OUTBOX = "transfers", "usage_events", "authorizations", "outbox_events"
SETTLED = timedelta(days=1)
"""Days are kept as proved once they are over for so long: whatever was under way has ended."""
_LATER = timedelta(hours=1)
"""A row of a day has an id from that day, but for clocks that differ by less than this."""
_HELD = timedelta(days=1)
"""A hold stays open for so long at most."""
_DAY = timedelta(days=1)
_MONTH, _FORM = len("2027-01"), 12
_AT_ONCE = {"yield_per": 5_000}
_MOMENT = {"sqlite": "{0}", "postgresql": "to_char({0} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"}
_COLUMNS = {
    TRANSFERS: "t.id t.customer_id t.unit t.debit_account t.credit_account t.amount t.kind t.source_type t.source_id "
    "t.description t.corrects_id t.sequence t.change_micros t.balance_after_micros t.booked_at? a.grant_id a.micros",
    EVENTS: "e.received_at? e.customer_id e.id e.day e.occurred_at? e.period_number e.meter e.subject e.quantity "
    "e.micros e.properties e.authorization_id",
    HOLDS: "h.id h.customer_id h.key h.digest h.meter h.quantity h.micros h.state h.reason h.available_after_micros "
    "h.captured_micros h.captured_quantity h.captures h.period_number h.created_at? h.expires_at? h.ended_at?",
    OUTBOX: "o.id o.customer_id o.sequence o.type o.source_id o.data o.created_at?",
}
"""A moment has a question mark: the two databases write it alike. What may change of an event for hosts is left out."""
_ROWS = {
    TRANSFERS: """select t.id, a.grant_id is not null, {whole} from transfers t
        left join {allocations} a on a.customer_id = t.customer_id and a.transfer_id = t.id
        where t.id >= :from_key and t.id < :before_key order by t.id, a.grant_id""",
    HOLDS: """select h.id, false, {whole} from authorizations h
        where h.id >= :from_key and h.id < :before_key and h.state <> 'refused' order by h.id""",
    OUTBOX: """select o.id, false, {whole} from outbox_events o
        where o.id >= :from_key and o.id < :before_key order by o.id""",
}
_EVENTS_OF_DAY = {
    "sqlite": f"""select e.received_at, false, {{whole}} from {METERS} p cross join usage_events e
        on e.customer_id = p.customer_id and e.meter = p.meter
          and e.day between date(:from_key, '-1 day') and date(:before_key)
        where e.received_at >= :from_key and e.received_at < :before_key
        order by e.received_at, e.customer_id, e.id""",  # noqa: S608  # put together from constants
    "postgresql": f"""select {_MOMENT["postgresql"].format("e.received_at")}, false, {{whole}} from usage_events e
        where e.received_at >= cast(:from_key as timestamp) at time zone 'UTC'
          and e.received_at < cast(:before_key as timestamp) at time zone 'UTC'
        order by e.received_at, e.customer_id collate "C", e.id collate "C" """,  # noqa: S608
}
_OPEN = {
    HOLDS: text("select min(id || '') from authorizations where state = 'held'"),
    OUTBOX: text("select min(id || '') from outbox_events where state = 'pending'"),
}
"""What may still change: found by the index of these alone. For the least id both would go through all ids in order."""
_BEFORE_ITS_TURN = {
    TRANSFERS: """select min(o.id) from (
          select customer_id, min(sequence) low from transfers where {is_later} and sequence is not null
          group by customer_id) n
        {join_each} transfers o on o.customer_id = n.customer_id and o.sequence > n.low and o.id < :before_key""",
    OUTBOX: """select min(o.id) from (
          select customer_id, min(sequence) low from outbox_events where {is_later} group by customer_id) n
        {join_each} outbox_events o on o.customer_id = n.customer_id and o.sequence > n.low and o.id < :before_key""",
}
"""What has an earlier id than a row that comes before it in its customer's order: that order never comes from ids."""
Row = tuple[str, int, str]
"""Its key, 1 if it has a part, and all of it as one text."""


@dataclass(frozen=True)
class Boundary:
    """What is settled: the totals of the days before this one, and of each series the rows before its key."""

    day: date
    before: Mapping[str, str]


def settled(now: datetime) -> Boundary:
    """Return what is settled by its age."""
    day = (now - SETTLED).date()
    ago = now - _midnight(day)
    return Boundary(
        day,
        {
            TRANSFERS: ids.first_of("txn", ago - _LATER),
            EVENTS: key_of(_midnight(day)),
            HOLDS: ids.first_of("hold", ago + _HELD + _LATER),
            OUTBOX: ids.first_of("evt", ago),
        },
    )


def boundary(session: Session, now: datetime) -> Boundary:
    """Return what is settled: of its age, no longer open, and after everything that comes before it in its order."""
    by_age, dialect = settled(now), session.get_bind().dialect.name
    before = dict(by_age.before)
    for name, still_open in _OPEN.items():
        before[name] = min(before[name], session.scalar(still_open) or before[name])
    for name, sql in _BEFORE_ITS_TURN.items():
        while earlier := session.scalar(text(in_turn(sql, dialect)), {"before_key": before[name]}):
            before[name] = earlier
    return Boundary(by_age.day, before)


def rows(session: Session, series: str, from_key: str, before_key: str) -> Iterator[Row]:
    """Yield the rows of the series from one key up to the other, in their order."""
    dialect = session.get_bind().dialect.name
    sql = _EVENTS_OF_DAY[dialect] if series == EVENTS else _ROWS[series]
    statement = text(in_turn(sql.replace("{whole}", _whole(series, dialect)), dialect))
    for first, last in _ranges(session, from_key, before_key) if series == EVENTS else ((from_key, before_key),):
        between = {"from_key": first, "before_key": last}
        yield from session.execute(statement, between, execution_options=_AT_ONCE)


@dataclass
class Segment:
    """Rows of a series that follow each other by their keys, and the digest of all of them."""

    series: str
    from_key: str
    before_key: str
    rows: int = 0
    parts: int = 0
    digest: str = hashlib.sha256().hexdigest()


def segments(
    session: Session, name: str, from_key: str, before_key: str, most_of_one: int | None = None
) -> Iterator[Segment]:
    """Yield the segments between two keys, each with the digest of all of its rows; one, where no most is said.

    A segment of events is of one month. The last one is yielded though it has no rows.
    """
    segment, digest, last_key = Segment(name, from_key, before_key), hashlib.sha256(), ""
    for key, has_part, row in rows(session, name, from_key, before_key):
        if key != last_key and most_of_one and _is_full(segment, most_of_one, last_key, key):
            segment.before_key, segment.digest = key, digest.hexdigest()
            yield segment
            segment, digest = Segment(name, key, before_key), hashlib.sha256()
        if name == EVENTS and most_of_one and not segment.rows:  # so that a month can leave with its segments
            segment.from_key = max(segment.from_key, f"{key[:_MONTH]}-01")
        segment.rows += key != last_key or name != TRANSFERS  # of transfers a row has an allocation each
        last_key = key
        segment.parts += has_part
        digest.update(row.encode() + b"\n")
    segment.digest = digest.hexdigest()
    yield segment


def _is_full(segment: Segment, most: int, last_key: str, key: str) -> bool:
    is_next_month = segment.series == EVENTS and segment.rows > 0 and key[:_MONTH] != last_key[:_MONTH]
    return segment.rows >= most or is_next_month


@cache
def form(series: str) -> str:
    """Return how the rows of a digest are written, as a digest: of two forms they cannot be compared."""
    return hashlib.sha256(repr([_whole(series, dialect) for dialect in _MOMENT]).encode()).hexdigest()[:_FORM]


def oldest_hold(session: Session, from_id: str) -> datetime | None:
    """Return when the first authorization from this id on was made of which something may be captured."""
    made = select(func.min(Authorization.created_at))
    return session.scalar(made.where(Authorization.id >= from_id, Authorization.state != "refused"))


def archived_before(session: Session) -> datetime | None:
    """Return when the first event was received that is not in an archive; None: none is."""
    return session.scalar(select(func.max(UsageArchive.before_at)))


def key_of(moment: datetime) -> str:
    """Write a moment as the key of an event."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _ranges(session: Session, from_key: str, before_key: str) -> Iterable[tuple[str, str]]:
    """Yield the days of events one by one: a day is sorted in memory, a year is not."""
    first = datetime.fromisoformat(from_key).date() if from_key else session.scalar(select(func.min(UsageDay.day)))
    while first is not None and (begins := key_of(_midnight(first))) < before_key:
        first += _DAY
        yield max(from_key, begins), min(before_key, key_of(_midnight(first)))


def _whole(series: str, dialect: str) -> str:
    """Return the SQL of a row as one text."""
    written = [_MOMENT[dialect].format(each[:-1]) if each.endswith("?") else each for each in _COLUMNS[series].split()]
    return " || '\x1f' || ".join(f"coalesce(cast({each} as text), '')" for each in written)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
