"""Capturing and releasing on PostgreSQL: in flat variables and few statements, as asking is since 0056."""

from pathlib import Path

from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

SQL = Path(__file__).resolve().parent.parent / "sql"


def upgrade() -> None:
    """Replace the functions. SQLite has none: there it is done by the program."""
    if op.get_bind().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql((SQL / "0058_flat_capture.sql").read_text())


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
