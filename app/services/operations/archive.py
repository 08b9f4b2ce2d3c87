"""Usage events of an old month go into a file, and leave the database; what they add up to stays (decision 0084).

Each step can be done again: a run that was killed between any two of them is gone on with by the next.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import clock
from app.domain.errors import Refused
from app.domain.periods import following
from app.models import bulk
from app.models.authorizations import Authorization
from app.models.customers import BillingPeriod
from app.models.database import db, lock_table
from app.models.proofs import ProvedSegment
from app.models.scope import as_service
from app.models.subscriptions import Subscription
from app.models.usage import ArchivedUsage, UsageArchive, UsageDay, UsageEvent, UsageEventKey
from app.services.operations import archive_files, archive_proof
from app.services.operations.archive_files import COLUMNS, Contents, Key, Sums
from app.services.transaction import transaction
from app.services.verification.series import EVENTS, form

LEAST_MONTHS = 4
"""Pages look back over 90 days, and an event may be 34 days late: no younger month is archived."""
_DAY = timedelta(days=1)
_AT_ONCE = {"yield_per": 5_000}
_EACH_TIME = 1_000
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, TypeError, RecursionError, zlib.error)
"""What is no file of events raises one of these."""
_LOCK_NOT_AVAILABLE = "55P03"
_LOOK = "Run `portal verify --all`, and look into what it names."
_SUMMED = ("events", "quantity", "most", "micros", "captures", "captured_quantity", "captured_micros")


@dataclass(frozen=True)
class Month:
    """A calendar month of UTC."""

    first: date

    @property
    def from_at(self) -> datetime:
        """Return when it begins."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def before_at(self) -> datetime:
        """Return when the next one begins."""
        return following(self.from_at, 1)

    @property
    def file(self) -> str:
        """Return what its file is called."""
        return f"usage_events_{self.first:%Y%m}.jsonl.gz"

    @property
    def events(self) -> ColumnElement[bool]:
        """Select its events. The last ones of a day may be received on the next."""
        days = UsageEvent.day.between(self.first - _DAY, self.before_at.date())
        return and_(UsageEvent.received_at >= self.from_at, UsageEvent.received_at < self.before_at, days)

    def __str__(self) -> str:
        return self.first.isoformat()[:7]


@dataclass(frozen=True)
class Archived:
    """What became of a month."""

    path: Path
    sha256: str
    events: int


def archive(first: date, directory: Path, *, months: int) -> Archived:
    """Put the month's events into a file in the directory, check the file, and take them out of the database.

    The month has to be over for `months`, and all that its events count for posted, billed and proved. Of a month that
    was archived before the file is checked again.
    """
    month = Month(first.replace(day=1))
    if month.first >= clock.now().date():
        raise Refused(f"{month} is not over yet.", "too_young")
    path = directory / month.file
    with as_service("archive usage events"):
        session = db.session()
        session.rollback()
        if session.get_bind().dialect.name == "postgresql":  # file, rows and what was proved are of one moment
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        kept = session.get(UsageArchive, month.first)
        known, is_done = (kept.sha256, kept.done_at is not None) if kept else ("", False)
        lines = ""
        if not known:
            _ask_whether_it_may(month, max(months, LEAST_MONTHS))
            rows = _rows_as_proved(month)
            lines = archive_files.digest(rows) if path.exists() else archive_files.write(path, rows)
        contents = _read(path)
        if known and known != contents.sha256:
            raise _is_another(month, path)
        if not known and contents.lines != lines:
            raise _holds_others(month)
        archive_files.write_sum(path, contents.sha256)
        if not is_done:
            _take_out(month, path, contents)
    return Archived(path, contents.sha256, contents.events)


def _ask_whether_it_may(month: Month, months: int) -> None:
    """Refuse a month that is too young, that is not the oldest, or of which anything is still to be done."""
    over = month.before_at
    for _ in range(months):
        over = following(over, 1)
    if over > clock.now():
        raise Refused(f"{month} is archived {months} months after its end, and not before.", "too_young")
    session, before = db.session(), month.before_at
    done = session.scalar(select(func.max(UsageArchive.before_at)))
    left = select(func.min(UsageDay.day)).where(UsageDay.events > 0, UsageDay.day >= (done or before).date())
    oldest = session.scalar(left if done else select(func.min(UsageDay.day)).where(UsageDay.events > 0))
    if oldest is None or oldest >= before.date():
        if not session.scalar(select(exists().where(month.events))):
            raise Refused(f"There are no usage events of {month}.", "no_events")
        raise Refused(f"Usage events of {month} are there, and no totals of their days. {_LOOK}", "not_as_proved")
    if oldest < month.first:
        raise Refused(f"Archive the oldest month first: {oldest:%Y-%m}.", "not_the_oldest")
    used = exists().where(
        UsageDay.customer_id == BillingPeriod.customer_id,
        UsageDay.period_number == BillingPeriod.number,
        UsageDay.day < before.date(),
    )
    billed_later = exists().where(
        Subscription.customer_id == BillingPeriod.customer_id, Subscription.run_number <= BillingPeriod.number
    )
    is_open = or_(BillingPeriod.closed_at.is_(None), billed_later)
    held = (Authorization.state == "held", Authorization.created_at < before)
    for model, where, what in (
        (UsageDay, (UsageDay.micros > UsageDay.posted_micros, UsageDay.day < before.date()), "Days not posted"),
        (BillingPeriod, (BillingPeriod.starts_at < before, is_open, used), "Billing periods not billed"),
        (Authorization, held, "Authorizations held"),
    ):
        if many := session.scalar(select(func.count()).select_from(model).where(*where)):
            raise Refused(f"{month} is not settled yet. {what}: {many:,}.", "not_settled")
    of_events = (ProvedSegment.series == EVENTS, ProvedSegment.form == form(EVENTS))
    proved = session.scalar(select(func.max(ProvedSegment.days_before)).where(*of_events))
    if proved is None or proved <= before.date():
        raise Refused(f"{month} is not proved yet: run `portal verify`.", "not_proved")


def _rows_as_proved(month: Month) -> Iterator[tuple[Any, ...]]:
    """Yield its events; at their end refuse them all if they, or the totals of their days, are not as proved."""
    sums = dict[Key, Sums]()
    for row in _rows(month):
        archive_files.add(sums, dict(zip(COLUMNS, row, strict=True)))
        yield row
    session = db.session()
    found = next(archive_proof.changes(session, month.first, month.before_at, sums), None)
    if found is not None:
        session.rollback()
        if session.get(UsageArchive, month.first):
            raise _another_run(month)
        raise Refused(f"{month} is not as it was proved: {found}. {_LOOK}", "not_as_proved")


def _rows(month: Month) -> Iterator[tuple[Any, ...]]:
    columns = [getattr(UsageEvent, name) for name in COLUMNS]
    order = (UsageEvent.customer_id, UsageEvent.meter, UsageEvent.day, UsageEvent.received_at, UsageEvent.id)
    statement = select(*columns).where(month.events).order_by(*order)
    for row in db.session.execute(statement, execution_options=_AT_ONCE):
        yield tuple(row)


def _read(path: Path) -> Contents:
    try:
        return archive_files.read(path)
    except _UNREADABLE as problem:
        raise Refused(f"{path} cannot be read: {problem}.", "file_unreadable") from None


def _holds_others(month: Month) -> Refused:
    words = f"The file of {month} holds other events than the database: move it away, and begin again."
    return Refused(words, "another_file")


def _is_another(month: Month, path: Path) -> Refused:
    return Refused(f"{path} is not the file that was written for {month}.", "another_file")


def _another_run(month: Month) -> Refused:
    words = f"Another run has taken events of {month} out: give the command again when it has ended."
    return Refused(words, "another_run")


def _take_out(month: Month, path: Path, contents: Contents) -> None:
    """Let the events leave, when the file holds just what the database does. What they add up to is kept with that."""
    with transaction() as session:
        lock_table(session, UsageArchive)
        kept = session.get(UsageArchive, month.first, populate_existing=True)
        if kept is not None and kept.sha256 != contents.sha256:
            raise _is_another(month, path)
        if kept is not None and kept.done_at is not None:
            return  # by another run, meanwhile
        left = _left(session, month)
        if _together(left, _taken(session, month)) != contents.sums:
            raise _holds_others(month)
        if kept is None:
            row = {
                "month": month.first, "before_at": month.before_at, "file": month.file, "sha256": contents.sha256,
                "bytes": contents.bytes, "events": contents.events, "begun_at": clock.now(), "done_at": None,
            }  # fmt: skip
            session.execute(insert(UsageArchive).values(row))
            session.execute(delete(UsageEventKey).where(UsageEventKey.received_at < month.before_at))
            of_events = ProvedSegment.series == EVENTS  # one of the next month may begin with its day alone
            before = ProvedSegment.from_key < month.before_at.date().isoformat()
            session.execute(delete(ProvedSegment).where(of_events, before))
        if session.get_bind().dialect.name == "postgresql":
            _add(session, month, left)
            session.execute(update(UsageArchive).where(UsageArchive.month == month.first).values(done_at=clock.now()))
            _drop(session, month)
            return
    for key, sums in sorted(left.items()):
        with transaction() as session:
            if session.scalar(select(func.count()).where(*_of(key), month.events)) != sums.events:
                raise _another_run(month)
            _add(session, month, {key: sums})
            session.execute(delete(UsageEvent).where(*_of(key), month.events))
    with transaction() as session:
        session.execute(update(UsageArchive).where(UsageArchive.month == month.first).values(done_at=clock.now()))


def _drop(session: Session, month: Month) -> None:
    """Let PostgreSQL drop the month's partition, or say that somebody keeps it from doing so."""
    try:
        session.execute(select(func.purser_drop_usage_month(month.first)))
    except OperationalError as problem:
        if getattr(problem.orig, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
            raise
        words = (
            f"Others have read or written usage events for five seconds: {month} is as it was. Give the command again."
        )
        raise Refused(words, "in_use") from None


def _left(session: Session, month: Month) -> dict[Key, Sums]:
    """Return what those of its events add up to that are still in the database."""
    captured = UsageEvent.authorization_id.is_not(None)
    sums = (
        func.count(),
        func.sum(UsageEvent.quantity),
        func.max(UsageEvent.quantity),
        func.sum(UsageEvent.micros),
        func.sum(case((captured, 1), else_=0)),
        func.sum(case((captured, UsageEvent.quantity), else_=0)),
        func.sum(case((captured, UsageEvent.micros), else_=0)),
    )
    key = (UsageEvent.customer_id, UsageEvent.day, UsageEvent.meter, UsageEvent.period_number)
    found = session.execute(select(*key, *sums).where(month.events).group_by(*key))
    return {(owner, str(day), meter, number): Sums(*map(int, added)) for owner, day, meter, number, *added in found}


def _taken(session: Session, month: Month) -> dict[Key, Sums]:
    """Return what those add up to that have left."""
    table = ArchivedUsage
    names = ("customer_id", "day", "meter", "period_number", *_SUMMED)
    found = session.execute(select(*(getattr(table, name) for name in names)).where(table.month == month.first))
    return {(owner, str(day), meter, number): Sums(*added) for owner, day, meter, number, *added in found}


def _together(left: Mapping[Key, Sums], taken: Mapping[Key, Sums]) -> dict[Key, Sums]:
    """Return both; nothing is in both, for what is taken out leaves whole."""
    return {**left, **taken} if not left.keys() & taken.keys() else {}


def _add(session: Session, month: Month, sums: Mapping[Key, Sums]) -> None:
    rows = [
        {"customer_id": owner, "day": date.fromisoformat(day), "meter": meter, "month": month.first,
         "period_number": number, **vars(each)}
        for (owner, day, meter, number), each in sums.items()
    ]  # fmt: skip
    for first in range(0, len(rows), _EACH_TIME):
        bulk.insert(session, ArchivedUsage, rows[first : first + _EACH_TIME])


def _of(key: Key) -> tuple[ColumnElement[bool], ...]:
    owner, day, meter, number = key
    return (
        UsageEvent.customer_id == owner,
        UsageEvent.meter == meter,
        UsageEvent.day == date.fromisoformat(day),
        UsageEvent.period_number == number,
    )
