"""Rows of the balance history: what they are, which are asked for, and how they are found at any depth."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, TypeVarTuple

from sqlalchemy import BigInteger, ColumnElement, Row, Select, and_, bindparam, or_, select, union_all

from app.domain.errors import Broken
from app.domain.money import Credits
from app.domain.typed_numbers import SoughtAmount
from app.models.database import constant
from app.models.ledger import Transfer
from app.models.reversals import Dispute, Refund
from app.models.unit_of_work import figures
from app.services.balance.summary import whose

MovementNow = Row[*tuple[Any, ...]]
_FIGURES = (
    Transfer.id,
    Transfer.sequence,
    Transfer.kind,
    Transfer.description,
    Transfer.booked_at,
    Transfer.change_micros,
    Transfer.balance_after_micros,
    Transfer.source_type,
    Transfer.source_id,
)
"""None of them is empty in a row of the history, as a CHECK says."""
NEWEST = 2**62
"""No sequence comes so far."""
Asked = TypeVarTuple("Asked")


@dataclass(frozen=True)
class Movement:
    """A row of the balance history."""

    id: str
    sequence: int
    kind: str
    description: str
    booked_at: datetime
    change: Credits
    balance_after: Credits
    source_type: str
    source_id: str
    state: str = ""
    """Where the refund or dispute that it is for stands now; a file does not say it."""
    decided_at: datetime | None = None
    """When that dispute was decided."""


@dataclass(frozen=True)
class HistoryQuery:
    """What to show. `before` goes to rows older than this sequence, `after` to newer ones.

    Days are UTC, both included. A row matches `text` or `amount` where either is asked for.
    """

    kind: str | None = None
    kinds: Collection[str] = ()
    """Only these; empty: all."""
    text: str | None = None
    booked_as: Collection[str] = ()
    """Parts of what rows are booked with that match the text as the page says it."""
    amount: SoughtAmount | None = None
    meters: Collection[str] = ()
    """The meters whose names match the text: it finds their days as well."""
    from_day: date | None = None
    to_day: date | None = None
    before: int | None = None
    after: int | None = None
    limit: int = 25


def matching(query: HistoryQuery) -> Select[Transfer]:
    """Ask for the movements of the customer in scope that match, wherever they are."""
    return narrowed(select(Transfer), query)


def narrowed(wanted: Select[*Asked], query: HistoryQuery) -> Select[*Asked]:
    """Narrow what is asked of transfers to those of the customer in scope that match."""
    wanted = wanted.where(Transfer.customer_id == whose(), Transfer.sequence.is_not(None))
    if query.kind:
        wanted = wanted.where(Transfer.kind == query.kind)
    if query.kinds:
        wanted = wanted.where(Transfer.kind.in_(sorted(query.kinds)))
    if sought := _sought(query):
        wanted = wanted.where(or_(*sought))
    return wanted.where(*_of_days(query))


def of_kinds(
    query: HistoryQuery, kinds: Collection[str], *, up_to: int | None = None, since: int | None = None
) -> list[Movement]:
    """Return movements of these kinds alone that match: the newest up to that sequence, or the oldest since it.

    One statement, and as fast at any depth whatever lies between them: each kind is read by itself, by sequence.
    """
    if not kinds:
        return []
    of_days, sought = _of_days(query), _sought(query)
    conditions = (*of_days, or_(*sought)) if sought else of_days
    wanted = _of_kinds(frozenset(kinds), since is not None, query.limit, conditions)
    edge = since if since is not None else NEWEST if up_to is None else up_to
    found = figures.read(wanted, {"whose": whose(), "edge": edge}).all()
    return [movement_now(row) for row in found]


def _of_kinds(
    kinds: frozenset[str], upwards: bool, many: int, conditions: tuple[ColumnElement[bool], ...]
) -> Select[*tuple[Any, ...]]:
    return _plain(kinds, upwards, many) if not conditions else _put_together(kinds, upwards, many, conditions)


@lru_cache(maxsize=32)
def _plain(kinds: frozenset[str], upwards: bool, many: int) -> Select[*tuple[Any, ...]]:
    """Return the statement without a filter: put together once, for that takes longer than the statement itself."""
    return _put_together(kinds, upwards, many, ())


def _put_together(
    kinds: frozenset[str], upwards: bool, many: int, conditions: tuple[ColumnElement[bool], ...]
) -> Select[*tuple[Any, ...]]:
    edge = bindparam("edge", type_=BigInteger)
    most = constant(many)
    own = Transfer.customer_id == bindparam("whose")
    beyond = Transfer.sequence >= edge if upwards else Transfer.sequence <= edge
    order = Transfer.sequence if upwards else Transfer.sequence.desc()
    found = [
        select(Transfer.sequence)
        .where(own, Transfer.kind == constant(kind), Transfer.sequence.is_not(None), beyond, *conditions)
        .order_by(order)
        .limit(most)
        .subquery(f"of_{kind}")
        for kind in sorted(kinds)
    ]
    newest = union_all(*(select(each.c.sequence) for each in found))
    return with_standing(select(Transfer).where(own, Transfer.sequence.in_(newest)).order_by(order).limit(most))


def with_standing(wanted: Select[Transfer]) -> Select[*tuple[Any, ...]]:
    """Ask for the figures, and for the state of the refund or dispute behind each row: it moves on, the row does not.

    Their figures, not the rows: an object for each takes longer than the statement.
    """
    return (
        wanted.with_only_columns(*_FIGURES, Refund.state, Dispute.state, Dispute.closed_at)
        .outerjoin(Refund, _is_for("refund", Refund))
        .outerjoin(Dispute, _is_for("dispute", Dispute))
    )


def movement_now(row: MovementNow) -> Movement:
    """Return the movement with where its refund or dispute stands now."""
    name, sequence, kind, description, at, change, after, source_type, source_id, refund, dispute, decided = row
    moved = Credits(change), Credits(after)
    state = refund or dispute or ""
    return Movement(name, sequence, kind, description, at, *moved, source_type, source_id, state, decided)


def movement(row: Transfer) -> Movement:
    """Return the movement of a transfer that is a row of the history."""
    if row.sequence is None or row.change_micros is None or row.balance_after_micros is None:
        raise Broken(f"{row.id} is not in the history")
    return Movement(
        row.id,
        row.sequence,
        row.kind,
        row.description,
        row.booked_at,
        Credits(row.change_micros),
        Credits(row.balance_after_micros),
        row.source_type,
        row.source_id,
    )


def begin(day: date) -> datetime:
    """Return when the UTC day begins."""
    return datetime.combine(day, time(), UTC)


def _of_days(query: HistoryQuery) -> tuple[ColumnElement[bool], ...]:
    found = []
    if query.from_day:
        found.append(Transfer.booked_at >= begin(query.from_day))
    if query.to_day and query.to_day < date.max:
        found.append(Transfer.booked_at < begin(query.to_day + timedelta(days=1)))
    return tuple(found)


def _sought(query: HistoryQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    words = (query.text or "").strip()
    if words:
        found += [
            Transfer.description.icontains(words, autoescape=True),
            Transfer.id == words,
            Transfer.source_id == words,
            *(Transfer.description.icontains(each, autoescape=True) for each in query.booked_as),
        ]
    if query.amount is not None:
        found.append(and_(Transfer.amount >= query.amount.low, Transfer.amount < query.amount.high))
        if query.amount.sign:
            found[-1] = and_(found[-1], Transfer.change_micros * query.amount.sign > 0)
    return found


def _is_for(source: str, model: type[Refund] | type[Dispute]) -> ColumnElement[bool]:
    same = and_(model.customer_id == Transfer.customer_id, model.id == Transfer.source_id)
    return and_(Transfer.source_type == source, same)
