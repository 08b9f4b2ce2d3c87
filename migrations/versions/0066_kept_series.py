"""What `verify` has proved of usage, authorizations and the outbox is kept, too; events have an index by time.

What was kept of the ledger is forgotten: the first `verify` reads everything.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0064"
branch_labels = None
depends_on = None

f = op.f
WHOLE = sa.BigInteger()
MOMENT = sa.DateTime(timezone=True)
NAME = sa.String(length=40)


def upgrade() -> None:
    """Make the table of segments anew, for each series of rows, and one of what proved days add up to."""
    for table in ("proved_segments", "proved_accounts", "proved_grants"):
        _forget(table)
    op.drop_table("proved_segments")
    op.create_table(
        "proved_segments",
        sa.Column("series", sa.String(length=20), nullable=False),
        sa.Column("before_key", NAME, nullable=False),
        sa.Column("from_key", NAME, nullable=False),
        sa.Column("rows", WHOLE, nullable=False),
        sa.Column("parts", WHOLE, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("days_before", sa.Date(), nullable=False),
        sa.Column("proofs", sa.String(length=64), nullable=False),
        sa.Column("proved_at", MOMENT, nullable=False),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("series", "before_key", name=f("pk_proved_segments")),
        sa.CheckConstraint(
            "series in ('transfers','usage_events','authorizations','outbox_events')",
            name=f("ck_proved_segments_series"),
        ),
        sa.CheckConstraint("rows >= 0 and parts >= 0", name=f("ck_proved_segments_counts")),
        sa.CheckConstraint("from_key < before_key", name=f("ck_proved_segments_forward")),
        *_whole("proved_segments", "rows", "parts"),
    )
    op.create_table(
        "proved_usage",
        sa.Column("customer_id", NAME, nullable=False),
        sa.Column("period_number", WHOLE, nullable=False),
        sa.Column("meter", sa.String(length=60), nullable=False),
        sa.Column("events", WHOLE, nullable=False),
        sa.Column("quantity", WHOLE, nullable=False),
        sa.Column("micros", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "period_number", "meter", name=f("pk_proved_usage")),
        sa.CheckConstraint("events >= 0 and quantity >= 0", name=f("ck_proved_usage_not_negative")),
        *_whole("proved_usage", "period_number", "events", "quantity", "micros"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f("fk_proved_usage_customer_id_customers")
        ),
    )
    if op.get_bind().dialect.name != "sqlite":
        op.execute("grant select, insert, update, delete on proved_segments to purser_service")
        _keep_apart("proved_usage")
        op.create_index("ix_usage_events_received_at", "usage_events", ["received_at"], postgresql_using="brin")


def _forget(table: str) -> None:
    """Delete all rows: row-level security binds the owner too, who would see none."""
    on_sqlite, owned = op.get_bind().dialect.name == "sqlite", table != "proved_segments"
    if owned and not on_sqlite:
        op.execute(f"alter table {table} no force row level security")
    op.execute(f"delete from {table}")  # noqa: S608  # a name of our own
    if owned and not on_sqlite:
        op.execute(f"alter table {table} force row level security")


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
