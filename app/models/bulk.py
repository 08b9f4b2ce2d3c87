"""Read and write many rows in one statement, whatever their number, on both databases.

The values go over as one parameter, as JSON, so that the statement is the same for ten rows and for a thousand. (On
PostgreSQL that is quicker than an array for each column; COPY does not work with row-level security.)
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Select, Table, Text, case, cast, column, func, literal, select, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from app.domain.errors import ensure
from app.models.database import Base

Row = Mapping[str, Any]


def table_of(model: type[Base]) -> Table:
    """Return the model's table."""
    ensure(isinstance(model.__table__, Table), f"{model} has no table")
    return model.__table__  # type: ignore[return-value]  # said above


def given(session: Session, columns: Sequence[Column[Any]], rows: Sequence[Row]) -> Select[*tuple[Any, ...]]:
    """Return a SELECT of the rows as the database would read them from these columns, to insert or to join."""
    if session.get_bind().dialect.name == "postgresql":
        read = func.json_to_recordset(cast(literal(json.dumps(rows, default=_with_zone), Text), JSON))
        named = read.table_valued(*[column(each.name, each.type) for each in columns]).render_derived(with_types=True)
        return select(*[named.c[each.name] for each in columns])
    value = func.json_each(json.dumps(rows, default=_without_zone)).table_valued("value").c.value
    taken = [func.json_extract(value, f"$.{each.name}", type_=each.type).label(each.name) for each in columns]
    return select(*taken).where(true())  # without a WHERE, SQLite would read ON CONFLICT as a join's


def insert(session: Session, model: type[Base], rows: Sequence[Row]) -> None:
    """Insert the rows; each names the same columns. None of them may be there."""
    if rows:
        upsert(session, model, rows, {})


def upsert(session: Session, model: type[Base], rows: Sequence[Row], rules: Mapping[str, str]) -> None:
    """Insert the rows, or change those that are there: `rules` says for each column what becomes of it.

    `add` adds the new value, `set` takes it, `most` takes it when it is higher. No key may come twice in `rows`.
    """
    table = table_of(model)
    names = list(rows[0])
    columns = [table.c[name] for name in names]
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).from_select(names, given(session, columns, rows))
    if rules:
        new = statement.excluded
        changes = {name: _changed(table.c[name], new[name], rule) for name, rule in rules.items()}
        statement = statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changes)
    session.execute(statement)


def _changed(old: Column[Any], new: ColumnElement[Any], rule: str) -> ColumnElement[Any]:
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
    """Return a moment or a day as SQLite keeps it: in UTC, as SQLAlchemy writes it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return value.isoformat()
