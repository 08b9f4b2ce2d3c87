"""Counting the SQL statements of a request."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from app.models.unit_of_work import ahead as _  # noqa: F401  # it listens first
from app.models.unit_of_work.functions import Function

# What a transaction begins with, and what finds and keeps the browser's session, is no part of a page.
_OWN = ("set_config", "browser_sessions", "memberships SET seen_at")
_KINDS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "select")


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the statements of the page itself that any engine runs inside the block."""
    seen: list[str] = []

    def saw(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith(_KINDS) and not any(each in statement for each in _OWN):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", saw)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", saw)


@contextmanager
def transactions() -> Iterator[list[list[str]]]:
    """Collect the statements of any engine inside the block, those of each transaction by themselves."""
    seen: list[list[str]] = []
    open_ones: dict[int, list[str]] = {}

    def began(connection: Connection) -> None:
        seen.append([])
        open_ones[id(connection)] = seen[-1]

    def saw(connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith(_KINDS) and not any(each in statement for each in _OWN):
            open_ones[id(connection)].append(statement)

    event.listen(Engine, "begin", began)
    event.listen(Engine, "before_cursor_execute", saw)
    try:
        yield seen
    finally:
        event.remove(Engine, "begin", began)
        event.remove(Engine, "before_cursor_execute", saw)


@contextmanager
def round_trips() -> Iterator[list[str]]:
    """Collect what is sent to the database inside the block: each statement, and those that are sent together as one."""
    seen: list[str] = []
    pipeline, call = psycopg.Connection.pipeline, Function.call

    def saw(_cursor: object, statement: str, *_rest: object) -> bool:
        if statement.startswith(_KINDS) and not any(each in statement for each in _OWN):
            seen.append(statement)
        return False

    def saw_together(connection: Any) -> Any:
        seen.append("statements that are sent together")
        return pipeline(connection)

    def saw_a_call(function: Function, engine: Engine, values: Any) -> Any:
        seen.append("a function")
        return call(function, engine, values)

    event.listen(Engine, "do_execute", saw)  # after ours, which stops it where a statement is answered already
    psycopg.Connection.pipeline, Function.call = saw_together, saw_a_call  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        event.remove(Engine, "do_execute", saw)
        psycopg.Connection.pipeline, Function.call = pipeline, call  # type: ignore[method-assign]


def reads(statements: list[str], table: str) -> list[str]:
    """Return the statements that read or lock rows of the table: in a FROM or a JOIN, a subquery's too."""
    return [each for each in statements if re.search(rf"\b(FROM|JOIN) {table}\b", each)]


def locks(statements: list[str], table: str) -> list[str]:
    """Return the statements that take the rows of the table to write them: `FOR UPDATE`, as PostgreSQL says it."""
    return [each for each in reads(statements, table) if " FOR " in each]
