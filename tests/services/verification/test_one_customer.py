"""`verify --customer` reads that customer's rows: no statement of it goes through a table of all customers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Engine

from app.models.customers import Customer
from app.models.database import Base, db
from app.models.scope import as_service
from app.services.verification import verify

pytestmark = pytest.mark.both_databases
OWNED = {table.name for table in Base.metadata.sorted_tables if "customer_id" in table.c}
OF_OTHERS = "every_outbox_events"
"""The only table that a proof goes through: up to the first event of its type, and only where credit has expired."""
Asked = tuple[str, Any]


def test_each_statement_finds_the_rows_of_the_customer_by_a_key(
    app: Flask, history_of_acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "_TOGETHER", 1)
    with as_service("look at plans"):
        connection, of_sqlite = db.session.connection(), db.engine.dialect.name == "sqlite"
        with _asked() as statements:
            assert list(verify.violations(db.session(), history_of_acme.customer_id)) == []
        if not of_sqlite:
            connection.exec_driver_sql("set local enable_seqscan = off")  # of few rows all are read: not of many
        gone_through = {}
        for sql, values in statements:
            scanned = _on_sqlite(connection, sql, values) if of_sqlite else _on_postgresql(connection, sql, values)
            if scanned - ({"outbox_events"} if OF_OTHERS in sql else set()):
                gone_through[sql] = scanned
        db.session.rollback()
    assert len(statements) > len(verify.OF_CUSTOMERS)
    assert gone_through == {}


@contextmanager
def _asked() -> Iterator[list[Asked]]:
    seen: list[Asked] = []

    def saw(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        if not statement.startswith("set"):
            seen.append((statement, parameters))

    sa.event.listen(Engine, "before_cursor_execute", saw)
    try:
        yield seen
    finally:
        sa.event.remove(Engine, "before_cursor_execute", saw)


def _on_sqlite(connection: sa.Connection, sql: str, values: Any) -> set[str]:
    """Return the tables whose rows, or whose keys in an index, the statement reads from the first or the last on."""
    roots = dict(connection.exec_driver_sql("select rootpage, tbl_name from sqlite_schema").all())
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
    if name and not any(each in node for each in ("Index Cond", "Recheck Cond")) and not _is_of_one(node):
        yield name.partition("_2")[0]  # a partition is called by its month
    for each in node.get("Plans", ()):
        yield from _scanned(each)
