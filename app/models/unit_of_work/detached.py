"""Rows as a function of the database returns them, each as the object that a session would have read, in no session."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import inspect
from sqlalchemy.orm import make_transient_to_detached

from app.models.bulk import table_of
from app.models.database import Base, UtcDateTime

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
    new = cast("Model", inspect(model).class_manager.new_instance())
    new.__dict__.update(values)
    make_transient_to_detached(new)
    return new


def _made(model: type[Model], values: dict[str, Any]) -> Model:
    for name in _moments(model):
        if values[name] is not None:
            values[name] = datetime.fromisoformat(values[name]).astimezone(UTC)
    return made(model, values)


@cache
def _moments(model: type[Base]) -> Sequence[str]:
    return [column.name for column in table_of(model).columns if isinstance(column.type, UtcDateTime)]
