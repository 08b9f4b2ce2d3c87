"""The upgrade to files of certificates: those that are there stay without one, and a file that is sent never changes."""

import pytest
from alembic import command
from sqlalchemy import create_engine, pool, text
from sqlalchemy.exc import DatabaseError

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.architecture.test_upgrades_references import CUSTOMER, ROWS
from tests.support.databases import Database

__all__ = ["empty"]
BEFORE, AFTER = "0022", "0023"
VALUES = {"customer": CUSTOMER, "at": "2026-11-01 00:00:00", "content": b"%PDF-"}
THERE = (
    "insert into tax_registrations (id, customer_id, kind, country, value, state, why, territories, name, consultation, "
    "verified_at, tries, changes, created_at, created_by, removed_by) values ('txr_1', :customer, 'exemption', 'FR', 'EX-7', "
    "'verified', '', 'FR', '', '', :at, 0, 0, :at, 'jane', '')"
)
SENT = (
    "insert into exemption_files (registration_id, customer_id, content_type, content, sha256, size, created_at) values "
    f"(:registration, :customer, 'application/pdf', :content, '{'0' * 64}', :size, :at)"
)


def test_certificates_stay_and_a_file_never_changes(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), BEFORE)
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        connection.execute(text(ROWS[0]), VALUES)
        connection.execute(text(THERE), VALUES)
    command.upgrade(configuration(empty.owner_url), AFTER)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        rows = connection.execute(text("select id, state from tax_registrations")).all()
        assert [tuple(row) for row in rows] == [("txr_1", "verified")]
        assert connection.execute(text("select count(*) from exemption_files")).scalar_one() == 0
        connection.execute(text(SENT), VALUES | {"registration": "txr_1", "size": 5})
    for statement, more in (
        ("update exemption_files set content_type = 'image/png' where customer_id = :customer", {}),
        (SENT, {"registration": "txr_2", "size": 4}),
    ):
        with pytest.raises(DatabaseError), engine.begin() as connection, as_nobody_in_particular(connection):
            connection.execute(text(statement), VALUES | more)
