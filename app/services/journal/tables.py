"""The statements that write many rows of each table of the journal. They are put together once and kept.

Each row names what it was decided from, and is written only where that is so still.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Column, FromClause, Select, and_, func, literal, select, true, update
from sqlalchemy.sql.dml import Update

from app.models.bulk import Insert, handed, inserted, inserted_or_changed, table_of
from app.models.database import Base
from app.models.ledger import Account, Allocation, BalanceDay, Grant, Transfer
from app.models.usage import Spending, UsageDay

Written = Insert | Update
Values = Mapping[str, Any]


@dataclass(frozen=True)
class New:
    """Rows that are new to a table."""

    model: type[Base]
    columns: tuple[str, ...]
    counts = True
    """Whether each row that is handed over is written once."""

    def statement(self, dialect: str, name: str) -> Written:
        """Return the statement that writes the rows handed over under this name."""
        table = table_of(self.model)
        rows = handed(dialect, name, [table.c[each] for each in self.columns])
        return inserted(dialect, table, self.columns, select(*[rows.c[each] for each in self.columns]))


@dataclass(frozen=True)
class Changed:
    """Rows that a table has."""

    model: type[Base]
    columns: tuple[str, ...]
    """What each row says: columns of the table, its key among them, and `was`, a number that it was decided from."""
    sets: Callable[[Any, Any], Values]
    """The new values, from the table's columns and a row's."""
    guard: Callable[[Any, Any], Any] = lambda _table, _row: true()
    key: tuple[str, ...] = ("customer_id",)
    counts: bool = True

    def statement(self, dialect: str, name: str) -> Written:
        """Return the statement that writes the rows handed over under this name."""
        table = table_of(self.model)
        rows = handed(
            dialect, name, [Column("was", BigInteger) if each == "was" else table.c[each] for each in self.columns]
        )
        mine = and_(*(table.c[each] == rows.c[each] for each in self.key))
        return update(table).values(self.sets(table.c, rows.c)).where(mine, self.guard(table.c, rows.c))


@dataclass(frozen=True)
class DayTotals:
    """The totals of a UTC day, where there may be none yet; the balance at its end follows from the day before."""

    counts = True

    def statement(self, dialect: str, name: str) -> Written:
        """Return the statement that writes the rows handed over under this name."""
        table = table_of(BalanceDay)
        rows, before = handed_days(dialect, name), table.alias()
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
class LaterDays:
    """The balances at the ends of the days after one whose totals moved: there are any where a clock went back."""

    counts = False

    def statement(self, dialect: str, name: str) -> Written:
        """Return the statement that writes the rows handed over under this name."""
        table = table_of(BalanceDay)
        rows, day = handed_days(dialect, name), table.c
        moved = day.closing_micros + rows.c.added_micros - rows.c.used_micros
        after = and_(day.customer_id == rows.c.customer_id, day.day > rows.c.day)
        return update(table).values(closing_micros=moved).where(after)


_DAY = ("customer_id", "day", "added_micros", "used_micros")
_TO_SPENDING = ("customer_id", "unposted_micros")


def handed_days(dialect: str, name: str) -> FromClause:
    """Return the days that are handed over under this name."""
    table = table_of(BalanceDay)
    return handed(dialect, name, [table.c[each] for each in _DAY])


def _columns(model: type[Base]) -> tuple[str, ...]:
    return tuple(each.name for each in table_of(model).columns)


CHANGES: dict[str, New | Changed | DayTotals | LaterDays] = {
    "new_transfers": New(Transfer, _columns(Transfer)),
    "moved_accounts": Changed(
        Account,
        ("customer_id", "unit", "name", "was", "version", "balance", "debt"),
        lambda _account, row: {"version": row.version, "balance": row.balance, "debt": row.debt},
        lambda account, row: account.version == row.was,
        key=("customer_id", "unit", "name"),
    ),
    "new_grants": New(Grant, _columns(Grant)),
    "begun_grants": Changed(
        Grant,
        ("customer_id", "id", "remaining_micros", "posted_at"),
        lambda _grant, row: {"remaining_micros": row.remaining_micros, "posted_at": row.posted_at},
        lambda grant, _row: and_(grant.posted_at.is_(None), grant.voided_at.is_(None)),
        key=("customer_id", "id"),
    ),
    "burnt_grants": Changed(
        Grant,
        ("customer_id", "id", "was"),
        lambda grant, row: {"remaining_micros": grant.remaining_micros - row.was},
        lambda grant, row: grant.remaining_micros >= row.was,
        key=("customer_id", "id"),
    ),
    "new_allocations": New(Allocation, _columns(Allocation)),
    "posted_days": Changed(
        UsageDay,
        ("customer_id", "day", "meter", "was", "micros", "postings"),
        lambda _day, row: {"posted_micros": row.micros, "postings": row.postings},
        lambda day, row: and_(day.micros == row.micros, day.posted_micros == row.was),
        key=("customer_id", "day", "meter"),
    ),
    "day_totals": DayTotals(),
    "later_days": LaterDays(),
    "spent": Changed(
        Spending,
        ("customer_id", "was"),
        lambda spending, row: {"unposted_micros": spending.unposted_micros - row.was, "dirty": True},
    ),
}
"""By the name under which rows are handed over, in the order in which they are written one after the other."""


@cache
def alone(dialect: str, name: str) -> Written:
    """Return the statement that makes one of the changes."""
    return CHANGES[name].statement(dialect, name)


@cache
def at_once(dialect: str, names: tuple[str, ...]) -> Select[Any]:
    """Return one statement that makes all of these changes, and says how many rows each has written."""
    parts = [
        CHANGES[name].statement(dialect, name).returning(literal(1).label("one")).cte(f"w_{name}") for name in names
    ]
    return select(*[select(func.count()).select_from(part).scalar_subquery() for part in parts])
