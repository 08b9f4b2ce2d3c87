"""The upgrade to archives of usage events: no event leaves by it, and no month is dropped that is not in a file."""

import pytest
from alembic import command
from sqlalchemy import create_engine, pool, text
from sqlalchemy.exc import DatabaseError

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.architecture.test_upgrades_due import ROWS, VALUES
from tests.support.databases import Database

__all__ = ["empty"]
BEFORE, AFTER = "0066", "0068"
EVENT = (
    "insert into usage_events (customer_id, id, received_at, day, occurred_at, period_number, meter, subject, quantity, "
    "micros, properties) values (:customer, 'e1', :at, '2026-11-01', :at, 1, 'requests', '', 2, 3, '{}')"
)


def test_events_stay_and_a_month_without_a_file_is_not_dropped(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), "0016")
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        connection.execute(text(ROWS[0]), VALUES)
    command.upgrade(configuration(empty.owner_url), BEFORE)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        connection.execute(text(EVENT), VALUES)
    command.upgrade(configuration(empty.owner_url), AFTER)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        if empty.kind == "postgresql":
            savepoint = connection.begin_nested()
            with pytest.raises(DatabaseError, match="are not in a file"):
                connection.execute(text("select purser_drop_usage_month(date '2026-11-01')"))
            savepoint.rollback()
        assert connection.execute(text("select id, quantity, micros from usage_events")).all() == [("e1", 2, 3)]
        assert connection.scalar(text("select count(*) from usage_archives")) == 0
