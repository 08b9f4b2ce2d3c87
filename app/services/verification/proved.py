"""What is proved and kept: up to which row of each series, what all before adds up to, and a digest of its rows.

What is proved of rows that never change stays proved, and the next proof reads what came since. That nobody has
changed them past every trigger is seen by the number of transfers, by sums, and by digests: of each series those of
100,000 rows a run, in turns.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Date, bindparam, delete, func, select, text, update
from sqlalchemy.orm import Session

from app import clock
from app.models import bulk
from app.models.database import UtcDateTime, lock_table
from app.models.proofs import ProvedAccount, ProvedGrant, ProvedSegment, ProvedUsage
from app.services.transaction import transaction
from app.services.verification import series
from app.services.verification.ledger_proofs import Found
from app.services.verification.series import EVENTS, HOLDS, OUTBOX, TRANSFERS
from app.services.verification.tables import CUSTOMERS, OF_THESE, in_turn

EACH = (TRANSFERS, EVENTS, HOLDS, OUTBOX)
MOST_OF_A_SEGMENT, MOST_OF_A_TURN = 100_000, 30
"""So many rows have a digest of their own; so many short segments are read in one run."""
_DAY = len("2027-01-01")
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
_FIRST_BOOKED = text("select min(booked_at) as low from transfers where id >= :before_id").columns(low=UtcDateTime())
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


class Why(StrEnum):
    """Why everything is read, though nobody has asked for it."""

    NOTHING_KEPT = "Nothing is kept of an earlier proof"
    FOUND = "An earlier run has found something"
    OTHER_PROOFS = "Another release, which proves something else, has kept what was proved"
    CLOCK = "The clock stands before the day up to which everything was proved"
    ARCHIVED = "Usage of authorizations that are proved again may be in an archive"


def why_everything(session: Session, proofs: str) -> Why | None:
    """Return why everything is to be read; None: these very proofs have kept what they proved, and it holds on."""
    newest = [_newest(session, name) for name in EACH]
    if any(row is None for row in newest):
        return Why.NOTHING_KEPT
    rows = [row for row in newest if row is not None]
    if any((row.proofs, row.form) != (proofs, series.form(row.series)) for row in rows):
        return Why.OTHER_PROOFS
    if any(row.days_before > clock.now().date() for row in rows):
        return Why.CLOCK
    if _reaches_into_an_archive(session, {row.series: row.before_key for row in rows}):
        return Why.ARCHIVED
    is_open = session.scalar(select(ProvedSegment.series).where(ProvedSegment.found_at.is_not(None)).limit(1))
    return Why.FOUND if is_open else None


def last(session: Session, proofs: str) -> Mark:
    """Return how far these very proofs have proved everything."""
    return reached(session) if why_everything(session, proofs) in {None, Why.FOUND} else NOTHING


def reached(session: Session) -> Mark:
    """Return how far what is kept reaches, whoever has kept it."""
    newest = {name: row for name in EACH if (row := _newest(session, name))}
    if len(newest) < len(EACH):
        return NOTHING
    before = {name: row.before_key for name, row in newest.items()}
    counts = select(ProvedSegment.series, func.sum(ProvedSegment.rows), func.sum(ProvedSegment.parts))
    there = {
        name: (int(rows), int(parts)) for name, rows, parts in session.execute(counts.group_by(ProvedSegment.series))
    }
    booked = session.scalar(_FIRST_BOOKED, {"before_id": before[TRANSFERS]})
    days_before, usage_before = newest[TRANSFERS].days_before, newest[EVENTS].days_before
    made = series.oldest_hold(session, before[HOLDS])
    hold = made and made.astimezone(UTC).date()
    return Mark(
        before_id=before[TRANSFERS],
        # of rows that were booked on a proved day after all the day is proved again: a clock was set back, or imported
        days_before=min(days_before, booked.astimezone(UTC).date()) if booked else days_before,
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


def _reaches_into_an_archive(session: Session, before: Mapping[str, str]) -> bool:
    """Say whether usage of an authorization that is proved again may be in an archive.

    Of that only sums are kept, which count what was captured of authorizations that were proved as well.
    """
    made, gone = series.oldest_hold(session, before[HOLDS]), series.archived_before(session)
    return made is not None and gone is not None and made < gone


def tampered(session: Session, mark: Mark, segments: Iterable[ProvedSegment]) -> Iterator[Found]:
    """Yield what shows that rows were changed after they were proved: another number of them, or another digest.

    The number is that of all transfers and allocations; the digests are those of the segments.
    """
    dialect = session.get_bind().dialect.name
    there = session.execute(text(in_turn(_THERE, dialect)), {"before_id": mark.before_id}).one()
    for name, now, before in zip(("transfers", "allocations"), there, (mark.transfers, mark.allocations), strict=True):
        if now != before:
            yield "", f"{name} before {mark.before_id}: {now:,}, {before:,} were proved"
    yield from changed(session, segments)


def changed(session: Session, segments: Iterable[ProvedSegment]) -> Iterator[Found]:
    """Yield those of the segments whose rows have another digest than when they were proved."""
    for kept in segments:
        (found, *_more) = series.segments(session, kept.series, kept.from_key, kept.before_key)
        if (found.digest, found.rows, series.form(kept.series)) != (kept.digest, kept.rows, kept.form):
            yield "", f"{kept.series} from {kept.from_key or 'the first'} on, before {kept.before_key}"


def all_kept(session: Session, proofs: str) -> tuple[list[ProvedSegment], list[ProvedSegment]]:
    """Return all segments: those to compare, and those whose digests another release has made in another way."""
    kept = session.scalars(select(ProvedSegment).order_by(ProvedSegment.series, ProvedSegment.before_key)).all()
    unseen = [each for each in kept if each.proofs != proofs and each.form != series.form(each.series)]
    return [each for each in kept if each not in unseen], unseen


def whose_turn(session: Session) -> list[ProvedSegment]:
    """Return, of each series, the segments that were not read for longest: one, or several that are short."""
    return [each for name in EACH for each in next(_turns(session, name), ())]


def runs_for_all(session: Session) -> int:
    """Return how many runs it takes until each segment had its turn: what is kept meanwhile comes after them."""
    return max(sum(1 for _ in _turns(session, name)) for name in EACH)


def _turns(session: Session, name: str) -> Iterator[list[ProvedSegment]]:
    queue = select(ProvedSegment).where(ProvedSegment.series == name)
    turn = list[ProvedSegment]()
    for each in session.scalars(queue.order_by(ProvedSegment.read_at, ProvedSegment.before_key)):
        rows = sum(one.rows for one in (*turn, each))
        if turn and (rows > MOST_OF_A_SEGMENT or len(turn) == MOST_OF_A_TURN):
            yield turn
            turn = []
        turn.append(each)
    if turn:
        yield turn


def keep_open(found_at: datetime) -> None:
    """Remember that something is found: each proof reads everything, until one of everything finds nothing."""
    with transaction() as writing:
        writing.execute(update(ProvedSegment).where(ProvedSegment.found_at.is_(None)).values(found_at=found_at))


def keep(session: Session, mark: Mark, proofs: str) -> None:
    """Keep what is proved beyond the mark. What is under way, or came out of turn, is left to the next proof.

    Nothing is kept of events of a month that has begun to leave for an archive, before the proof or meanwhile.
    """
    bounds, now = series.boundary(session, clock.now()), clock.now()
    same = {"days_before": bounds.day, "proofs": proofs, "proved_at": now, "read_at": now, "found_at": None}
    new = {
        name: [
            {**vars(each), **same, "form": series.form(name)}
            for each in series.segments(session, name, mark.before(name), before, MOST_OF_A_SEGMENT)
        ]
        for name, before in bounds.before.items()
        if before > mark.before(name)
    }
    if mark.before_id:  # what brought nothing new leaves its mark where it is
        new = {name: segments for name, segments in new.items() if any(each["rows"] for each in segments)}
    between = {"from_key": mark.before_id, "before_key": bounds.before[TRANSFERS]}
    accounts, grants = (_sums(session, each, between) if TRANSFERS in new else [] for each in (_ACCOUNTS, _GRANTS))
    usage = _days(session, mark.usage_before, bounds.day) if EVENTS in new else []
    read = [(each.series, each.before_key) for each in whose_turn(session)] if mark.before_id else []
    with transaction() as writing:
        lock_table(writing, ProvedSegment)
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


def _newest(session: Session, name: str) -> ProvedSegment | None:
    newest = select(ProvedSegment).where(ProvedSegment.series == name).order_by(ProvedSegment.before_key.desc())
    return session.scalars(newest.limit(1)).first()


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
