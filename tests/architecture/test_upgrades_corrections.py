"""The upgrade to corrections: payments and refunds stay as they were, and no invoice is corrected."""

from alembic import command
from sqlalchemy import create_engine, pool, text

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.support.databases import Database

__all__ = ["empty"]
BEFORE, AFTER = "0020", "0021"
CUSTOMER = "cus_00000000000000000000000000"
ROWS = (
    (
        "insert into customers (customer_id, name, email, catalog, catalog_version, plan, currency, credit_unit, "
        "overage_protection_micros, invoiced_overage_micros, standing, created_at, profile_version, po_required) values "
        "(:customer, 'Acme', 'a@acme.example', 'gateway', 1, '', 'USD', 'USD', 0, 0, 'good', :at, 0, false)"
    ),
    (
        "insert into payments (id, customer_id, purpose, state, amount_minor, currency, credits_micros, pack, rail, off_session, "
        "form_key, processor_id, received_minor, refunded_minor, disputed_minor, action_url, problem, created_by, treatment, "
        "settled_before_documents, created_at, updated_at, next_check_at) values ('pay_1', :customer, 'top_up', 'succeeded', "
        "2500, 'USD', 25000000, '', 'paypal', false, 'form', 'pi_1', 2500, 400, 0, '', '', 'mem_alice', '', false, :at, :at, :at)"
    ),
    (
        "insert into refunds (id, customer_id, payment_id, amount_minor, currency, credits_micros, state, reason, requested_by, "
        "problem, tries, created_at, updated_at, next_check_at) values ('ref_1', :customer, 'pay_1', 400, 'USD', 4000000, "
        "'succeeded', 'Not needed', 'support', '', 0, :at, :at, :at)"
    ),
)


def test_what_went_back_stays_and_nothing_is_a_correction(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), BEFORE)
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for statement in ROWS:
            connection.execute(text(statement), {"customer": CUSTOMER, "at": "2026-11-01 00:00:00"})
    command.upgrade(configuration(empty.owner_url), AFTER)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        payment = connection.execute(text("select received_minor, refunded_minor, corrected_minor from payments")).one()
        refund = connection.execute(text("select amount_minor, state, of_correction from refunds")).one()
        assert tuple(payment) == (2500, 400, 0)
        assert (refund.amount_minor, refund.state, bool(refund.of_correction)) == (400, "succeeded", False)
        assert connection.execute(text("select count(*) from corrections")).scalar() == 0
