"""The upgrade to chats and digests: nobody has either, and what webhooks have sent stays as it was."""

from alembic import command
from sqlalchemy import create_engine, pool, text

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.support.databases import Database

__all__ = ["empty"]
BEFORE, AFTER = "0015", "0016"
CUSTOMER = "cus_00000000000000000000000000"
ROWS = (
    (
        "insert into customers (customer_id, name, email, catalog, catalog_version, plan, currency, credit_unit, "
        "overage_protection_micros, standing, created_at, profile_version, po_required) values "
        "(:customer, 'Acme', 'a@acme.example', 'gateway', 1, '', 'USD', 'USD', 0, 'good', :at, 0, false)"
    ),
    (
        "insert into webhook_endpoints (id, customer_id, url, secret_sealed, state, disabled_reason, created_at, changed_at) "
        "values ('whk_1', :customer, 'https://acme.example/hook', 's1.x', 'active', '', :at, :at)"
    ),
    (
        "insert into webhook_deliveries (id, customer_id, event_id, type, sequence, body, endpoint_id, to_seller, state, tries, "
        "next_try_at, problem, created_at) values "
        "('whd_1', :customer, 'evt_1', 'balance.low', 1, '{}', 'whk_1', false, 'pending', 2, :at, 'It answered 500.', :at)"
    ),
)


def test_deliveries_stay_and_nobody_has_a_chat_or_a_digest(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), BEFORE)
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        for statement in ROWS:
            connection.execute(text(statement), {"customer": CUSTOMER, "at": "2026-11-01 00:00:00"})
    command.upgrade(configuration(empty.owner_url), AFTER)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        kept = connection.execute(text("select id, endpoint_id, state, tries, problem from webhook_deliveries")).all()
        assert [tuple(row) for row in kept] == [("whd_1", "whk_1", "pending", 2, "It answered 500.")]
        assert connection.execute(text("select url from webhook_endpoints")).scalar() == "https://acme.example/hook"
        for table in ("chat_channels", "digest_subscriptions"):
            assert connection.execute(text(f"select count(*) from {table}")).scalar() == 0  # our own names
