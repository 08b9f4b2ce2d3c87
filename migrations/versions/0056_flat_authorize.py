"""Asking on PostgreSQL: in flat variables and few statements, on rows whose indexes do not change with each call."""

from pathlib import Path

from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

SQL = Path(__file__).resolve().parent.parent / "sql"


def upgrade() -> None:
    """Add what PostgreSQL's index of days is by, and replace its function; SQLite has the column alone."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    kept = "virtual" if on_sqlite else "stored"
    op.execute(
        f"alter table usage_days add column is_to_post boolean generated always as (micros > posted_micros) {kept} not null"
    )
    if on_sqlite:
        return
    op.execute("drop index ix_usage_days_due")
    op.execute("create index ix_usage_days_due on usage_days (due_on) where is_to_post")
    op.execute("alter table authorizations drop constraint uq_authorizations_customer_id_id")  # the primary key says it
    op.execute("alter table authorizations drop constraint fk_authorizations_customer_id_customers")
    op.get_bind().exec_driver_sql((SQL / "0056_flat_authorize.sql").read_text())


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
