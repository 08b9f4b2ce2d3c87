"""The upgrade to languages: what is there is English, stays final, and cannot be given another language."""

import pytest
from alembic import command
from sqlalchemy import create_engine, pool, text
from sqlalchemy.exc import DBAPIError

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.architecture.test_upgrades_taken_over import CUSTOMER, rows
from tests.support.databases import Database

__all__ = ["empty"]
AFTER = "0031"
PAPER = (
    "insert into paper_files (id, customer_id, kind, subject, asked_at, state, tries, next_try_at, problem, content, "
    f"sha256, size, made_at) values ('paper_1', :customer, 'mandate', 'man_1', :at, 'made', 1, :at, '', 'x', '{'0' * 64}', "
    "1, :at)"
)


def test_what_is_there_is_english_and_no_document_that_has_a_number_gets_another_language(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), "0023")
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    own = {"customer": CUSTOMER, "at": "2026-11-01 00:00:00"}
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for statement in rows():
            connection.execute(text(statement), own)
    command.upgrade(configuration(empty.owner_url), "0025")
    with engine.begin() as connection, as_nobody_in_particular(connection):
        connection.execute(text(PAPER), own)
    command.upgrade(configuration(empty.owner_url), AFTER)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for table, count in (("customers", 1), ("documents", 3), ("paper_files", 1)):
            found = connection.execute(text(f"select language from {table}")).scalars().all()
            assert found == ["en"] * count, table
        for change in (
            "update documents set language = 'de' where id = 'inv_3'",
            "update paper_files set language = 'de'",
        ):
            with pytest.raises(DBAPIError, match="final"), connection.begin_nested():
                connection.execute(text(change))
    with engine.begin() as connection, as_nobody_in_particular(connection):
        connection.execute(text("update customers set language = 'de'"))
        assert connection.scalar(text("select count(*) from documents where language = 'en'")) == 3
