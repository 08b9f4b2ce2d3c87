"""Asking on PostgreSQL: in flat variables and few statements, on rows whose indexes do not change with each call."""

from pathlib import Path

from alembic import op

revision = "0060"
down_revision = "0053"
branch_labels = None
depends_on = None

SQL = Path(__file__).resolve().parent.parent / "sql"


def upgrade() -> None:
    """Replace PostgreSQL's function; SQLite has none."""
    if op.get_bind().dialect.name == "sqlite":
        return
    op.get_bind().exec_driver_sql((SQL / "0060_flat_authorize.sql").read_text())


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
