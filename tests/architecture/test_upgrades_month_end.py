"""The upgrade to the monthly run: everybody is due at the end of the period that is open, and not for what was before."""

from alembic import command
from sqlalchemy import create_engine, pool, text

from app.services.operations.installation import configuration
from tests.architecture import test_upgrades_subscriptions as before
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.support.databases import Database

__all__ = ["empty"]


def test_the_open_period_is_run_next(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), before.BEFORE)
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for statement in before.ROWS:
            before.run(connection, statement)
    command.upgrade(configuration(empty.owner_url), "0032")
    with engine.begin() as connection, as_nobody_in_particular(connection):
        row = connection.execute(text("select run_number, run_at from subscriptions")).one()
        assert (row.run_number, f"{before._utc(row.run_at):%F}") == (2, "2026-11-05")
        for table in ("period_runs", "plan_periods", "price_changes"):
            assert connection.execute(text(f"select count(*) from {table}")).scalar() == 0
