"""How the database would go about each statement that is asked: which tables it goes through, and which it looks up in."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from app.models.database import Base

OWNED = {table.name for table in Base.metadata.sorted_tables if "customer_id" in table.c}
SHORT = {"ix_transfers_credit_payments", "ix_authorizations_open", "ix_outbox_events_pending"}
"""Indexes of few of a table's rows: to go through one of them is to go through no table."""
Asked = tuple[str, Any]


def gone_through(connection: sa.Connection, sql: str, values: Any) -> set[str]:
    """Return the customers' tables of which the statement reads all rows, or all keys of an index."""
    on = _on_sqlite if connection.dialect.name == "sqlite" else _on_postgresql
    return on(connection, sql, values)


@contextmanager
def asked() -> Iterator[list[Asked]]:
    """Note the statements that are asked meanwhile, with their values."""
    seen: list[Asked] = []

    def saw(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        if not statement.startswith("set"):
            seen.append((statement, parameters))

    sa.event.listen(Engine, "before_cursor_execute", saw)
    try:
        yield seen
    finally:
        sa.event.remove(Engine, "before_cursor_execute", saw)


def lines_of_sqlite(connection: sa.Connection, sql: str, values: Any) -> list[str]:
    """Return the steps in which SQLite says that it goes about the statement: of loops, the outer one first."""
    return [row[-1] for row in connection.exec_driver_sql(f"explain query plan {sql}", values)]


def _on_sqlite(connection: sa.Connection, sql: str, values: Any) -> set[str]:
    """Return the tables whose rows, or whose keys in an index, the statement reads from the first or the last on."""
    schema = connection.exec_driver_sql("select rootpage, name, tbl_name from sqlite_schema")
    roots = {page: name if name in SHORT else table for page, name, table in schema}
    opened, scanned = dict[int, str](), set[str]()
    for _place, name, first, second, *_rest in connection.exec_driver_sql(f"explain {sql}", values):
        if name == "OpenRead":
            opened[first] = roots[second]
        elif name in {"Rewind", "Last"} and first in opened:
            scanned.add(opened[first])
    return scanned & OWNED


def _on_postgresql(connection: sa.Connection, sql: str, values: Any) -> set[str]:
    """Return the tables that are not read by the condition of an index."""
    found = connection.exec_driver_sql(f"explain (format json) {sql}", values).scalar_one()
    plan = found if isinstance(found, list) else json.loads(found)
    return {name for name in _scanned(plan[0]["Plan"]) if name in OWNED}


def _is_of_one(node: dict[str, Any]) -> bool:
    return "customer_id" in node.get("Filter", "")  # by the index of a part of the rows, such as the open holds


def _scanned(node: dict[str, Any]) -> Iterator[str]:
    name = node.get("Relation Name", "")
    by_key = any(each in node for each in ("Index Cond", "Recheck Cond")) or node.get("Index Name") in SHORT
    if name and not by_key and not _is_of_one(node):
        yield name.partition("_2")[0]  # a partition is called by its month
    for each in node.get("Plans", ()):
        yield from _scanned(each)
