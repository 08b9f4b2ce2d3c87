"""Terms as sold: each customer keeps the catalog's version that the plan was given with, and so does a closed period.

Customers of today keep the newest version that has their plan, which is the one in force: unless a version applied since
has dropped the plan, by which they fell to the default plan's limits. Closed periods get the same.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger()
PLAN = sa.String(length=60)
SQL = Path(__file__).resolve().parent.parent / "sql"
FILLED = ("customers", "billing_periods")


def upgrade() -> None:
    """Add the columns, fill them, and on PostgreSQL judge by them."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    _add("customers", "catalog_version", WHOLE, "0")
    _add("billing_periods", "catalog_version", WHOLE)
    _add("billing_periods", "plan", PLAN)
    for table in FILLED if on_postgresql else ():
        # Row-level security binds the owner too, who would otherwise see no row to update.
        op.execute(f"alter table {table} no force row level security")
    _fill()
    for table in FILLED if on_postgresql else ():
        op.execute(f"alter table {table} force row level security")
    if on_postgresql:
        op.get_bind().exec_driver_sql((SQL / "0005_terms_as_sold.sql").read_text())


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _add(table: str, column: str, kind: sa.types.TypeEngine[object], value: str = "") -> None:
    """Add a column: nullable, or with a `value` for the rows there are; new rows must say theirs."""
    dialect = op.get_bind().dialect
    if dialect.name == "sqlite":
        rule = f"constraint ck_{table}_{column}_whole check (typeof({column}) in ('integer', 'null'))"
        needs = f"not null default {value}" if value else ""
        words = f"{kind.compile(dialect=dialect)} {needs} {rule if kind is WHOLE else ''}"
        op.execute(f"alter table {table} add column {column} {words}")
        return
    op.add_column(table, sa.Column(column, kind, nullable=not value, server_default=sa.text(value) if value else None))
    if value:
        op.alter_column(table, column, server_default=None)


def _fill() -> None:
    connection = op.get_bind()
    for catalog, plan, version in _kept(connection):
        connection.execute(
            sa.text("update customers set catalog_version = :version where catalog = :catalog and plan = :plan"),
            {"catalog": catalog, "plan": plan, "version": version},
        )
    owner = "from customers c where c.customer_id = billing_periods.customer_id"
    op.execute(
        f"update billing_periods set catalog_version = (select c.catalog_version {owner}), "  # noqa: S608  # our own words
        f"plan = (select c.plan {owner}) where closed_at is not null"
    )


def _kept(connection: sa.Connection) -> Iterator[tuple[str, str, int]]:
    """Yield, for each catalog and plan that customers have, the version that they keep."""
    texts = connection.execute(sa.text("select catalog, version, text from catalog_versions order by version")).all()
    for catalog, plan in connection.execute(sa.text("select distinct catalog, plan from customers")).all():
        versions = [(version, tomllib.loads(words)) for name, version, words in texts if name == catalog]
        with_plan = [version for version, sold in versions if plan in {each["key"] for each in sold["plans"]["tiers"]}]
        newest = max((version for version, _sold in versions), default=0)
        yield catalog, plan, max(with_plan, default=newest)
