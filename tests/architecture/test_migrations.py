"""The migrations make what the models describe, from nothing, on both databases; there is no way back but a backup."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, pool

from app.services.operations.installation import (
    MIGRATIONS,
    configuration,
    install,
    newest_revision,
    revision_of,
)
from tests.support import databases
from tests.support.databases import Database
from tests.support.drift import differences


@pytest.fixture
def empty(database: Database, session_dir: Path, tmp_path: Path) -> Iterator[Database]:
    made = databases.empty_sqlite(tmp_path) if database.kind == "sqlite" else databases.empty_postgresql(session_dir)
    yield made
    made.drop()


@pytest.mark.proof  # `make check` asks the same, on both databases
def test_the_migrations_make_what_the_models_describe(database: Database, empty: Database) -> None:
    assert differences(database, empty) == []


def test_an_empty_database_is_installed_and_installing_again_changes_nothing(empty: Database) -> None:
    settings = databases.settings_for(empty)
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        assert revision_of(connection) is None
    assert install(settings) == install(settings) == newest_revision()
    with engine.connect() as connection:
        assert revision_of(connection) == newest_revision()
    assert "transfers" in inspect(engine).get_table_names()


def test_the_newest_revision_is_the_one_that_alembic_migrates_to() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [newest_revision()]


def test_there_is_no_downgrade(database: Database) -> None:
    with pytest.raises(NotImplementedError, match="restore a backup"):
        command.downgrade(configuration(database.owner_url), "base")
    assert "transfers" in inspect(create_engine(database.owner_url, poolclass=pool.NullPool)).get_table_names()
