"""What is proved and kept: up to which row of each series, what all before adds up to, and a digest of its rows.

What is proved of rows that never change stays proved, and the next proof reads what came since. That nobody has
changed them past every trigger is seen by the number of transfers, by sums, and by the digest of one segment of each
series a run.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Date, bindparam, delete, func, select, text, update
from sqlalchemy.orm import Session

from app import clock, ids
from app.models import bulk
from app.models.database import UtcDateTime
from app.models.proofs import ProvedAccount, ProvedGrant, ProvedSegment, ProvedUsage
from app.services.transaction import transaction
from app.services.verification import series
from app.services.verification.ledger_proofs import Found
from app.services.verification.series import EVENTS, HOLDS, OUTBOX, TRANSFERS
from app.services.verification.tables import CUSTOMERS, OF_THESE, in_turn

EACH = (TRANSFERS, EVENTS, HOLDS, OUTBOX)
MOST_OF_A_SEGMENT = 100_000
_MONTH, _DAY = len("2027-01"), len("2027-01-01")
_ACCOUNTS = """
select customer_id, unit, name, sum(amount) as balance, sum(is_row) as sequence, sum(posted) as posted_micros from (
  select customer_id, unit, credit_account as name, amount,
    case when credit_account = 'credits' and sequence is not null then 1 else 0 end is_row, 0 as posted
  from transfers where id >= :from_key and id < :before_key
  union all select customer_id, unit, debit_account, -amount,
    case when debit_account = 'credits' and sequence is not null then 1 else 0 end,
    case when debit_account = 'credits' and kind = 'usage' and source_type in ('usage_day','usage_period')
      then amount else 0 end
  from transfers where id >= :from_key and id < :before_key) m
group by customer_id, unit, name"""
_GRANTS = f"""
select a.customer_id, a.grant_id, sum(a.micros) as allocated_micros from {OF_THESE}
group by a.customer_id, a.grant_id"""  # noqa: S608  # put together from constants
_USAGE = """
select customer_id, period_number, meter, sum(events) as events, sum(quantity) as quantity, sum(micros) as micros
from usage_days where day >= :from_day and day < :before_day group by customer_id, period_number, meter"""
_ON_A_PROVED_DAY = text("""
select 1 from transfers where id >= :before_id and booked_at < :began limit 1""").bindparams(
    bindparam("began", type_=UtcDateTime())
)
_THERE = f"""
select (select count(*) from transfers) - (select count(*) from transfers where {{is_new}}),
  (select count(*) from allocations)
    - (select count(*) from {CUSTOMERS} c {{join_each}} allocations a
      on a.customer_id = c.customer_id and a.transfer_id >= :before_id)"""  # noqa: S608  # put together from constants
"""How many rows were proved: all less the new ones. All are counted by the smallest index, a twelfth of that of ids."""


@dataclass(frozen=True)
class Mark:
    """How far everything is proved: the rows before these, the totals of the days before these, so many rows."""

    before_id: str = ""
    """Of transfers. Empty: nothing is proved."""
    days_before: date = date.min
    transfers: int = 0
    allocations: int = 0
    usage_before: date = date.min
    usage_from: date = date.min
    """From this day on events are read, though those before `usage_before` were proved: holds may have used them."""
    holds: str = ""
    outbox: str = ""
    usage_events: int = 0
    authorizations: int = 0
    outbox_events: int = 0

    @property
    def began(self) -> datetime:
        """Return when the first day begins that is proved again."""
        return datetime.combine(self.days_before, time(), UTC)

    @property
    def events_from(self) -> datetime:
        """Return from when on usage events are read."""
        return datetime.combine(self.usage_from, time(), UTC)

    def before(self, name: str) -> str:
        """Return the key of the series up to which it is proved."""
        events = (
            "" if self.usage_before == date.min else series.key_of(datetime.combine(self.usage_before, time(), UTC))
        )
        return {TRANSFERS: self.before_id, EVENTS: events, HOLDS: self.holds, OUTBOX: self.outbox}[name]


NOTHING = Mark()
_NONE = ProvedSegment(before_key="")


def last(session: Session, proofs: str) -> Mark:
    """Return how far these very proofs have proved everything. Where a clock was set back, that is nothing."""
    newest = {name: _newest(session, name) for name in EACH}
    if any(row is None or row.proofs != proofs or row.days_before > clock.now().date() for row in newest.values()):
        return NOTHING
    before = {name: row.before_key for name, row in newest.items() if row is not None}
    counts = select(ProvedSegment.series, func.sum(ProvedSegment.rows), func.sum(ProvedSegment.parts))
    there = {
        name: (int(rows), int(parts)) for name, rows, parts in session.execute(counts.group_by(ProvedSegment.series))
    }
    days = {name: row.days_before for name, row in newest.items() if row is not None}
    usage_before, made = days[EVENTS], series.oldest_hold(session, before[HOLDS])
    hold = made and made.astimezone(UTC).date()
    mark = Mark(
        before_id=before[TRANSFERS],
        days_before=days[TRANSFERS],
        transfers=there[TRANSFERS][0],
        allocations=there[TRANSFERS][1],
        usage_before=usage_before,
        usage_from=min(usage_before, hold or usage_before) - timedelta(days=1),
        holds=before[HOLDS],
        outbox=before[OUTBOX],
        usage_events=there[EVENTS][0],
        authorizations=there[HOLDS][0],
        outbox_events=there[OUTBOX][0],
    )
    fits = session.execute(_ON_A_PROVED_DAY, {"before_id": mark.before_id, "began": mark.began}).first() is None
    return mark if fits else NOTHING


def reaches_into_an_archive(session: Session, mark: Mark) -> bool:
    """Say whether usage of an authorization that is proved again may be in an archive.

    Of that only sums are kept, which count what was captured of authorizations that were proved as well.
    """
    made, gone = series.oldest_hold(session, mark.holds), series.archived_before(session)
    return made is not None and gone is not None and made < gone


def tampered(session: Session, mark: Mark, *, everywhere: bool = False) -> Iterator[Found]:
    """Yield what shows that rows were changed after they were proved: another number of them, or another digest.

    The number is that of all transfers and allocations; the digests are those of the segment of each series that was
    not read for longest, or of all segments.
    """
    dialect = session.get_bind().dialect.name
    there = session.execute(text(in_turn(_THERE, dialect)), {"before_id": mark.before_id}).one()
    for name, now, before in zip(("transfers", "allocations"), there, (mark.transfers, mark.allocations), strict=True):
        if now != before:
            yield "", f"{name} before {mark.before_id}: {now:,}, {before:,} were proved"
    yield from changed(session, _all(session) if everywhere else _longest_unread(session))


def changed(session: Session, segments: Iterable[ProvedSegment]) -> Iterator[Found]:
    """Yield those of the segments whose rows have another digest than when they were proved."""
    for kept in segments:
        (found, *_more) = _segments(session, kept.series, kept.from_key, kept.before_key)
        if (found.digest, found.rows) != (kept.digest, kept.rows):
            yield "", f"{kept.series} from {kept.from_key or 'the first'} on, before {kept.before_key}"


def events_before(session: Session, moment: datetime) -> Sequence[ProvedSegment]:
    """Return the segments of usage events before a month begins: they leave with its events. None crosses a month."""
    before = ProvedSegment.from_key < moment.astimezone(UTC).date().isoformat()
    return session.scalars(select(ProvedSegment).where(ProvedSegment.series == EVENTS, before)).all()


def holds_between(session: Session, from_at: datetime, before_at: datetime) -> Sequence[ProvedSegment]:
    """Return the segments of authorizations that have some of between the moments."""
    first, last = (ids.first_of("hold", clock.now() - each) for each in (from_at, before_at))
    between = (ProvedSegment.before_key > first, ProvedSegment.from_key < last)
    return session.scalars(select(ProvedSegment).where(ProvedSegment.series == HOLDS, *between)).all()


def keep(session: Session, mark: Mark, proofs: str) -> None:
    """Keep what is proved beyond the mark. What is under way, or came out of turn, is left to the next proof.

    Nothing is kept of events of a month that has begun to leave for an archive, before the proof or meanwhile.
    """
    bounds, now = series.boundary(session, clock.now()), clock.now()
    same = {"days_before": bounds.day, "proofs": proofs, "proved_at": now, "read_at": now}
    new = {
        name: [
            {**vars(each), **same} for each in _segments(session, name, mark.before(name), before, MOST_OF_A_SEGMENT)
        ]
        for name, before in bounds.before.items()
        if before > mark.before(name)
    }
    if mark.before_id:  # what brought nothing new leaves its mark where it is
        new = {name: segments for name, segments in new.items() if any(each["rows"] for each in segments)}
    between = {"from_key": mark.before_id, "before_key": bounds.before[TRANSFERS]}
    accounts, grants = (_sums(session, each, between) if TRANSFERS in new else [] for each in (_ACCOUNTS, _GRANTS))
    usage = _days(session, mark.usage_before, bounds.day) if EVENTS in new else []
    read = [(each.series, each.before_key) for each in _longest_unread(session)] if mark.before_id else []
    with transaction() as writing:
        if writing.get_bind().dialect.name == "postgresql":
            writing.execute(text("lock table proved_segments in exclusive mode"))
        if not mark.before_id:
            _forget(writing)
        elif any((_newest(writing, name) or _NONE).before_key != mark.before(name) for name in EACH):
            return  # somebody else has proved it meanwhile
        for name, before_key in read:  # one that has left for an archive meanwhile is not there
            of_it = (ProvedSegment.series == name, ProvedSegment.before_key == before_key)
            writing.execute(update(ProvedSegment).where(*of_it).values(read_at=now))
        gone = series.archived_before(writing)
        for segments in new.values():
            bulk.insert(writing, ProvedSegment, [each for each in segments if not _leaves(each, gone)])
        for model, added, names in (
            (ProvedAccount, accounts, ("balance", "sequence", "posted_micros")),
            (ProvedGrant, grants, ("allocated_micros",)),
            (ProvedUsage, usage, ("events", "quantity", "micros")),
        ):
            for some in _by_thousands(added):
                bulk.upsert(writing, model, some, dict.fromkeys(names, "add"))


def _forget(session: Session) -> None:
    for model in (ProvedSegment, ProvedAccount, ProvedGrant, ProvedUsage):
        session.execute(delete(model))


def _leaves(segment: Mapping[str, Any], gone: datetime | None) -> bool:
    """Say whether the segment is of events that are in an archive, or are being taken out; none crosses a month."""
    is_of_events: bool = segment["series"] == EVENTS and segment["rows"] > 0
    return gone is not None and is_of_events and str(segment["from_key"]) < series.key_of(gone)[:_DAY]


@dataclass
class _Segment:
    series: str
    from_key: str
    before_key: str
    rows: int = 0
    parts: int = 0
    digest: str = hashlib.sha256().hexdigest()


def _segments(
    session: Session, name: str, from_key: str, before_key: str, most_of_one: int | None = None
) -> Iterator[_Segment]:
    """Yield the segments between two keys, each with the digest of all of its rows; one, where no most is said.

    A segment of events is of one month. The last one is yielded though it has no rows.
    """
    segment, digest, last_key = _Segment(name, from_key, before_key), hashlib.sha256(), ""
    for key, has_part, row in series.rows(session, name, from_key, before_key):
        if key != last_key and most_of_one and _is_full(segment, most_of_one, last_key, key):
            segment.before_key, segment.digest = key, digest.hexdigest()
            yield segment
            segment, digest = _Segment(name, key, before_key), hashlib.sha256()
        if name == EVENTS and most_of_one and not segment.rows:  # so that a month can leave with its segments
            segment.from_key = max(segment.from_key, f"{key[:_MONTH]}-01")
        segment.rows += key != last_key or name != TRANSFERS  # of transfers a row has an allocation each
        last_key = key
        segment.parts += has_part
        digest.update(row.encode() + b"\n")
    segment.digest = digest.hexdigest()
    yield segment


def _is_full(segment: _Segment, most: int, last_key: str, key: str) -> bool:
    is_next_month = segment.series == EVENTS and segment.rows > 0 and key[:_MONTH] != last_key[:_MONTH]
    return segment.rows >= most or is_next_month


def _newest(session: Session, name: str) -> ProvedSegment | None:
    newest = select(ProvedSegment).where(ProvedSegment.series == name).order_by(ProvedSegment.before_key.desc())
    return session.scalars(newest.limit(1)).first()


def _all(session: Session) -> Sequence[ProvedSegment]:
    return session.scalars(select(ProvedSegment).order_by(ProvedSegment.series, ProvedSegment.before_key)).all()


def _longest_unread(session: Session) -> list[ProvedSegment]:
    """Return, of each series, the segment that was not read for longest."""
    found = list[ProvedSegment]()
    for name in EACH:
        longest = select(ProvedSegment).where(ProvedSegment.series == name)
        found += session.scalars(longest.order_by(ProvedSegment.read_at, ProvedSegment.before_key).limit(1))
    return found


def _sums(session: Session, statement: str, between: dict[str, str]) -> list[dict[str, object]]:
    """Return the rows that are to be added; PostgreSQL says sums of whole numbers as decimals."""
    rows = session.execute(text(in_turn(statement, session.get_bind().dialect.name)), between).mappings()
    return [{name: each if isinstance(each, str) else int(each) for name, each in row.items()} for row in rows]


def _days(session: Session, from_day: date, before_day: date) -> list[dict[str, object]]:
    """Return what the days that were proved now add up to."""
    days = text(_USAGE).bindparams(bindparam("from_day", type_=Date()), bindparam("before_day", type_=Date()))
    rows = session.execute(days, {"from_day": from_day, "before_day": before_day}).mappings()
    return [{name: each if isinstance(each, str) else int(each) for name, each in row.items()} for row in rows]


def _by_thousands(rows: Sequence[dict[str, object]]) -> Iterator[Sequence[dict[str, object]]]:
    for first in range(0, len(rows), 1_000):
        yield rows[first : first + 1_000]
