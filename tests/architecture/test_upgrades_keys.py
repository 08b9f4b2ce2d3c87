"""The upgrade to keys by customer: rows stay, and what named them by customer and id names them as before."""

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, inspect, pool, text
from sqlalchemy.exc import IntegrityError

from app.services.operations.installation import configuration
from tests.architecture.test_tables import OWNED
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.architecture.test_upgrades_due import ROWS, VALUES
from tests.support.databases import Database

__all__ = ["empty"]
BEFORE, AFTER = "0059", "0064"
REFERENCES = """
select conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated, condeferrable
from pg_constraint where contype = 'f' order by 1, 2"""
KEPT = "select d.id, d.payment_id, l.net_minor from documents d join document_lines l on l.document_id = d.id"
STRANGE = (
    "update documents set payment_id = 'pay_2'",
    "delete from payments",
    "insert into payments select * from payments",
)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_rows_and_references_stay_and_keys_begin_with_the_customer(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), "0016")
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for statement in ROWS:
            connection.execute(text(statement), VALUES)
    command.upgrade(configuration(empty.owner_url), BEFORE)
    with engine.begin() as connection:
        before = connection.execute(text(REFERENCES)).all()
    command.upgrade(configuration(empty.owner_url), AFTER)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        assert connection.execute(text(REFERENCES)).all() == before
        assert [tuple(each) for each in connection.execute(text(KEPT))] == [("inv_1", "pay_1", 500)]
        for statement in STRANGE:
            refused(connection, statement)
    there = [table for table in OWNED if inspect(engine).has_table(table.name)]
    keys = {table.name: inspect(engine).get_pk_constraint(table.name)["constrained_columns"] for table in there}
    assert keys == {table.name: table.primary_key.columns.keys() for table in there}


def refused(connection: Connection, statement: str) -> None:
    savepoint = connection.begin_nested()
    with pytest.raises(IntegrityError):
        connection.execute(text(statement))
    savepoint.rollback()
