"""The upgrade to files of documents: every document that has a number gets its PDF, and nothing else changes."""

import pytest
from alembic import command
from sqlalchemy import create_engine, pool, text
from sqlalchemy.exc import DatabaseError

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.architecture.test_upgrades_due import ROWS, TEXTS, VALUES
from tests.support.databases import Database

__all__ = ["empty"]
BEFORE, AFTER = "0017", "0018"
DRAFT = (
    "insert into documents (id, customer_id, kind, state, prefix, source_type, source_id, currency, net_minor, "
    "tax_minor, total_minor, credits_applied_minor, rounding_minor, payable_minor, reason, catalog, catalog_version, "
    f"{TEXTS}, paid_minor, paid_with, returned_minor, credited_minor, carried_minor, overage_micros) values ('inv_2', "
    ":customer, 'invoice', 'draft', 'INV', 'test', 'two', 'USD', 500, 0, 500, 0, 0, 500, '', 'gateway', 1, "
    f"{', '.join(repr('') for _ in TEXTS.split(','))}, 0, '', 0, 0, 0, 0)"
)
FINAL = (
    "update document_files set content = 'y' where customer_id = :customer",
    "update document_files set problem = 'y' where customer_id = :customer",
    "delete from document_files where customer_id = :customer",
)
HALF_MADE = "update document_files set state = 'made' where customer_id = :customer"
MADE = (
    "update document_files set state = 'made', content = 'x', size = 1, made_at = :at, "
    f"sha256 = '{'0' * 64}' where customer_id = :customer"
)


def test_each_document_with_a_number_is_to_have_its_pdf_and_a_made_one_is_final(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), "0016")
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for statement in ROWS:
            connection.execute(text(statement), VALUES)
    command.upgrade(configuration(empty.owner_url), BEFORE)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        connection.execute(text(DRAFT), VALUES)
    command.upgrade(configuration(empty.owner_url), AFTER)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        found = connection.execute(text("select id, document_id, kind, state, tries, size from document_files"))
        assert [tuple(row) for row in found] == [("file_1", "inv_1", "pdf", "pending", 0, 0)]
    for statements in ((HALF_MADE,), *((MADE, change) for change in FINAL)):
        with pytest.raises(DatabaseError), engine.begin() as connection, as_nobody_in_particular(connection):
            for statement in statements:
                connection.execute(text(statement), VALUES)
