"""The upgrade to referrals: nobody was invited and nobody has a code; each invited customer has one inviter."""

import pytest
from alembic import command
from sqlalchemy import create_engine, pool, text
from sqlalchemy.exc import DatabaseError

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.architecture.test_upgrades_due import ROWS, VALUES
from tests.support.databases import Database

__all__ = ["empty"]
BEFORE, AFTER = "0027", "0028"
TABLES = ("referrers", "referrals", "referral_earnings", "referral_credits")
INVITED = (
    "insert into referrals (id, customer_id, invited_id, label, currency, basis_points, joined_at, ends_at, "
    "is_oneself, gone_minor, seen_sequence) values ('{}', :customer, '{}', 'G…', 'USD', 2000, "
    "'2026-10-01 00:00:00', '2027-10-01 00:00:00', false, 0, 0)"
)


def test_nobody_was_invited_before_and_afterwards_by_one_customer(empty: Database) -> None:
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
        assert [connection.scalar(text(f"select count(*) from {table}")) for table in TABLES] == [0, 0, 0, 0]
        connection.execute(text(INVITED.format("rfl_1", "cus_invited")), VALUES)
    for wrong in (INVITED.format("rfl_2", "cus_invited"), INVITED.format("rfl_3", VALUES["customer"])):
        with pytest.raises(DatabaseError), engine.begin() as connection, as_nobody_in_particular(connection):
            connection.execute(text(wrong), VALUES)
