"""The upgrade to codes for credit: there is none, what is there stays, and none is redeemed more often than it may be."""

import pytest
from alembic import command
from sqlalchemy import create_engine, pool, text
from sqlalchemy.exc import DatabaseError

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.architecture.test_upgrades_due import ROWS, VALUES
from tests.support.databases import Database

__all__ = ["empty"]
BEFORE, AFTER = "0029", "0030"
TABLES = ("credit_codes", "credit_code_redemptions", "credit_code_guesses")
CODE = (
    "insert into credit_codes (code, catalog, credits_micros, credit_unit, reason, most, redeemed, created_by, created_at) "
    "values ('WELCOME', 'small', 1000000, 'USD', 'A fair', 2, {}, 'seller', '2026-10-01 00:00:00')"
)


def test_there_are_no_codes_and_afterwards_each_once_and_not_too_often(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), "0016")
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for statement in ROWS:
            connection.execute(text(statement), VALUES)
    command.upgrade(configuration(empty.owner_url), BEFORE)
    with engine.connect() as connection, as_nobody_in_particular(connection):
        before = connection.execute(text("select * from customers")).all()
    command.upgrade(configuration(empty.owner_url), AFTER)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        assert connection.execute(text("select * from customers")).all() == before
        assert [connection.scalar(text(f"select count(*) from {table}")) for table in TABLES] == [0, 0, 0]
        connection.execute(text(CODE.format(0)))
    for wrong in (CODE.format(0), CODE.replace("'WELCOME'", "'OTHER'").format(3)):
        with pytest.raises(DatabaseError), engine.begin() as connection, as_nobody_in_particular(connection):
            connection.execute(text(wrong), VALUES)
