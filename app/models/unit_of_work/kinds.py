"""The kinds of changes: the statement that writes many rows of one, from rows that are handed over as JSON.

A row that changes another names what it was decided from, and is written only where that is so still.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, FromClause, and_, func, literal, select, true, update
from sqlalchemy.sql.dml import Update

from app.models.bulk import Insert, Row, handed, inserted, inserted_missing, inserted_or_changed, table_of
from app.models.database import Base
from app.models.ledger import BalanceDay

Written = Insert | Update
Values = Mapping[str, Any]


class Change:
    """A change of many rows of a table."""

    model: type[Base]
    counts = True
    """Whether each row that is handed over is written once."""
    adds = False
    """Whether the rows are new to the table, so that it does not matter what else of it waits."""

    def statement(self, dialect: str, name: str) -> Written:
        """Return the statement that writes the rows handed over under this name."""
        raise NotImplementedError

    def handed_over(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows as the statement takes them."""
        return rows

    def returned(self) -> ColumnElement[Any]:
        """Return what the statement returns of each row."""
        return literal(1)

    def said(self, returned: Any) -> ColumnElement[Any]:
        """Return what is said of all rows, from what was returned of each: how many they are."""
        return func.count(returned)


@dataclass(frozen=True)
class New(Change):
    """Rows that are new to a table."""

    model: type[Base]
    columns: tuple[str, ...]
    adds = True

    def statement(self, dialect: str, name: str) -> Written:
        """Return the statement that writes the rows handed over under this name."""
        table = table_of(self.model)
        rows = handed(dialect, name, [table.c[each] for each in self.columns])
        return inserted(dialect, table, self.columns, select(*[rows.c[each] for each in self.columns]))


@dataclass(frozen=True)
class Missing(Change):
    """Rows that are new to a table, but for those whose unique key exists: these are left out."""

    model: type[Base]
    columns: tuple[str, ...]
    adds = True
    counts = False

    def statement(self, dialect: str, name: str) -> Written:
        """Return the statement that writes the rows handed over under this name."""
        table = table_of(self.model)
        rows = handed(dialect, name, [table.c[each] for each in self.columns])
        taken = select(*[rows.c[each] for each in self.columns]).where(true())
        return inserted_missing(dialect, table, self.columns, taken)


@dataclass(frozen=True)
class InOrder(Change):
    """Rows that are new to a table, each with the next `sequence` of its customer.

    They are counted on from the last that is there. The customer's row is locked in an earlier statement, so that
    nobody else gives out places.
    """

    model: type[Base]
    columns: tuple[str, ...]
    adds = True

    def handed_over(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows, each with its place among those of its customer."""
        places = defaultdict[str, int](int)
        placed = list[Row]()
        for row in rows:
            places[row["customer_id"]] += 1
            placed.append({**row, "place": places[row["customer_id"]]})
        return placed

    def statement(self, dialect: str, name: str) -> Written:
        """Return the statement that writes the rows handed over under this name."""
        table = table_of(self.model)
        kept, before = [each for each in self.columns if each != "sequence"], table.alias()
        rows = handed(dialect, name, [*(table.c[each] for each in kept), Column("place", BigInteger)])
        last = select(func.max(before.c.sequence)).where(before.c.customer_id == rows.c.customer_id).scalar_subquery()
        taken = select(*[rows.c[each] for each in kept], func.coalesce(last, 0) + rows.c.place)
        return inserted(dialect, table, [*kept, "sequence"], taken)


@dataclass(frozen=True)
class Counted(Change):
    """One row whose counter begins at 1 or counts up by 1. What is said of it is the number that it holds then."""

    model: type[Base]
    counter: str
    counts = False

    def statement(self, dialect: str, name: str) -> Written:
        """Return the statement that writes the row handed over under this name."""
        table = table_of(self.model)
        columns = [each.name for each in table.columns]
        rows = handed(dialect, name, list(table.columns))
        taken = select(*[rows.c[each] for each in columns]).where(true())
        return inserted_or_changed(
            dialect, table, columns, taken, lambda old, new: {self.counter: old[self.counter] + new[self.counter]}
        )

    def handed_over(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the row with what is counted."""
        return [{**row, self.counter: 1} for row in rows]

    def returned(self) -> ColumnElement[Any]:
        """Return what the statement returns of the row."""
        return table_of(self.model).c[self.counter]

    def said(self, returned: Any) -> ColumnElement[Any]:
        """Return what is said of the row."""
        return func.max(returned)


@dataclass(frozen=True)
class Changed(Change):
    """Rows that a table has."""

    model: type[Base]
    columns: tuple[str | Column[Any], ...]
    """What each row says: columns of the table, its key among them, and others, such as what it was decided from."""
    sets: Callable[[Any, Any], Values]
    """The new values, from the table's columns and a row's."""
    guard: Callable[[Any, Any], Any] = lambda _table, _row: true()
    key: tuple[str, ...] = ("customer_id",)
    counts: bool = True

    def statement(self, dialect: str, name: str) -> Written:
        """Return the statement that writes the rows handed over under this name."""
        table = table_of(self.model)
        rows = handed(dialect, name, [table.c[each] if isinstance(each, str) else each for each in self.columns])
        mine = and_(*(table.c[each] == rows.c[each] for each in self.key))
        return update(table).values(self.sets(table.c, rows.c)).where(mine, self.guard(table.c, rows.c))


_DAY = ("customer_id", "day", "added_micros", "used_micros")


def _days(dialect: str, name: str) -> FromClause:
    table = table_of(BalanceDay)
    return handed(dialect, name, [table.c[each] for each in _DAY])


@dataclass(frozen=True)
class DayTotals(Change):
    """The totals of a UTC day, where there may be none yet; the balance at its end follows from the day before."""

    model: type[Base] = BalanceDay

    def statement(self, dialect: str, name: str) -> Written:
        """Return the statement that writes the rows handed over under this name."""
        table = table_of(BalanceDay)
        rows, before = _days(dialect, name), table.alias()
        closing = (
            select(before.c.closing_micros)
            .where(before.c.customer_id == rows.c.customer_id, before.c.day <= rows.c.day)
            .order_by(before.c.day.desc())
            .limit(1)
            .scalar_subquery()
        )
        change = rows.c.added_micros - rows.c.used_micros
        taken = select(*[rows.c[each] for each in _DAY], func.coalesce(closing, 0) + change).where(true())
        return inserted_or_changed(dialect, table, [*_DAY, "closing_micros"], taken, _moved_day)


def _moved_day(day: Any, new: Any) -> Values:
    return {
        "added_micros": day.added_micros + new.added_micros,
        "used_micros": day.used_micros + new.used_micros,
        "closing_micros": day.closing_micros + new.added_micros - new.used_micros,
    }


@dataclass(frozen=True)
class LaterDays(Change):
    """The balances at the ends of the days after one whose totals moved: there are any where a clock went back."""

    model: type[Base] = BalanceDay
    counts = False

    def statement(self, dialect: str, name: str) -> Written:
        """Return the statement that writes the rows handed over under this name."""
        table = table_of(BalanceDay)
        rows, day = _days(dialect, name), table.c
        moved = day.closing_micros + rows.c.added_micros - rows.c.used_micros
        after = and_(day.customer_id == rows.c.customer_id, day.day > rows.c.day)
        return update(table).values(closing_micros=moved).where(after)
