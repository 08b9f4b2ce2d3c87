"""Insert rows that may be there already, and read and write many rows in one statement: the same on both databases.

The values of many rows go over as one parameter, as JSON, so that the statement is the same for ten rows and for a
thousand. (On PostgreSQL that is quicker than an array for each column; COPY does not work with row-level security.)
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Dialect,
    FromClause,
    Select,
    String,
    Table,
    Text,
    bindparam,
    case,
    cast,
    column,
    func,
    inspect,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.domain.errors import ensure
from app.models.database import Base
from app.models.scope import ServiceScope, current

Row = Mapping[str, Any]
Rows = Mapping[str, Sequence[Row]]
"""Rows by the name of what is done with them."""
Rule = str | ColumnElement[Any]
Rules = Mapping[str, Rule]
"""What becomes of a column of a row that is there: `add` adds the new value, `set` takes it, `most` takes it when it is
higher; an expression is the column's new value."""
Insert = postgresql.Insert | sqlite.Insert
_ROWS = "rows"
Changes = Callable[[Any, Any], Mapping[str, Any]]
"""The new values of a row that is there, from its columns and those of the row that was to be inserted."""


def table_of(model: type[Base]) -> Table:
    """Return the model's table."""
    ensure(isinstance(model.__table__, Table), f"{model} has no table")
    return model.__table__  # type: ignore[return-value]  # said above


def handed(dialect: str, name: str, columns: Sequence[Column[Any]]) -> FromClause:
    """Return the rows that are handed over under this name when a statement that is kept is run (`as_handed`)."""
    if dialect == "postgresql":
        read = func.json_to_recordset(cast(bindparam(name, type_=Text), JSON))
        return read.table_valued(*[column(each.name, each.type) for each in columns]).render_derived(with_types=True)
    value = func.json_each(bindparam(name, type_=Text)).table_valued("value").c.value
    taken = [func.json_extract(value, f"$.{each.name}", type_=each.type).label(each.name) for each in columns]
    return select(*taken).where(true()).subquery()


def as_handed(dialect: str, rows: Sequence[Row] | Rows) -> str:
    """Return what goes over in the place of `handed`."""
    return json.dumps(rows, default=_with_zone if dialect == "postgresql" else _without_zone)


class Texts(TypeDecorator[Sequence[str]]):
    """Any number of texts in one parameter."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return an array, or on SQLite, which has none, JSON."""
        return dialect.type_descriptor(postgresql.ARRAY(String()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> Any:
        """Return what goes over."""
        texts = list(value or ())
        return texts if dialect.name == "postgresql" else json.dumps(texts)


class _Among(FunctionElement[Any]):
    """Whether a column is one of texts, or none of them."""

    inherit_cache = True


class _NotAmong(_Among):
    inherit_cache = True


@compiles(_Among)
def _among(element: _Among, compiler: SQLCompiler, **how: Any) -> str:
    found, texts = (compiler.process(each, **how) for each in element.clauses)
    is_none = isinstance(element, _NotAmong)
    if compiler.dialect.name == "postgresql":
        return f"{found} <> ALL ({texts})" if is_none else f"{found} = ANY ({texts})"
    negated = "NOT " if is_none else ""
    return f"{found} {negated}IN (SELECT value FROM json_each({texts}))"  # noqa: S608  # of what SQLAlchemy has put together


def one_of(column: Any, name: str) -> ColumnElement[Any]:
    """Select rows whose column is one of the texts that are handed over under this name when the statement is run.

    They are one parameter, so that the statement is the same for one as for hundreds. It is a condition, and not for
    `~`, which would compare it with 0 on SQLite: `none_of`.
    """
    return _Among(column, bindparam(name, type_=Texts()))


def none_of(column: Any, name: str) -> ColumnElement[Any]:
    """Select rows whose column is none of the texts that are handed over under this name."""
    return _NotAmong(column, bindparam(name, type_=Texts()))


def inserted(dialect: str, table: Table, columns: Sequence[str], rows: Select[*tuple[Any, ...]]) -> Insert:
    """Return the statement that inserts the rows. It is kept by whoever asks."""
    return _of(dialect, table).from_select(list(columns), rows)


def inserted_missing(dialect: str, table: Table, columns: Sequence[str], rows: Select[*tuple[Any, ...]]) -> Insert:
    """Return the statement that inserts the rows but for those whose unique key exists. It is kept by whoever asks."""
    return _of(dialect, table).from_select(list(columns), rows).on_conflict_do_nothing()


def inserted_or_changed(
    dialect: str, table: Table, columns: Sequence[str], rows: Select[*tuple[Any, ...]], changes: Changes
) -> Insert:
    """Return the statement that inserts the rows, or changes those that are there. It is kept by whoever asks."""
    statement = _of(dialect, table).from_select(list(columns), rows)
    sets = dict(changes(table.c, statement.excluded))
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=sets)


def insert(session: Session, model: type[Base], rows: Sequence[Row]) -> None:
    """Insert the rows; each names the same columns. None of them may be there."""
    if rows:
        upsert(session, model, rows, {})


def insert_new(session: Session, model: type[Base], values: Row) -> bool:
    """Insert one row; return False, changing nothing, when a unique key of it exists.

    It passes by the session's check of new rows, so it is for services only.
    """
    check_service()
    (key, *_more) = inspect(model).primary_key
    # The row that comes back is what says so: an ORM statement's row count is unknown on PostgreSQL.
    added = _insert(session, model).values(**values).on_conflict_do_nothing().returning(key)
    return session.execute(added).first() is not None


def insert_missing(session: Session, model: type[Base], rows: Sequence[Row]) -> None:
    """Insert the rows; one whose unique key exists is left out. For services only, like `insert_new`."""
    check_service()
    if rows:
        session.execute(_insert(session, model).on_conflict_do_nothing(), [dict(row) for row in rows])


def upsert(session: Session, model: type[Base], rows: Sequence[Row], rules: Rules) -> None:
    """Insert the rows, or change those that are there by the rules. No key may come twice in `rows`."""
    dialect = session.get_bind().dialect.name
    statement = _upserted(dialect, table_of(model), tuple(rows[0]), tuple(rules.items()))
    session.execute(statement, {_ROWS: as_handed(dialect, rows)})


@lru_cache
def _upserted(dialect: str, table: Table, names: tuple[str, ...], rules: tuple[tuple[str, Rule], ...]) -> Insert:
    """Return the statement, put together once: that takes longer than to run it for a row."""
    rows = select(*handed(dialect, _ROWS, [table.c[name] for name in names]).c)
    if dialect == "sqlite":
        rows = rows.where(true())  # without a WHERE, SQLite would read ON CONFLICT as a join's
    statement = inserted(dialect, table, names, rows)
    return _or_change(statement, table, dict(rules)) if rules else statement


def upsert_row(session: Session, model: type[Base], values: Row, rules: Rules) -> None:
    """Insert one row, whose values may be expressions, or change the one that is there by the rules."""
    session.execute(_or_change(_insert(session, model).values(**values), table_of(model), rules))


def count_up(session: Session, model: type[Base], key: Row, counter: str) -> int:
    """Insert the row with its counter at 1, or add 1 to that of the row that is there; return what it holds now."""
    counted = _counted(session.get_bind().dialect.name, table_of(model), counter)
    return int(session.execute(counted, {**key, counter: 1}).scalar_one())


@lru_cache
def _counted(dialect: str, table: Table, counter: str) -> ReturningInsert[Any]:
    """Return the statement, put together once: it is run while others wait for the row."""
    new = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return _or_change(new, table, {counter: "add"}).returning(table.c[counter])


def _insert(session: Session, target: type[Base] | Table) -> Insert:
    return _of(session.get_bind().dialect.name, target)


def _of(dialect: str, target: type[Base] | Table) -> Insert:
    return postgresql.insert(target) if dialect == "postgresql" else sqlite.insert(target)


def _or_change(statement: Insert, table: Table, rules: Rules) -> Insert:
    new = statement.excluded
    changes = {name: _changed(table.c[name], new[name], rule) for name, rule in rules.items()}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changes)


def check_service() -> None:
    """Make sure that a service asks."""
    ensure(isinstance(current(), ServiceScope), "a row inserted by key outside a service")


def _changed(old: Column[Any], new: ColumnElement[Any], rule: str | ColumnElement[Any]) -> ColumnElement[Any]:
    if not isinstance(rule, str):
        return rule
    match rule:
        case "add":
            return old + new
        case "most":
            return case((new > old, new), else_=old)
        case _:
            ensure(rule == "set", f"no such rule: {rule}")
            return new


def _with_zone(value: date) -> str:
    return value.isoformat()


def _without_zone(value: date) -> str:
    """Return a time or a day as SQLite keeps it: in UTC, as SQLAlchemy writes it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return value.isoformat()
