"""A backup of our own tables, restored later: what the processor has in its books stays as it is."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.models.database import Base, db
from app.services.operations.backup import take
from tests.support.databases import Database, settings_for

OURS = [table for table in Base.metadata.sorted_tables if not table.name.startswith("sandbox_")]
THEIRS = [table.name for table in Base.metadata.sorted_tables if table.name.startswith("sandbox_")]


def backup(database: Database, directory: Path) -> Callable[[], None]:
    """Take a backup now; return what restores it."""
    _close_connections()
    return _of_sqlite(database, directory) if database.kind == "sqlite" else _of_postgresql(database)


def _close_connections() -> None:
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


def _of_sqlite(database: Database, directory: Path) -> Callable[[], None]:
    live, copy = database.url.removeprefix("sqlite:///"), str(directory / "backup.sqlite3")
    take(settings_for(database), Path(copy))

    def restore() -> None:
        _close_connections()
        with sqlite3.connect(copy) as connection:
            connection.execute("attach database ? as live", (live,))
            for name in THEIRS:
                connection.execute(f"delete from main.{name}")
                connection.execute(f"insert into main.{name} select * from live.{name}")
        connection.close()
        _copied(copy, live)

    return restore


def _copied(source: str, target: str) -> None:
    """Copy as `.backup` does: safe beside a write-ahead log."""
    read, write = sqlite3.connect(source), sqlite3.connect(target)
    read.backup(write)
    read.close()
    write.close()


def _of_postgresql(database: Database) -> Callable[[], None]:
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        kept: dict[str, list[dict[str, Any]]] = {
            table.name: [dict(row) for row in connection.execute(sa.select(table)).mappings()] for table in OURS
        }

    def restore() -> None:
        _close_connections()
        with engine.begin() as connection:
            connection.exec_driver_sql("set session_replication_role = replica")  # past triggers and foreign keys
            for table in OURS:
                connection.execute(sa.delete(table))
                if kept[table.name]:
                    connection.execute(sa.insert(table), kept[table.name])

    return restore
