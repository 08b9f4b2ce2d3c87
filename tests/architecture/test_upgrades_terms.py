"""The upgrade to terms as sold: who is a customer already keeps what is in force, and a plan that was dropped is back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, MetaData, create_engine, pool, select

from app.services.operations.installation import configuration, install
from tests.architecture.test_upgrades import as_nobody_in_particular
from tests.support import databases
from tests.support.databases import Database
from tests.support.meters import METERED, dearer_without_paid_and_hours
from tests.support.small_catalogs import SMALL

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
CATALOGS = [
    ("metered", 1, METERED.format(burn="realtime")),
    ("metered", 2, METERED.format(burn="at_invoice")),
    ("metered", 3, dearer_without_paid_and_hours()),
    ("small", 1, SMALL),
]
CUSTOMERS = {
    "cus_default": ("metered", "", 3),
    "cus_free": ("metered", "free", 3),
    "cus_paid": ("metered", "paid", 2),
    "cus_unheard_of": ("metered", "golden", 3),
    "cus_small": ("small", "paid", 1),
}
"""Each customer's catalog and plan, and the version that is kept."""


@contextmanager
def opened(there: Database) -> Iterator[tuple[Connection, MetaData]]:
    """Yield a connection of the owner, and the tables as they are now."""
    engine, metadata = create_engine(there.owner_url, poolclass=pool.NullPool), MetaData()
    metadata.reflect(engine)
    with engine.begin() as connection, as_nobody_in_particular(connection):
        yield connection, metadata


@pytest.fixture
def before(database: Database, session_dir: Path, tmp_path: Path) -> Iterator[Database]:
    """A database of the revision before; each customer has a closed and an open period."""
    made = databases.empty_sqlite(tmp_path) if database.kind == "sqlite" else databases.empty_postgresql(session_dir)
    command.upgrade(configuration(made.owner_url), "0004")
    rows: dict[str, list[dict[str, Any]]] = {
        "catalog_versions": [
            {"catalog": name, "version": number, "text": words, "digest": f"{name}{number}", "applied_at": AT}
            for name, number, words in CATALOGS
        ],
        "customers": [_customer(name, *terms) for name, terms in CUSTOMERS.items()],
        "billing_periods": [_period(name, number) for name in CUSTOMERS for number in (1, 2)],
    }
    with opened(made) as (connection, metadata):
        for table, found in rows.items():
            connection.execute(metadata.tables[table].insert(), found)
    yield made
    made.drop()


def test_each_customer_keeps_the_newest_version_that_has_the_plan(before: Database) -> None:
    install(databases.settings_for(before))
    with opened(before) as (connection, metadata):
        customers, periods = (
            connection.execute(select(metadata.tables[table])).mappings().all()
            for table in ("customers", "billing_periods")
        )
    assert {row["customer_id"]: row["catalog_version"] for row in customers} == {
        name: version for name, (_catalog, _plan, version) in CUSTOMERS.items()
    }
    for row in periods:
        _catalog, plan, version = CUSTOMERS[row["customer_id"]]
        assert (row["catalog_version"], row["plan"]) == ((None, None) if row["closed_at"] is None else (version, plan))
    assert len(periods) == 2 * len(CUSTOMERS)


def _customer(name: str, catalog: str, plan: str, _version: int) -> dict[str, Any]:
    return {
        "customer_id": name,
        "name": name,
        "email": f"{name}@acme.example",
        "catalog": catalog,
        "plan": plan,
        "currency": "USD",
        "credit_unit": "USD",
        "overage_protection_micros": 0,
        "standing": "good",
        "created_at": AT,
    }


def _period(name: str, number: int) -> dict[str, Any]:
    begins = AT + timedelta(days=30 * number)
    return {
        "customer_id": name,
        "number": number,
        "anchor_day": 21,
        "starts_at": begins,
        "ends_at": begins + timedelta(days=30),
        "closed_at": begins + timedelta(days=30) if number == 1 else None,
    }
