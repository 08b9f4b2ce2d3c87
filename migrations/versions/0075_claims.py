"""Requests with an Idempotency-Key are claimed, and their answers kept, beside authorizations, on PostgreSQL."""

from pathlib import Path

from alembic import op

revision = "0075"
down_revision = "0073"
branch_labels = None
depends_on = None

SQL = Path(__file__).resolve().parent.parent / "sql"


def upgrade() -> None:
    """Add the functions. On SQLite the unit of work does it."""
    if op.get_bind().dialect.name == "postgresql":
        op.get_bind().exec_driver_sql((SQL / "0075_claims.sql").read_text())


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
