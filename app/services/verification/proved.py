"""What is proved of the ledger and kept: up to which transfer, what all before adds up to, and a digest of its rows.

Transfers and allocations never change. So what is proved of them once stays proved, and the next proof reads what came
since. That nobody has changed them past every trigger is seen by their number, and by the digest of one segment a run.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import TextClause, bindparam, delete, func, select, text, update
from sqlalchemy.orm import Session

from app import clock, ids
from app.models import bulk
from app.models.database import UtcDateTime
from app.models.proofs import ProvedAccount, ProvedGrant, ProvedSegment
from app.services.transaction import transaction
from app.services.verification.ledger_proofs import Found
from app.values import dataclass

SETTLED = timedelta(days=1)
"""Days are kept as proved once they are over for so long: whatever was under way has ended."""
MOST_OF_A_SEGMENT = 100_000
_LATER = timedelta(hours=1)
"""A transfer of a day has an id from that day, but for clocks that differ by less than this."""
_AT_ONCE = {"yield_per": 5_000}
_BOOKED = {"sqlite": "t.booked_at", "postgresql": "t.booked_at at time zone 'UTC'"}
_BESIDE = "id customer_id unit debit_account credit_account amount kind source_type source_id description corrects_id"
_COLUMNS = (*(f"t.{name}" for name in _BESIDE.split()), "t.sequence", "t.change_micros", "t.balance_after_micros")
CUSTOMERS = """(select customer_id from customers union all select distinct w.customer_id from accounts w
  where not exists (select 1 from customers o where o.customer_id = w.customer_id))"""
"""Each that may have rows, once: of each the rows of an age are found by the key that begins with it.

Both databases would go through all of a long table otherwise: PostgreSQL, to join a day's transfers by their ids with
ten million allocations, took 25 s.
"""
_OF_THESE = f"""{CUSTOMERS} c {{join_each}} allocations a
  on a.customer_id = c.customer_id and a.transfer_id >= :from_id and a.transfer_id < :before_id"""
IN_TURN = {
    "sqlite": {
        "{join_each}": "cross join",
        "{is_new}": "likelihood(id >= :before_id, 0.001)",
        "{allocations}": "allocations",
    },
    "postgresql": {
        "{allocations}": f"(select a.* from {_OF_THESE})",  # noqa: S608  # put together from constants, as below
        "{join_each}": "join",
        "{is_new}": "id >= :before_id",
    },
}
"""How a join says that the rows of its right side are looked up by key for each of its left one, and that few are new.

SQLite knows the length of tables only after `analyze`, which nobody runs. It begins with the other table, or takes
from `a = t.id and t.id >= :from` that `a >= :from` and reads, for each row, all that follows it: for 8,000 rows 38 s.
"""
_ROWS = """
select t.id, a.grant_id is not null, {whole} from transfers t
left join {allocations} a on a.customer_id = t.customer_id and a.transfer_id = t.id
where t.id >= :from_id and t.id < :before_id order by t.id, a.grant_id"""
_ACCOUNTS = """
select customer_id, unit, name, sum(amount) as balance, sum(is_row) as sequence, sum(posted) as posted_micros from (
  select customer_id, unit, credit_account as name, amount,
    case when credit_account = 'credits' and sequence is not null then 1 else 0 end is_row, 0 as posted
  from transfers where id >= :from_id and id < :before_id
  union all select customer_id, unit, debit_account, -amount,
    case when debit_account = 'credits' and sequence is not null then 1 else 0 end,
    case when debit_account = 'credits' and kind = 'usage' and source_type in ('usage_day','usage_period')
      then amount else 0 end
  from transfers where id >= :from_id and id < :before_id) m
group by customer_id, unit, name"""
_GRANTS = f"""
select a.customer_id, a.grant_id, sum(a.micros) as allocated_micros from {_OF_THESE}
group by a.customer_id, a.grant_id"""  # noqa: S608
_BEFORE_ITS_TURN = """
select min(o.id) from (
  select customer_id, min(sequence) low from transfers where {is_new} and sequence is not null
  group by customer_id) n
{join_each} transfers o on o.customer_id = n.customer_id and o.sequence > n.low and o.id < :before_id"""
_ON_A_PROVED_DAY = text("""
select 1 from transfers where id >= :before_id and booked_at < :began limit 1""").bindparams(
    bindparam("began", type_=UtcDateTime())
)
_THERE = text("""
select (select count(*) from transfers where id < :before_id),
  (select count(*) from allocations where transfer_id < :before_id)""")


@dataclass(frozen=True)
class Mark:
    """How far the ledger is proved: the ids before this one, the totals of the days before this one, so many rows."""

    before_id: str = ""
    days_before: date = date.min
    transfers: int = 0
    allocations: int = 0

    @property
    def began(self) -> datetime:
        """Return when the first day begins that is proved again."""
        return datetime.combine(self.days_before, time(), UTC)


NOTHING = Mark()


def last(session: Session, proofs: str) -> Mark:
    """Return how far these very proofs have proved the ledger. Where a clock was set back, that is nothing."""
    counts = func.sum(ProvedSegment.transfers), func.sum(ProvedSegment.allocations)
    newest = select(ProvedSegment).order_by(ProvedSegment.before_id.desc()).limit(1)
    row = session.scalars(newest).first()
    if row is None or row.proofs != proofs or row.days_before > clock.now().date():
        return NOTHING
    transfers, allocations = session.execute(select(*counts)).one()
    mark = Mark(row.before_id, row.days_before, int(transfers), int(allocations))
    fits = session.execute(_ON_A_PROVED_DAY, {"before_id": mark.before_id, "began": mark.began}).first() is None
    return mark if fits else NOTHING


def boundary(now: datetime) -> tuple[str, date]:
    """Return before which id transfers, and before which day totals, are settled."""
    day = (now - SETTLED).date()
    return ids.first_of("txn", now - datetime.combine(day, time(), UTC) - _LATER), day


def tampered(session: Session, mark: Mark) -> Iterator[Found]:
    """Yield what shows that rows were changed after they were proved: another number of them, or another digest.

    The number is that of all; the digest is that of the segment that was not read for longest.
    """
    there = session.execute(_THERE, {"before_id": mark.before_id}).one()
    for name, now, before in zip(("transfers", "allocations"), there, (mark.transfers, mark.allocations), strict=True):
        if now != before:
            yield "", f"{name} before {mark.before_id}: {now:,}, {before:,} were proved"
    segment = _longest_unread(session)
    if segment is not None:
        (found, *_more) = [*_segments(session, segment.from_id, segment.before_id), None]
        if found is None or found.digest != segment.digest:
            yield "", f"transfers from {segment.from_id or 'the first'} on, before {segment.before_id}"


def keep(session: Session, mark: Mark, proofs: str) -> None:
    """Keep what is proved beyond the mark. What is under way, or came out of turn, is left to the next proof."""
    before_id, day = boundary(clock.now())
    while earlier := session.scalar(_in_turn(session, _BEFORE_ITS_TURN), {"before_id": before_id}):
        before_id = earlier
    between, new = {"from_id": mark.before_id, "before_id": before_id}, list[dict[str, object]]()
    if before_id > mark.before_id:
        new = [
            {**vars(each), "days_before": day, "proofs": proofs, "proved_at": clock.now(), "read_at": clock.now()}
            for each in _segments(session, mark.before_id, before_id, MOST_OF_A_SEGMENT)
        ]
    accounts, grants = (_sums(session, each, between) if new else [] for each in (_ACCOUNTS, _GRANTS))
    read = _longest_unread(session) if mark.before_id else None
    with transaction() as writing:
        if writing.get_bind().dialect.name == "postgresql":
            writing.execute(text("lock table proved_segments in exclusive mode"))
        if not mark.before_id:
            _forget(writing)
        elif writing.scalar(select(func.max(ProvedSegment.before_id))) != mark.before_id:
            return  # somebody else has proved it meanwhile
        if read is not None:
            of_it = ProvedSegment.before_id == read.before_id
            writing.execute(update(ProvedSegment).where(of_it).values(read_at=clock.now()))
        bulk.insert(writing, ProvedSegment, new)
        for some in _by_thousands(accounts):
            bulk.upsert(writing, ProvedAccount, some, {"balance": "add", "sequence": "add", "posted_micros": "add"})
        for some in _by_thousands(grants):
            bulk.upsert(writing, ProvedGrant, some, {"allocated_micros": "add"})


def forget() -> None:
    """Keep nothing: the next proof reads everything."""
    with transaction() as session:
        _forget(session)


def _forget(session: Session) -> None:
    for model in (ProvedSegment, ProvedAccount, ProvedGrant):
        session.execute(delete(model))


@dataclass
class _Segment:
    from_id: str
    before_id: str
    transfers: int = 0
    allocations: int = 0
    digest: str = ""


def _segments(session: Session, from_id: str, before_id: str, most_of_one: int | None = None) -> Iterator[_Segment]:
    """Yield the segments between two ids, each with the digest of all of its rows; one, where no most is said."""
    segment, digest, last_id = _Segment(from_id, before_id), hashlib.sha256(), ""
    rows = _in_turn(session, _ROWS.replace("{whole}", _whole(session.get_bind().dialect.name)))
    asked = {"from_id": from_id, "before_id": before_id}
    for transfer_id, is_allocated, row in session.execute(rows, asked, execution_options=_AT_ONCE):
        if transfer_id != last_id:
            if segment.transfers == most_of_one:
                segment.before_id, segment.digest = transfer_id, digest.hexdigest()
                yield segment
                segment, digest = _Segment(transfer_id, before_id), hashlib.sha256()
            segment.transfers, last_id = segment.transfers + 1, transfer_id
        segment.allocations += bool(is_allocated)
        digest.update(row.encode() + b"\n")
    if segment.transfers:
        segment.digest = digest.hexdigest()
        yield segment


def _whole(dialect: str) -> str:
    """Return the SQL of a row as one text."""
    columns = [*_COLUMNS, _BOOKED[dialect], "a.grant_id", "a.micros"]
    return " || '\x1f' || ".join(f"coalesce(cast({each} as text), '')" for each in columns)


def _longest_unread(session: Session) -> ProvedSegment | None:
    longest = select(ProvedSegment).order_by(ProvedSegment.read_at, ProvedSegment.before_id).limit(1)
    return session.scalars(longest).first()


def _sums(session: Session, statement: str, between: dict[str, str]) -> list[dict[str, object]]:
    """Return the rows that are to be added; PostgreSQL says sums of whole numbers as decimals."""
    rows = session.execute(_in_turn(session, statement), between).mappings()
    return [{name: each if isinstance(each, str) else int(each) for name, each in row.items()} for row in rows]


def _in_turn(session: Session, sql: str) -> TextClause:
    for name, own in IN_TURN[session.get_bind().dialect.name].items():
        sql = sql.replace(name, own)
    return text(sql)


def _by_thousands(rows: Sequence[dict[str, object]]) -> Iterator[Sequence[dict[str, object]]]:
    for first in range(0, len(rows), 1_000):
        yield rows[first : first + 1_000]
