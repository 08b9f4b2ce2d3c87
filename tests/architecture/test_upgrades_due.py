"""The upgrade to invoices that are due: payments and documents stay as they are, and documents stay final."""

import pytest
from alembic import command
from sqlalchemy import create_engine, pool, text
from sqlalchemy.exc import DatabaseError

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.support.databases import Database

__all__ = ["empty"]
BEFORE, AFTER = "0016", "0017"
VALUES = {"customer": "cus_00000000000000000000000000", "at": "2026-11-01 00:00:00"}
TEXTS = (
    "seller_name, seller_address, seller_country, seller_tax_id, seller_email, customer_name, customer_email, "
    "buyer_company, buyer_line1, buyer_line2, buyer_city, buyer_postal_code, buyer_region, buyer_country, po_number"
)
ROWS = (
    (
        "insert into customers (customer_id, name, email, catalog, catalog_version, plan, currency, credit_unit, "
        "overage_protection_micros, standing, created_at, profile_version, po_required) values "
        "(:customer, 'Acme', 'a@acme.example', 'gateway', 1, '', 'USD', 'USD', 5000000, 'good', :at, 0, false)"
    ),
    (
        "insert into payments (id, customer_id, purpose, state, amount_minor, currency, credits_micros, pack, rail, "
        "off_session, form_key, processor_id, received_minor, refunded_minor, disputed_minor, action_url, problem, "
        "created_by, treatment, settled_before_documents, created_at, updated_at, next_check_at) values "
        "('pay_1', :customer, 'top_up', 'succeeded', 500, 'USD', 5000000, '', 'paypal', false, 'k', 'pi_1', 500, 0, 0, "
        "'', '', 'm', '', false, :at, :at, :at)"
    ),
    (
        "insert into documents (id, customer_id, kind, state, prefix, source_type, source_id, payment_id, currency, "
        "net_minor, tax_minor, total_minor, credits_applied_minor, rounding_minor, payable_minor, reason, catalog, "
        f"catalog_version, {TEXTS}, paid_minor, paid_with, returned_minor) values ('inv_1', :customer, 'invoice', "
        "'draft', 'INV', 'payment', 'pay_1', 'pay_1', 'USD', 500, 0, 500, 0, 0, 500, '', 'gateway', 1, "
        f"{', '.join(repr('') for _ in TEXTS.split(','))}, 0, '', 0)"
    ),
    (
        "insert into document_lines (customer_id, document_id, place, kind, description, quantity, unit_price, meter, "
        "net_minor, category, percent_micros) values (:customer, 'inv_1', 1, 'top_up', 'Credit', 1, '', '', 500, 'O', 0)"
    ),
    (
        "insert into document_taxes (customer_id, document_id, category, percent_micros, name, country, reason, "
        "buyer_number, seller_number, net_minor, tax_minor) values "
        "(:customer, 'inv_1', 'O', 0, '', '', 'outside', '', '', 500, 0)"
    ),
    (
        "update documents set number = 'INV-2026-000001', year = 2026, place = 1, state = 'paid', paid_minor = 500, "
        "issued_at = :at where customer_id = :customer"
    ),
)
KEPT = "select purpose, credits_micros, received_minor, document_id from payments"
FINAL = (
    "update documents set carried_minor = 1 where customer_id = :customer",
    "update documents set period_number = 1 where customer_id = :customer",
    "update documents set overage_micros = 1 where customer_id = :customer",
    "update documents set net_minor = 1 where customer_id = :customer",
    "update document_lines set net_minor = 1 where customer_id = :customer",
    "delete from documents where customer_id = :customer",
)


def test_documents_and_payments_stay_and_what_is_final_stays_final(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), BEFORE)
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for statement in ROWS:
            connection.execute(text(statement), VALUES)
    command.upgrade(configuration(empty.owner_url), AFTER)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        assert tuple(connection.execute(text(KEPT)).one()) == ("top_up", 5_000_000, 500, None)
        found = connection.execute(
            text("select number, state, paid_minor, credited_minor, carried_minor from documents")
        )
        assert tuple(found.one()) == ("INV-2026-000001", "paid", 500, 0, 0)
        unpaid = connection.execute(text("select overage_protection_micros, invoiced_overage_micros from customers"))
        assert tuple(unpaid.one()) == (5_000_000, 0)
    for statement in FINAL:
        with (
            pytest.raises(DatabaseError),
            engine.begin() as connection,
            as_nobody_in_particular(connection),
        ):
            connection.execute(text(statement), VALUES)
