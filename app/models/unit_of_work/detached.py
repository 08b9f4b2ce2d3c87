"""Rows as a function of the database or SQLite's cursor returns them, as the objects that a session would have read."""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import inspect
from sqlalchemy.orm import make_transient_to_detached

from app.models.bulk import table_of
from app.models.database import Base, UtcDateTime, db

Model = TypeVar("Model", bound=Base)


def one(model: type[Model], row: bytes) -> Model:
    """Return the object of a row that is given as JSON, with all columns of its table."""
    return _made(model, json.loads(row))


def if_any(model: type[Model], row: bytes | None) -> Model | None:
    """Return the same of a row that there may be."""
    return None if row is None else one(model, row)


def each(model: type[Model], rows: bytes | None) -> Sequence[Model]:
    """Return the objects of all rows of a list."""
    return [] if rows is None else [_made(model, row) for row in json.loads(rows)]


def made(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Return the object of a row of which all columns are given."""
    Base.registry.configure()  # a statement of the ORM does it; this may be the first that a process does
    new = cast("Model", inspect(model).class_manager.new_instance())
    new.__dict__.update(values)
    make_transient_to_detached(new)
    return new


def asked(cursor: sqlite3.Cursor, model: type[Model], where: str, values: Mapping[str, Any]) -> Sequence[Model]:
    """Return the objects of the rows that SQLite's own cursor finds. `where` is a text of ours, never of anybody's."""
    statement, columns = _read_as(model)
    rows = cursor.execute(statement + where, values)
    return [
        made(
            model,
            {name: value if read is None else read(value) for (name, read), value in zip(columns, row, strict=True)},
        )
        for row in rows.fetchall()
    ]


@cache
def _read_as(model: type[Base]) -> tuple[str, Sequence[tuple[str, Callable[[Any], Any] | None]]]:
    """Return the beginning of the statement, and of each column its name and what reads its value as a session does."""
    table, dialect = table_of(model), db.engine.dialect
    columns = [(each.name, each.type.dialect_impl(dialect).result_processor(dialect, None)) for each in table.columns]
    return f"select {', '.join(name for name, _read in columns)} from {table.name} where ", columns  # noqa: S608  # our own names


def _made(model: type[Model], values: dict[str, Any]) -> Model:
    for name in _moments(model):
        if values[name] is not None:
            values[name] = datetime.fromisoformat(values[name]).astimezone(UTC)
    return made(model, values)


@cache
def _moments(model: type[Base]) -> Sequence[str]:
    return [column.name for column in table_of(model).columns if isinstance(column.type, UtcDateTime)]
