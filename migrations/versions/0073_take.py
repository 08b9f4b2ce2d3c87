"""The rows of several customers are locked without waiting for any of them, on PostgreSQL."""

from pathlib import Path

from alembic import op

revision = "0073"
down_revision = "0069"
branch_labels = None
depends_on = None

SQL = Path(__file__).resolve().parent.parent / "sql"


def upgrade() -> None:
    """Add the function. SQLite has one writer, and calls there go one by one."""
    if op.get_bind().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql((SQL / "0073_take.sql").read_text())


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
