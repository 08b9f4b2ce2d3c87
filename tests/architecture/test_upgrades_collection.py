"""The upgrade to dunning: invoices that are open are left alone, and others and the customers stay as they are."""

from alembic import command
from sqlalchemy import create_engine, pool, text

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.architecture.test_upgrades_due import ROWS, TEXTS, VALUES
from tests.support.databases import Database

__all__ = ["empty"]
BEFORE, AFTER = "0028", "0029"
OPEN = (
    (
        "insert into documents (id, customer_id, kind, state, prefix, source_type, source_id, currency, net_minor, "
        "tax_minor, total_minor, credits_applied_minor, rounding_minor, payable_minor, reason, catalog, catalog_version, "
        f"{TEXTS}, paid_minor, paid_with, returned_minor, credited_minor, carried_minor, overage_micros, taken_over_minor, "
        "due_on, buyer_reference, seller_city, seller_postal_code, seller_contact, seller_phone) values ('inv_2', :customer, 'invoice', 'draft', 'INV', 'period', '1:1', 'USD', 500, 0, 500, 0, 0, 500, "
        f"'', 'gateway', 1, {', '.join(repr('') for _ in TEXTS.split(','))}, 0, '', 0, 0, 0, 0, 0, '2026-10-01', '', '', '', '', '')"
    ),
    (
        "insert into document_lines (customer_id, document_id, place, kind, description, quantity, unit_price, meter, "
        "net_minor, category, percent_micros) values (:customer, 'inv_2', 1, 'overage', 'Use', 1, '', '', 500, 'O', 0)"
    ),
    (
        "insert into document_taxes (customer_id, document_id, category, percent_micros, name, country, reason, "
        "buyer_number, seller_number, net_minor, tax_minor) values "
        "(:customer, 'inv_2', 'O', 0, '', '', 'outside', '', '', 500, 0)"
    ),
    (
        "update documents set number = 'INV-2026-000002', year = 2026, place = 2, state = 'open', issued_at = :at "
        "where id = 'inv_2'"
    ),
)
KEPT = "select document_id, number, place, state, payment_id from collection_attempts"


def test_what_is_open_is_left_alone(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), "0016")
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for statement in ROWS:
            connection.execute(text(statement), VALUES)
    command.upgrade(configuration(empty.owner_url), BEFORE)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for statement in OPEN:
            connection.execute(text(statement), VALUES)
    command.upgrade(configuration(empty.owner_url), AFTER)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        assert [tuple(each) for each in connection.execute(text(KEPT))] == [("inv_2", 1, None, "left_alone", None)]
        assert connection.scalar(text("select count(*) from collections")) == 0
        assert connection.scalar(text("select standing from customers")) == "good"
