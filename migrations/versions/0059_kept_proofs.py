"""What `verify` has proved of the ledger is kept. Nothing was kept before: the first `verify` reads everything."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

f = op.f
WHOLE = sa.BigInteger()
MOMENT = sa.DateTime(timezone=True)
NAME, UNIT, ACCOUNT = sa.String(length=40), sa.String(length=30), sa.String(length=20)


def upgrade() -> None:
    """Create the tables: only a service writes them, and each customer's rows are kept to it."""
    op.create_table(
        "proved_segments",
        sa.Column("before_id", NAME, nullable=False),
        sa.Column("from_id", NAME, nullable=False),
        sa.Column("transfers", WHOLE, nullable=False),
        sa.Column("allocations", WHOLE, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("days_before", sa.Date(), nullable=False),
        sa.Column("proofs", sa.String(length=64), nullable=False),
        sa.Column("proved_at", MOMENT, nullable=False),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("before_id", name=f("pk_proved_segments")),
        sa.CheckConstraint("transfers >= 0 and allocations >= 0", name=f("ck_proved_segments_counts")),
        sa.CheckConstraint("from_id < before_id", name=f("ck_proved_segments_forward")),
        *_whole("proved_segments", "transfers", "allocations"),
    )
    op.create_table(
        "proved_accounts",
        sa.Column("customer_id", NAME, nullable=False),
        sa.Column("unit", UNIT, nullable=False),
        sa.Column("name", ACCOUNT, nullable=False),
        sa.Column("balance", WHOLE, nullable=False),
        sa.Column("sequence", WHOLE, nullable=False),
        sa.Column("posted_micros", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "unit", "name", name=f("pk_proved_accounts")),
        sa.CheckConstraint("sequence >= 0 and posted_micros >= 0", name=f("ck_proved_accounts_not_negative")),
        *_whole("proved_accounts", "balance", "sequence", "posted_micros"),
        sa.ForeignKeyConstraint(
            ["customer_id", "unit", "name"],
            ["accounts.customer_id", "accounts.unit", "accounts.name"],
            name=f("fk_proved_accounts_customer_id_unit_name_accounts"),
        ),
    )
    op.create_table(
        "proved_grants",
        sa.Column("customer_id", NAME, nullable=False),
        sa.Column("grant_id", NAME, nullable=False),
        sa.Column("allocated_micros", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "grant_id", name=f("pk_proved_grants")),
        *_whole("proved_grants", "allocated_micros"),
        sa.ForeignKeyConstraint(
            ["customer_id", "grant_id"],
            ["grants.customer_id", "grants.id"],
            name=f("fk_proved_grants_customer_id_grant_id_grants"),
        ),
    )
    if op.get_bind().dialect.name != "sqlite":
        op.execute("grant select, insert, update, delete on proved_segments to purser_service")
        for table in ("proved_accounts", "proved_grants"):
            _keep_apart(table)


def _keep_apart(table: str) -> None:
    mine = "customer_id = current_setting('app.customer_id', true)"
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy customer on {table} to purser_app using ({mine}) with check ({mine})")
    op.execute(f"create policy service on {table} to purser_service using (true) with check (true)")
    op.execute(f"grant select on {table} to purser_app")
    op.execute(f"grant select, insert, update, delete on {table} to purser_service")


def _whole(table: str, *columns: str) -> Iterator[sa.CheckConstraint]:
    for column in columns:
        rule = f"typeof({column}) in ('integer', 'null')"
        yield sa.CheckConstraint(rule, name=f(f"ck_{table}_{column}_whole")).ddl_if(dialect="sqlite")


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
