"""The upgrades to what credit pays of open invoices, and to who pays later: nobody did, and nothing else changes."""

import pytest
from alembic import command
from sqlalchemy import create_engine, pool, text
from sqlalchemy.exc import DBAPIError

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.architecture.test_upgrades_taken_over import CUSTOMER, rows
from tests.support.databases import Database

__all__ = ["empty"]
WRITTEN, AFTER = "0023", "0040"
OPEN = "state = 'open', number = 'RG-2026-000001'"


@pytest.mark.proof
def test_of_open_invoices_credit_has_paid_nothing_and_nobody_pays_later(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), WRITTEN)
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    own = {"customer": CUSTOMER, "at": "2026-11-01 00:00:00"}
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for statement in rows()[:6]:  # the first invoice alone, and not paid
            said = statement.replace("state = 'paid', number = 'RG-2026-000001'", OPEN).replace(
                "paid_minor = 100", "paid_minor = 0"
            )
            connection.execute(text(said), own)
        connection.execute(text("update customers set overage_protection_micros = 7, invoiced_overage_micros = 3"))
    command.upgrade(configuration(empty.owner_url), AFTER)
    limits = "overage_protection_micros, invoiced_overage_micros, exposure_micros"
    with engine.begin() as connection, as_nobody_in_particular(connection):
        assert tuple(connection.execute(text(f"select {limits} from customers")).one()) == (7, 3, 0)
        found = connection.execute(text("select id, state, paid_minor, credit_paid_minor from documents")).all()
        assert [tuple(each) for each in found] == [("inv_1", "open", 0, 0)]
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for change, words in (
            ("documents set credit_paid_minor = 1", "credit_paid"),
            ("documents set customer_name = 'Other'", "final"),
            ("customers set exposure_micros = -1", "exposure_not_negative"),
        ):
            with pytest.raises(DBAPIError, match=words), connection.begin_nested():
                connection.execute(text(f"update {change}"))
        connection.execute(text("update documents set paid_minor = 40, credit_paid_minor = 40"))
        connection.execute(text("update customers set exposure_micros = 20000000"))
    engine.dispose()
