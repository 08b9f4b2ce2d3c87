"""A database of any released revision, with data in it, comes up to the newest one and loses nothing.

`released/<revision>.json` holds the rows that the release itself has made through its services.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import (
    Boolean,
    Connection,
    Date,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    create_engine,
    pool,
    select,
    text,
)
from sqlalchemy.exc import DatabaseError

from app import create_app
from app.domain.ledger import UNAPPLIED
from app.models.database import db, prepare
from app.services.operations.installation import configuration, install
from app.services.verification import verify
from tests.support import databases, tiers
from tests.support.databases import Database

RELEASED = sorted((Path(__file__).parent / "released").glob("*.json"))
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def empty(database: Database, session_dir: Path, tmp_path: Path) -> Iterator[Database]:
    made = databases.empty_sqlite(tmp_path) if database.kind == "sqlite" else databases.empty_postgresql(session_dir)
    yield made
    made.drop()


@pytest.fixture(params=tiers.some(2, RELEASED, [path.stem for path in RELEASED]))
def old(request: pytest.FixtureRequest, empty: Database) -> tuple[Database, Rows]:
    """Return a database at a released revision with what the release has put into it."""
    path: Path = request.param
    command.upgrade(configuration(empty.owner_url), path.stem)
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    metadata = MetaData()
    metadata.reflect(engine)
    dumped: dict[str, list[dict[str, Any]]] = json.loads(path.read_text())
    rows = {name: [_typed(metadata.tables[name], row) for row in dumped[name]] for name in dumped}
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for table in metadata.sorted_tables:
            if rows.get(table.name):
                # A row may name an earlier one of its own table: one after the other, in the order they were made.
                connection.execute(table.insert(), rows[table.name])
    return empty, rows


def test_nothing_is_lost_every_proof_holds_and_what_may_never_change_still_cannot(old: tuple[Database, Rows]) -> None:
    upgraded, before = old
    settings = databases.settings_for(upgraded)
    install(settings)
    engine = create_engine(upgraded.owner_url, poolclass=pool.NullPool)
    metadata = MetaData()
    metadata.reflect(engine)
    with engine.connect() as connection, as_nobody_in_particular(connection):
        for name, rows in before.items():
            assert _kept(connection, metadata.tables[name], rows) == rows, name
    app = create_app(settings)
    with app.app_context():
        assert verify.verify() == []
        db.session.remove()
        db.engine.dispose()
    what_may_never_change_still_cannot(upgraded)


def what_may_never_change_still_cannot(upgraded: Database) -> None:
    engine = create_engine(upgraded.owner_url, poolclass=pool.NullPool)
    prepare(engine)
    with engine.connect() as connection, as_nobody_in_particular(connection):
        for statement in (
            "update transfers set amount = amount + 1",
            "delete from audit_entries",
            "update accounts set balance = floor - 1 where floor is not null",
            "delete from payment_methods where id in (select method_id from payments)",
        ):
            savepoint = connection.begin_nested()
            with pytest.raises(DatabaseError):
                connection.execute(text(statement))
            savepoint.rollback()


@contextmanager
def as_nobody_in_particular(connection: Connection) -> Iterator[None]:
    """Let the owner of PostgreSQL's tables see and write every customer's rows, which only a role may otherwise."""
    if connection.dialect.name != "postgresql":
        yield
        return
    forced = connection.execute(text("select relname from pg_class where relforcerowsecurity")).scalars().all()
    for name in forced:
        connection.execute(text(f"alter table {name} no force row level security"))
    yield
    for name in forced:
        connection.execute(text(f"alter table {name} force row level security"))


def _kept(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the table holds now, in the order and the columns of `rows`."""
    keys = [column.name for column in table.primary_key.columns]
    found = {}
    for row in connection.execute(select(table)).mappings():
        plain = {name: _utc(value) for name, value in row.items()}
        if (
            table.name == "accounts"
            and plain["name"] == UNAPPLIED
            and not any(each["name"] == UNAPPLIED for each in rows)
        ):
            assert plain["balance"] == 0, "an account that the upgrade opens"
            continue
        found[tuple(plain[key] for key in keys)] = plain
    assert len(found) == len(rows)
    return [{name: found[tuple(row[key] for key in keys)][name] for name in row} for row in rows]


def _typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """Return a dumped row in the types of the table's columns."""
    return {name: _value(table.c[name].type, value) for name, value in row.items()}


def _value(kind: object, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, LargeBinary):
        return bytes.fromhex(value)
    return bool(value) if isinstance(kind, Boolean) else value


def _utc(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value
