"""Every table keeps its customers apart and its lookups fast."""

import pytest
from sqlalchemy import Table, UniqueConstraint, create_engine, pool, text

from app import models  # noqa: F401  # importing the package registers every table
from app.models.database import Base
from tests.support.databases import Database

TABLES = list(Base.metadata.tables.values())
# Tables with a customer_id that nobody but a service may touch: they say who may act for which customer.
SERVICE_ONLY = {"memberships", "browser_sessions", "portal_sessions", "api_keys", "invitations", "access_links"}
OWNED = [table for table in TABLES if "customer_id" in table.c and table.name not in SERVICE_ONLY]
APPEND_ONLY = {"transfers", "allocations", "audit_entries", "catalog_versions", "cash_movements"}


def test_every_foreign_key_has_an_index() -> None:
    assert [each for table in TABLES for each in without_index(table)] == []


def without_index(table: Table) -> list[str]:
    whole_indexes = [
        tuple(index.columns.keys()) for index in table.indexes if index.dialect_options["postgresql"]["where"] is None
    ]
    constraints = [tuple(each.columns.keys()) for each in table.constraints if isinstance(each, UniqueConstraint)]
    indexes = [tuple(table.primary_key.columns.keys()), *constraints, *whole_indexes]
    keys = [tuple(key.column_keys) for key in table.foreign_key_constraints]
    return [f"{table.name} {key}" for key in keys if not any(index[: len(key)] == key for index in indexes)]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_postgresql_has_row_level_security_on_every_customers_table(database: Database) -> None:
    with create_engine(database.owner_url, poolclass=pool.NullPool).connect() as connection:
        secured = connection.execute(
            text("select relname from pg_class where relkind in ('r', 'p') and relrowsecurity and relforcerowsecurity")
        ).scalars()
        assert set(secured) == {table.name for table in OWNED}
        policies = connection.execute(
            text(
                "select tablename, policyname, roles::text, qual, with_check from pg_policies where schemaname = 'public'"
            )
        ).all()
    mine = "((customer_id)::text = current_setting('app.customer_id'::text, true))"
    assert sorted(policies) == sorted(
        row
        for table in OWNED
        for row in (
            (table.name, "customer", "{purser_app}", mine, mine),
            (table.name, "service", "{purser_service}", "true", "true"),
        )
    )


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_postgresql_gives_each_role_only_what_it_needs(database: Database) -> None:
    with create_engine(database.owner_url, poolclass=pool.NullPool).connect() as connection:
        rows = connection.execute(
            text(
                "select grantee, table_name, lower(privilege_type) from information_schema.role_table_grants "
                "where table_schema = 'public' and grantee in ('purser_app', 'purser_service', 'purser_login', 'PUBLIC')"
            )
        ).all()
    granted = {(role, table): {verb for r, t, verb in rows if (r, t) == (role, table)} for role, table, _ in rows}
    assert not {role for role, _ in granted} - {"purser_app", "purser_service"}
    for table in APPEND_ONLY:
        for role in ("purser_app", "purser_service"):
            assert granted[role, table] <= {"select", "insert"}, (role, table)
    writes = {table: verbs - {"select"} for (role, table), verbs in granted.items() if role == "purser_app"}
    assert {table: verbs for table, verbs in writes.items() if verbs} == {
        "payments": {"insert", "update"},
        "attempts": {"insert", "update"},
        "payment_methods": {"insert", "update"},
        "audit_entries": {"insert"},
    }
    assert set(writes) == {table.name for table in OWNED} | {"catalog_versions", "alembic_version", "usage_archives"}
    assert not any("truncate" in verbs for verbs in granted.values())


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_postgresqls_roles_cannot_sign_in_or_pass_row_level_security(database: Database) -> None:
    with create_engine(database.owner_url, poolclass=pool.NullPool).connect() as connection:
        roles = connection.execute(
            text(
                "select rolname, rolcanlogin, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb "
                "from pg_roles where rolname in ('purser_app', 'purser_service')"
            )
        ).all()
    assert sorted(roles) == [("purser_app", False, False), ("purser_service", False, False)]
