"""The upgrade to buyer references: addresses and documents have none, and a document is as final as before."""

import pytest
from alembic import command
from sqlalchemy import create_engine, pool, text
from sqlalchemy.exc import DBAPIError

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.support.databases import Database

__all__ = ["empty"]
BEFORE, AFTER = "0021", "0022"
CUSTOMER = "cus_00000000000000000000000000"
TEXTS = (
    "seller_name, seller_address, seller_country, seller_tax_id, seller_email, customer_name, customer_email, "
    "buyer_company, buyer_line1, buyer_line2, buyer_city, buyer_postal_code, buyer_region, buyer_country, po_number, "
    "reason, paid_with"
)
NOTHING = ", ".join(["''"] * 17)
SUMS = (
    "net_minor, tax_minor, total_minor, credits_applied_minor, rounding_minor, payable_minor, paid_minor, "
    "returned_minor, credited_minor, carried_minor, overage_micros"
)
ROWS = (
    (
        "insert into customers (customer_id, name, email, catalog, catalog_version, plan, currency, credit_unit, "
        "overage_protection_micros, invoiced_overage_micros, standing, created_at, profile_version, po_required) values "
        "(:customer, 'Acme', 'a@acme.example', 'gateway', 1, '', 'USD', 'USD', 0, 0, 'good', :at, 0, false)"
    ),
    (
        "insert into invoice_addresses (customer_id, company, line1, line2, city, postal_code, region, country, po_number, "
        "version, changed_at, changed_by) values (:customer, 'Acme', '1', '', '', '', '', 'FR', '7', 1, :at, 'mem_alice')"
    ),
    (
        f"insert into documents (id, customer_id, kind, state, prefix, source_type, source_id, currency, catalog, "
        f"catalog_version, {TEXTS}, {SUMS}) values ('inv_1', :customer, 'invoice', 'draft', 'RG', 'test', '1', 'USD', "
        f"'gateway', 1, {NOTHING}, 100, 0, 100, 0, 0, 100, 0, 0, 0, 0, 0)"
    ),
    (
        "insert into document_lines (customer_id, document_id, place, kind, description, quantity, unit_price, meter, "
        "net_minor, category, percent_micros) values (:customer, 'inv_1', 1, 'usage', 'Calls', 1, '', '', 100, 'O', 0)"
    ),
    (
        "insert into document_taxes (customer_id, document_id, category, percent_micros, name, country, reason, "
        "buyer_number, seller_number, net_minor, tax_minor) values (:customer, 'inv_1', 'O', 0, '', '', 'outside', '', '', "
        "100, 0)"
    ),
    "update documents set state = 'open', number = 'RG-2026-000001', year = 2026, place = 1, issued_at = :at",
)


def test_what_is_there_names_no_reference_and_stays_final(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), BEFORE)
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for statement in ROWS:
            connection.execute(text(statement), {"customer": CUSTOMER, "at": "2026-11-01 00:00:00"})
    command.upgrade(configuration(empty.owner_url), AFTER)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        assert connection.execute(text("select po_number, buyer_reference from invoice_addresses")).one() == ("7", "")
        kept = connection.execute(
            text("select number, buyer_reference, seller_city, seller_phone from documents")
        ).one()
        assert kept == ("RG-2026-000001", "", "", "")
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for change in ("buyer_reference = '8'", "seller_city = 'Rome'", "customer_name = 'Other'"):
            with pytest.raises(DBAPIError, match="final"), connection.begin_nested():
                connection.execute(text(f"update documents set {change}"))
