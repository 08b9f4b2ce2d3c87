"""The upgrade to papers: what has paid an open invoice is to have its receipt, and a made one is final."""

import pytest
from alembic import command
from sqlalchemy import create_engine, pool, text
from sqlalchemy.exc import DatabaseError

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.architecture.test_upgrades_due import ROWS, VALUES
from tests.support.databases import Database

__all__ = ["empty"]
AFTER = "0025"
PAID = (
    "insert into payments (id, customer_id, purpose, document_id, state, amount_minor, currency, credits_micros, pack, "
    "rail, off_session, form_key, processor_id, received_minor, refunded_minor, disputed_minor, corrected_minor, "
    "action_url, problem, created_by, treatment, settled_before_documents, created_at, updated_at, next_check_at) values "
    "('pay_2', :customer, 'invoice', 'inv_1', 'succeeded', 500, 'USD', 0, '', 'paypal', false, 'l', 'pi_2', 500, 0, 0, "
    "0, '', '', 'm', '', false, :at, :at, :at)"
)
FINAL = (
    "update paper_files set content = 'y' where customer_id = :customer",
    "delete from paper_files where customer_id = :customer",
)
HALF_MADE = "update paper_files set state = 'made' where customer_id = :customer"
MADE = (
    "update paper_files set state = 'made', content = 'x', size = 1, made_at = :at, "
    f"sha256 = '{'0' * 64}' where customer_id = :customer"
)


def test_each_payment_of_an_invoice_is_to_have_its_receipt_and_a_made_one_is_final(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), "0016")
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for statement in ROWS:
            connection.execute(text(statement), VALUES)
    command.upgrade(configuration(empty.owner_url), "0024")
    with engine.begin() as connection, as_nobody_in_particular(connection):
        connection.execute(text(PAID), VALUES)
    command.upgrade(configuration(empty.owner_url), AFTER)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        found = connection.execute(text("select id, kind, subject, state, tries, size from paper_files"))
        assert [tuple(row) for row in found] == [("paper_2", "receipt", "pay_2", "pending", 0, 0)]
    for statements in ((HALF_MADE,), *((MADE, change) for change in FINAL)):
        with pytest.raises(DatabaseError), engine.begin() as connection, as_nobody_in_particular(connection):
            for statement in statements:
                connection.execute(text(statement), VALUES)
