"""What waits to be written in a session's transaction: handed over as it is decided, written together.

Rooms hand their rows over as they decide them, and nobody waits for each. They are written before the next statement
of the session that could read them, before it flushes, and before the transaction or a savepoint ends; so whoever
reads finds them. On PostgreSQL all of it is one statement, whose parts write a table each; on SQLite, where a statement
costs no round trip, it is a statement for each table, in the order of `changes.CHANGES`.

A row that is not as it was when it was decided is not written, and that is `Broken`: nothing of it all is done.
"""

import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, CursorResult, Dialect, Executable, event
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql import visitors
from sqlalchemy.sql.expression import ClauseElement

from app.domain.errors import ensure
from app.models.bulk import Row, Rows, as_handed, table_of
from app.models.database import Base
from app.models.scope import ServiceScope, current
from app.models.unit_of_work import ahead
from app.models.unit_of_work.changes import CHANGES, TABLES, at_once
from app.models.unit_of_work.kinds import Counted

_WAITING = "purser_unit_of_work"
_READS = "purser_reads"
_Statement = TypeVar("_Statement", bound=Executable)


def add(session: Session, rows: Mapping[str, Sequence[Row]], *, flush: bool = True) -> None:
    """Have rows written, by the name of their change. What they name may wait in the session: that is flushed first.

    What changes rows of a table is written before any more of that table waits, so that no row is changed twice, or
    added and changed, by one statement. Without `flush` the caller knows that nothing in the session has to be there.
    """
    _check_scope(rows)
    if flush:
        session.flush()
    waiting = session.info.get(_WAITING)
    if waiting and not _go_together(waiting, rows):
        write(session)
    waiting = session.info.setdefault(_WAITING, {})
    for name, each in rows.items():
        waiting.setdefault(name, []).extend(each)


def has_any(session: Session) -> bool:
    """Say whether rows were handed over that are not written."""
    return bool(session.info.get(_WAITING))


def write(session: Session) -> None:
    """Write what waits, if there is any."""
    waiting = session.info.pop(_WAITING, None)
    if waiting:
        _write(session, waiting)


def write_with(session: Session, name: str, row: Row) -> int:
    """Write what waits and this row, and return what is said of it: how many were written, or the number counted."""
    add(session, {name: [row]})
    return _write(session, session.info.pop(_WAITING))[name]


def whole(model: type[Base], values: Row) -> dict[str, Any]:
    """Return a new row with all columns of its table: what is not said is as its column has it by default."""
    return {**_defaults(model), **values}


@cache
def _defaults(model: type[Base]) -> dict[str, Any]:
    columns = table_of(model).columns
    return {each.name: None if each.default is None else cast("Any", each.default).arg for each in columns}


def write_on(dialect: Dialect, cursor: sqlite3.Cursor, rows: Rows) -> dict[str, int]:
    """Write rows in a transaction of SQLite's that is no session's; one that was not as it was decided is `Broken`.

    Return of each change how many were written, or the number counted.
    """
    found = dict[str, int]()
    for name in CHANGES:
        if rows.get(name):
            values = {name: as_handed("sqlite", CHANGES[name].handed_over(rows[name]))}
            found[name] = _kept(dialect, (name,)).run_on(cursor, values)
            ensure(not CHANGES[name].counts or found[name] == len(rows[name]), f"wrote {found[name]} of {name}")
    return found


def as_row(new: Base) -> dict[str, Any]:
    """Return a new row as the session would insert it: what was not said is as its column has it by default."""
    given = new.__dict__
    for column in table_of(type(new)).columns:
        if column.name not in given:
            default: Any = column.default
            set_committed_value(new, column.name, None if default is None else default.arg)
    return {column.name: given[column.name] for column in table_of(type(new)).columns}


def reads(statement: _Statement, passes_by: Mapping[str, Callable[[Row], bool]] | None = None) -> _Statement:
    """Return a kept statement, marked with the tables that it reads: what waits for others may go on waiting.

    So may rows of its tables of which it is known that it does not find them: by their change, `passes_by` says which.
    """
    ensure(isinstance(statement, ClauseElement), "no statement")
    parts: Any = visitors.iterate(statement)  # type: ignore[arg-type]  # said above
    tables = frozenset(each.name for each in parts if each.__visit_name__ == "table")
    ensure(tables, "it reads no table")
    return statement.execution_options(**{_READS: (tables, passes_by or {})})


class _Kept:
    """A statement as the driver takes it: nothing is put together or looked up when it is run."""

    def __init__(self, dialect: Dialect, statement: ClauseElement) -> None:
        compiled = statement.compile(dialect=dialect)
        self._text, self._values = str(compiled), dict(compiled.params)
        self._order: Sequence[str] | None = getattr(compiled, "positiontup", None)

    def run(self, connection: Connection, values: Mapping[str, str]) -> CursorResult[Any]:
        """Run it with the rows that are handed over."""
        return connection.exec_driver_sql(self._text, self._given(values))

    def run_on(self, cursor: sqlite3.Cursor, values: Mapping[str, str]) -> int:
        """Run it on the driver's own cursor, and return how many rows it has written, or the number that it says."""
        cursor.execute(self._text, self._given(values))
        said = cursor.fetchall() if cursor.description else ()
        return int(said[0][0]) if said else cursor.rowcount

    def _given(self, values: Mapping[str, str]) -> Any:
        all_values = self._values | dict(values)
        return all_values if self._order is None else tuple(all_values[name] for name in self._order)


_KEPT: dict[tuple[str, tuple[str, ...]], _Kept] = {}


def _kept(dialect: Dialect, names: tuple[str, ...]) -> _Kept:
    found = _KEPT.get((dialect.name, names))
    if found is None:
        together = dialect.name == "postgresql"
        statement = at_once(dialect.name, names) if together else _alone(dialect.name, *names)
        found = _KEPT[dialect.name, names] = _Kept(dialect, statement)
    return found


def _write(session: Session, waiting: Mapping[str, Sequence[Row]]) -> dict[str, int]:
    rows = {name: waiting[name] for name in CHANGES if waiting.get(name)}
    ahead.forget_what(session, lambda options: not _is_passed_by(options, rows))
    written = _written(session.connection(), rows)
    wrong = {name: written[name] for name in rows if CHANGES[name].counts and written[name] != len(rows[name])}
    ensure(not wrong, f"wrote {wrong}, not all: it moved under its lock")
    return written


def _go_together(waiting: Collection[str], more: Collection[str]) -> bool:
    """Say whether one statement may write both: a table of which anything changes is in one of them alone."""
    changing = ({CHANGES[name].model for name in each if not CHANGES[name].adds} for each in (waiting, more))
    (changed, changes), (has, adds) = changing, ({CHANGES[name].model for name in each} for each in (waiting, more))
    return changed.isdisjoint(adds) and changes.isdisjoint(has)


def _written(connection: Connection, rows: Mapping[str, Sequence[Row]]) -> dict[str, int]:
    """Write the rows, and return of each change how many were written."""
    dialect, names = connection.dialect, tuple(rows)
    values = {name: as_handed(dialect.name, CHANGES[name].handed_over(each)) for name, each in rows.items()}
    if dialect.name == "postgresql":
        return dict(zip(names, _kept(dialect, names).run(connection, values).one(), strict=True))
    found = dict[str, int]()
    for name in names:
        result = _kept(dialect, (name,)).run(connection, values)
        found[name] = int(result.scalar_one()) if isinstance(CHANGES[name], Counted) else result.rowcount
    return found


def _alone(dialect: str, name: str) -> ClauseElement:
    change = CHANGES[name]
    made = change.statement(dialect, name)
    return made.returning(change.returned()) if isinstance(change, Counted) else made


def _check_scope(rows: Mapping[str, Sequence[Row]]) -> None:
    """Refuse to write a row for anyone but the customer in scope, as the session does."""
    scope = current()
    if isinstance(scope, ServiceScope):
        return
    own = scope.customer_id if scope is not None else None
    strangers = sorted({str(row["customer_id"]) for each in rows.values() for row in each} - {str(own)})
    ensure(not strangers, f"rows of {strangers} written in {scope}")


@event.listens_for(Session, "do_orm_execute")
def _write_before_a_statement(state: ORMExecuteState) -> None:
    if not state.is_select:
        ahead.forget(state.session)
    write_before(state.session, state.execution_options)


def write_before(session: Session, options: Mapping[str, Any]) -> None:
    """Write what waits, unless a statement with these options reads none of it."""
    rows = session.info.get(_WAITING)
    if rows and not _is_passed_by(options, rows):
        write(session)


def _is_passed_by(options: Mapping[str, Any], rows: Mapping[str, Sequence[Row]]) -> bool:
    """Say whether a statement with these options reads none of the rows."""
    tables, passes_by = options.get(_READS, (None, {}))
    return tables is not None and not any(
        TABLES[name] in tables and not _passes(name, rows[name], passes_by) for name in rows
    )


def _passes(name: str, rows: Sequence[Row], passes_by: Mapping[str, Callable[[Row], bool]]) -> bool:
    return name in passes_by and all(passes_by[name](row) for row in rows)


@event.listens_for(Session, "before_flush")
def _write_before_a_flush(session: Session, _context: object, _instances: object) -> None:
    write(session)  # what is flushed came after what waits, and may name it
    ahead.forget(session)


@event.listens_for(Session, "before_commit")
def _write_before_the_end(session: Session) -> None:
    write(session)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _transaction: SessionTransaction) -> None:
    session.info.pop(_WAITING, None)
    ahead.forget(session)
