"""The upgrade to subscriptions: everybody has one in the period that is open, billed to its end; payments stay."""

from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, pool, text
from sqlalchemy.exc import DBAPIError

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.support.databases import Database

__all__ = ["empty"]
BEFORE, AFTER = "0026", "0027"
CUSTOMER = "cus_00000000000000000000000000"
VALUES = {
    "customer": CUSTOMER,
    "at": "2026-11-01 00:00:00",
    "begin": "2026-10-05 00:00:00",
    "end": "2026-11-05 00:00:00",
}
ROWS = (
    (
        "insert into customers (customer_id, name, email, catalog, catalog_version, plan, currency, credit_unit, "
        "overage_protection_micros, invoiced_overage_micros, standing, created_at, profile_version, po_required) values "
        "(:customer, 'Acme', 'a@acme.example', 'analytics', 1, 'team', 'EUR', 'tokens', 0, 0, 'good', :at, 0, false)"
    ),
    (
        "insert into billing_periods (customer_id, number, anchor_day, starts_at, ends_at, closed_at, catalog_version, plan) "
        "values (:customer, 1, 5, '2026-09-05 00:00:00', :begin, :begin, 1, 'team')"
    ),
    (
        "insert into billing_periods (customer_id, number, anchor_day, starts_at, ends_at) "
        "values (:customer, 2, 5, :begin, :end)"
    ),
    (
        "insert into payments (id, customer_id, purpose, state, amount_minor, currency, credits_micros, pack, rail, off_session, "
        "form_key, processor_id, received_minor, refunded_minor, disputed_minor, corrected_minor, action_url, problem, "
        "created_by, treatment, settled_before_documents, created_at, updated_at, next_check_at) values ('pay_1', :customer, "
        "'top_up', 'succeeded', 2500, 'EUR', 25000000, '', 'paypal', false, 'form', 'pi_1', 2500, 0, 0, 0, '', '', "
        "'mem_alice', '', false, :at, :at, :at)"
    ),
)
ORDER = (
    "insert into plan_changes (id, customer_id, state, plan, interval, seats, catalog_version, from_plan, from_interval, "
    "from_seats, from_catalog_version, from_version, effective_at, period_starts_at, period_ends_at, currency, net_minor, "
    "tax_minor, total_minor, lines, treatment, preview, form_key, problem, created_by, created_at) values ('pch_1', :customer, "
    "'scheduled', 'free', 'monthly', 1, 1, 'team', 'monthly', 3, 1, 1, :end, :begin, :end, 'EUR', 0, 0, 0, '[]', '', 'mark', "
    "'key', '', 'mem_alice', :at)"
)


def run(connection: Connection, statement: str) -> None:
    connection.execute(text(statement), {name: VALUES[name] for name in VALUES if f":{name}" in statement})


def test_everybody_has_a_subscription_and_an_order_is_final(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), BEFORE)
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for statement in ROWS:
            run(connection, statement)
    command.upgrade(configuration(empty.owner_url), AFTER)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        row = connection.execute(text("select * from subscriptions")).one()
        assert (row.customer_id, row.id, row.interval, row.seats, row.version) == (
            CUSTOMER,
            CUSTOMER.replace("cus_", "sub_"),
            "monthly",
            None,
            1,
        )
        found = [f"{_utc(getattr(row, name)):%F}" for name in ("period_starts_at", "period_ends_at", "billed_until")]
        assert found == ["2026-10-05", "2026-11-05", "2026-11-05"]
        assert connection.execute(text("select amount_minor, credits_micros from payments")).one() == (2500, 25_000_000)
        run(connection, ORDER)
    for change in (
        "update plan_changes set plan = 'team'",
        "delete from plan_changes",
        ORDER.replace("pch_1", "pch_2").replace("'key'", "'other'"),  # one is scheduled at a time
    ):
        with pytest.raises(DBAPIError), engine.begin() as connection, as_nobody_in_particular(connection):
            run(connection, change)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        run(connection, "update plan_changes set state = 'undone', ended_at = :at")
    with pytest.raises(DBAPIError), engine.begin() as connection, as_nobody_in_particular(connection):
        run(connection, "update plan_changes set state = 'scheduled', ended_at = null")


def _utc(value: object) -> datetime:
    """Return the moment as both databases have it."""
    read = datetime.fromisoformat(str(value))
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
