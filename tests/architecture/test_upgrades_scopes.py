"""Keys from before the seller's scopes were split: the seller's keep what they could, a customer's lose what was never theirs."""

from alembic import command
from sqlalchemy import create_engine, pool, text

from app.services.operations.installation import configuration
from tests.architecture.test_upgrades import as_nobody_in_particular, empty
from tests.support.databases import Database

__all__ = ["empty"]
BEFORE, AFTER = "0008", "0009"
CUSTOMER = "cus_00000000000000000000000000"
KEYS = [
    ("all", None, "all"),
    ("billing:read", None, "billing:read"),
    ("billing:write", None, "billing:write credits:grant customers:write"),
    ("billing:write usage:write", None, "billing:write credits:grant customers:write usage:write"),
    ("all", CUSTOMER, "billing:read billing:write usage:write webhooks:manage"),
    ("billing:write", CUSTOMER, "billing:write"),
    ("billing:read embed:create", CUSTOMER, "billing:read"),
    ("usage:write", CUSTOMER, "usage:write"),
    ("embed:create", CUSTOMER, ""),
]


def test_each_key_may_do_what_it_could_but_for_what_is_the_sellers(empty: Database) -> None:
    command.upgrade(configuration(empty.owner_url), BEFORE)
    engine = create_engine(empty.owner_url, poolclass=pool.NullPool)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        connection.execute(
            text(
                "insert into customers (customer_id, name, email, catalog, catalog_version, plan, currency, credit_unit, "
                "overage_protection_micros, standing, created_at) values "
                "(:customer, 'Acme', 'a@acme.example', 'gateway', 1, '', 'USD', 'USD', 0, 'good', '2026-11-01 00:00:00')"
            ),
            {"customer": CUSTOMER},
        )
        for number, (scopes, customer, _after) in enumerate(KEYS):
            connection.execute(
                text(
                    "insert into api_keys (id, name, secret_hash, scopes, customer_id, created_at) "
                    "values (:id, '', 'x', :scopes, :customer, '2026-11-01 00:00:00')"
                ),
                {"id": f"key_{number}", "scopes": scopes, "customer": customer},
            )
    command.upgrade(configuration(empty.owner_url), AFTER)
    with engine.connect() as connection:
        found = connection.execute(text("select scopes from api_keys order by id")).scalars().all()
    assert list(found) == [after for _scopes, _customer, after in KEYS]
