"""The balance history by day, for the customer in scope: usage by UTC day, and every other movement by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import islice

from sqlalchemy import ColumnElement, and_, false, or_, select

from app.domain.errors import ensure
from app.domain.ledger import HISTORY_KINDS
from app.domain.money import Credits
from app.domain.numbers import Numbers
from app.models.database import db
from app.models.ledger import BalanceDay, Transfer
from app.models.usage import UsageDay
from app.services.balance import movements
from app.services.balance.day_rows import Place, Row, Step, Totals, rows
from app.services.balance.history import Day
from app.services.balance.movements import HistoryQuery, Movement
from app.services.balance.summary import whose

USAGE = "usage"
LAPSED, BEGUN = "lapsed", "begun"
"""Kinds of rows that no movement has yet: credit that is over, credit that begins; the next job books both."""
CHUNK = 500
_BEYOND = 4
"""So many rows more are read: those at a page's ends that belong to another page, or that say whether there is one."""
_LONGEST = 500
"""So many rows of usage by their words are looked at."""


@dataclass(frozen=True)
class DayRow:
    """A row of the history by day: the usage of a UTC day, or of a part of it, or one other movement."""

    day: date
    kind: str
    change: Credits
    balance_after: Credits
    place: Place | None = None
    """Where it stands: `before` and `after` of a page. What is not booked yet stands above all."""
    movement: Movement | None = None
    since: datetime | None = None
    """Where something else moved the balance on the same day: usage after that, up to `until`."""
    until: datetime | None = None

    @property
    def is_usage(self) -> bool:
        """Whether it is usage."""
        return self.kind == USAGE


@dataclass(frozen=True)
class DayPage:
    """Rows, the newest first. `older` is the `before` of the next page, `newer` the `after` of the previous one."""

    rows: list[DayRow]
    older: Place | None
    newer: Place | None


def page(query: HistoryQuery, *, before: Place | None = None, after: Place | None = None) -> DayPage:
    """Return one page, in two statements and as fast at any depth; a third where words are looked for."""
    ensure(1 <= query.limit <= CHUNK and not (before and after), f"a page has 1 to {CHUNK} rows, before or after one")
    found = _found(query, before, after)
    more, found = len(found) > query.limit, found[-query.limit :] if after else found[: query.limit]
    if not found:
        return DayPage([], None, None)
    return DayPage(
        found,
        older=found[-1].place if more or after else None,
        newer=found[0].place if (more if after else before is not None) else None,
    )


def latest(limit: int, days: Sequence[Day], *, is_whole: bool = False) -> list[DayRow]:
    """Return the newest rows. `days` are every day up to today, as `history.days` returns them; they spare a read.

    `is_whole`: there is no day before them, so that fewer rows are all there are.
    """
    query = HistoryQuery(limit=limit)
    moved = movements.of_kinds(replace(query, limit=limit + _BEYOND), HISTORY_KINDS - {USAGE})
    known = [_as_totals(day) for day in days if day.used.micros or day.added.micros or _has(moved, day.day)]
    found = _described(known, moved, limit=limit)
    return found if is_whole or len(found) >= limit else page(query).rows


def export(query: HistoryQuery) -> Iterator[DayRow]:
    """Yield every row that matches, the newest first, read in chunks so that a long history needs no memory."""
    before: Place | None = None
    while True:
        found = _found(replace(query, limit=CHUNK), before, None)
        yield from found[:CHUNK]
        if len(found) <= CHUNK:
            return
        before = found[CHUNK - 1].place
        db.session.expunge_all()


def not_booked(numbers: Numbers, top: DayRow | None, today: date) -> list[DayRow]:
    """Return rows for what counts already and no day holds yet, so that the topmost balance is the one of the numbers.

    Credit that is over, or begins, is booked by the next job; usage needs no such row, for its day counts at once.
    """
    balance = numbers.remaining_credits
    rest = [(LAPSED, -numbers.lapsed), (BEGUN, balance + numbers.lapsed - (top.balance_after if top else Credits(0)))]
    found = []
    for kind, change in rest:
        if change.micros:
            found.append(DayRow(today, kind, change, balance))
            balance -= change
    return found


def _found(query: HistoryQuery, before: Place | None, after: Place | None) -> list[DayRow]:
    """Return the rows next to the place: one more than a page has where there are more."""
    kinds = set(query.kinds or HISTORY_KINDS)
    is_some = bool(query.kinds or query.text or query.amount)
    wide = replace(query, limit=query.limit + _BEYOND)
    moved = movements.of_kinds(
        wide,
        kinds - {USAGE},
        up_to=before.sequence if before else None,
        since=after.sequence if after else None,
    )
    totals = _totals(wide, moved, before, after, is_some=is_some) if USAGE in kinds or not is_some else []
    found = _described(totals, moved, is_some=is_some)
    if before:
        return [row for row in found if row.place and row.place.rank < before.rank][: query.limit + 1]
    if after:
        return [row for row in found if row.place and row.place.rank > after.rank][-query.limit - 1 :]
    return found[: query.limit + 1]


def _totals(
    query: HistoryQuery, moved: Sequence[Movement], before: Place | None, after: Place | None, *, is_some: bool
) -> list[Totals]:
    """Return the days that have usage or movements, next to the place."""
    has_usage = BalanceDay.used_micros > 0
    wanted = select(BalanceDay).where(BalanceDay.customer_id == whose())
    if is_some:
        wanted = wanted.where(has_usage, *_sought(query))
    else:
        wanted = wanted.where(or_(has_usage, BalanceDay.day.in_({_day(each) for each in moved})))
    if query.from_day:
        wanted = wanted.where(BalanceDay.day >= query.from_day)
    if query.to_day:
        wanted = wanted.where(BalanceDay.day <= query.to_day)
    if before:
        wanted = wanted.where(BalanceDay.day <= before.day)
    if after:
        wanted = wanted.where(BalanceDay.day >= after.day)
    wanted = wanted.order_by(BalanceDay.day if after else BalanceDay.day.desc()).limit(query.limit)
    return [
        Totals(row.day, row.added_micros, row.used_micros, row.closing_micros) for row in db.session.scalars(wanted)
    ]


def _sought(query: HistoryQuery) -> list[ColumnElement[bool]]:
    """Ask for days of usage by what is looked for: their amount, their meters' names, or the words of their rows."""
    found: list[ColumnElement[bool]] = []
    if query.amount is not None and query.amount.sign <= 0:
        found.append(and_(BalanceDay.used_micros >= query.amount.low, BalanceDay.used_micros < query.amount.high))
    if query.meters:
        of_meter = and_(UsageDay.customer_id == whose(), UsageDay.day == BalanceDay.day, UsageDay.micros > 0)
        found.append(select(UsageDay.day).where(of_meter, UsageDay.meter.in_(sorted(query.meters))).exists())
    if query.text:
        found.append(BalanceDay.day.in_(_days_in_words(query)))
    return [or_(false(), *found)] if found or query.amount is not None else []


def _days_in_words(query: HistoryQuery) -> set[date]:
    """Return the days of usage whose rows of the history have these words or this id."""
    wanted = movements.matching(replace(query, kind=USAGE, kinds=(), amount=None, from_day=None, to_day=None))
    found = set()
    for row in db.session.scalars(wanted.order_by(Transfer.sequence.desc()).limit(_LONGEST)):
        is_of_day = row.source_type == "usage_day"
        found.add(
            date.fromisoformat(row.source_id.rsplit(":", 2)[1]) if is_of_day else row.booked_at.astimezone(UTC).date()
        )
    return found


def _described(
    totals: Sequence[Totals], moved: Sequence[Movement], *, is_some: bool = False, limit: int | None = None
) -> list[DayRow]:
    by_sequence = {each.sequence: each for each in moved}
    steps = [Step(each.sequence, _day(each), each.change.micros, each.balance_after.micros) for each in moved]
    return [_row(row, by_sequence) for row in islice(rows(totals, steps, parted=not is_some), limit)]


def _row(row: Row, moved: dict[int, Movement]) -> DayRow:
    own = None if row.is_usage else moved[row.place.sequence]
    above, below = moved.get(row.above or 0), moved.get(row.below or 0)
    return DayRow(
        row.place.day,
        own.kind if own else USAGE,
        Credits(row.change),
        Credits(row.balance_after),
        row.place,
        own,
        since=below.booked_at if below else None,
        until=above.booked_at if above else None,
    )


def _as_totals(day: Day) -> Totals:
    return Totals(day.day, day.added.micros, day.used.micros, day.closing.micros)


def _has(moved: Sequence[Movement], day: date) -> bool:
    return any(_day(each) == day for each in moved)


def _day(movement: Movement) -> date:
    return movement.booked_at.astimezone(UTC).date()
