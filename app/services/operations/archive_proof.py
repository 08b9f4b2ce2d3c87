"""The last proof of a month's usage events: what is in a file is compared with nothing in the database again."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import astuple
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app import clock, ids
from app.models.proofs import ProvedSegment
from app.models.usage import ArchivedUsage, UsageDay, UsageEvent, UsageSubject, UsageTotal
from app.services.operations.archive_files import Key, Sums
from app.services.verification import proved
from app.services.verification.series import EVENTS, HOLDS
from app.services.verification.usage_proofs import TOTALS_PROOFS
from app.services.verification.verify import violations_of

_DAY = timedelta(days=1)
_AT_ONCE = {"yield_per": 5_000}


def changes(session: Session, month: date, before_at: datetime, sums: Mapping[Key, Sums]) -> Iterator[str]:
    """Yield what of the month is not as `verify` has proved it, and the totals of days that are not its events'.

    The sums are those of all of its events. Its ended authorizations are asked, too: each is compared with its own
    usage for as long as that is there. What the days of a meter and billing period add up to is what `verify` has kept
    of them: from the events alone nobody can say what a meter shows that counts subjects, or whose last value it is.
    """
    from_at = datetime.combine(month, time(), UTC)
    events, holds = _events_before(session, before_at), _holds_between(session, from_at, before_at)
    there, were = sum(each.events for each in sums.values()), sum(each.rows for each in events)
    if there != were:
        yield f"{there:,} usage events, {were:,} were proved"
    for _owner, words in proved.changed(session, [*events, *holds]):
        yield words
    for each in violations_of(session, TOTALS_PROOFS, None, proved.reached(session)):
        yield f"{each.sentence} ({each.customer_id}, {each.row_id})"
    yield from _totals_of_others(session, month, before_at.date(), sums)


def _events_before(session: Session, moment: datetime) -> Sequence[ProvedSegment]:
    """Return the segments of usage events before a month begins: they leave with its events. None crosses a month."""
    before = ProvedSegment.from_key < moment.astimezone(UTC).date().isoformat()
    return session.scalars(select(ProvedSegment).where(ProvedSegment.series == EVENTS, before)).all()


def _holds_between(session: Session, from_at: datetime, before_at: datetime) -> Sequence[ProvedSegment]:
    """Return the segments of authorizations that have some of between the moments."""
    first, last = (ids.first_of("hold", clock.now() - each) for each in (from_at, before_at))
    between = (ProvedSegment.before_key > first, ProvedSegment.from_key < last)
    return session.scalars(select(ProvedSegment).where(ProvedSegment.series == HOLDS, *between)).all()


def _totals_of_others(session: Session, month: date, next_month: date, sums: Mapping[Key, Sums]) -> Iterator[str]:
    """Yield the totals of days that are not those of their events, and the events whose day has none."""
    table, seen = UsageDay, 0
    names = (table.customer_id, table.day, table.meter, table.period_number, table.events, table.quantity, table.micros)
    days = select(*names).where(table.day.between(month - _DAY, next_month))
    with closing(session.execute(days, execution_options=_AT_ONCE)) as rows:
        for owner, day, meter, number, events, quantity, micros in rows:
            key = (owner, str(day), meter, number)
            inside, is_of_both = sums.get(key), not month <= day < next_month
            seen += inside is not None
            if inside is None and (is_of_both or not events):
                continue
            whole = inside or Sums()
            if events != whole.events:  # of a day at the month's edge some are received in another one
                whole = _with_others(session, key, month, next_month, whole)
            fits = quantity in {whole.quantity, whole.most} or _counts_otherwise(session, owner, meter, number)
            if (events, micros) != (whole.events, whole.micros) or not fits:
                yield f"the totals of {owner} on {day}, {meter or 'credit'}"
    if seen != len(sums):
        yield f"{len(sums) - seen:,} sums of events of a day have no totals"


def _with_others(session: Session, key: Key, month: date, next_month: date, inside: Sums) -> Sums:
    """Return what the day's events add up to with those that another month has received."""
    owner, day, meter, number = key
    event, gone = UsageEvent, ArchivedUsage
    from_at, before_at = (datetime.combine(each, time(), UTC) for each in (month, next_month))
    outside = (event.received_at < from_at) | (event.received_at >= before_at)
    of_day = and_(event.day == date.fromisoformat(day), event.received_at < before_at + _DAY)
    of_key = (event.customer_id == owner, event.meter == meter, event.period_number == number)
    left = (func.count(), func.sum(event.quantity), func.max(event.quantity), func.sum(event.micros))
    archived = select(gone.events, gone.quantity, gone.most, gone.micros).where(
        gone.customer_id == owner,
        gone.day == date.fromisoformat(day),
        gone.meter == meter,
        gone.period_number == number,
        gone.month != month,
    )
    events, quantity, most, micros, *_captured = astuple(inside)
    for more in (*session.execute(select(*left).where(*of_key, of_day, outside)), *session.execute(archived)):
        events, quantity, micros = events + more[0], quantity + int(more[1] or 0), micros + int(more[3] or 0)
        most = max(most, more[2] or 0)
    return Sums(events, quantity, most, micros)


def _counts_otherwise(session: Session, owner: str, meter: str, number: int) -> bool:
    """Say whether the meter counts subjects, or shows its last value: its quantity is not that of its events."""
    subjects = select(UsageSubject.meter).where(UsageSubject.customer_id == owner, UsageSubject.meter == meter)
    total = UsageTotal
    lasts = select(total.meter).where(
        total.customer_id == owner,
        total.meter == meter,
        total.period_number == number,
        total.last_at.is_not(None),
    )
    return any(session.scalar(each.limit(1)) is not None for each in (subjects, lasts))
