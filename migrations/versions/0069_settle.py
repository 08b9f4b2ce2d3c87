"""A paid top-up is settled in one round trip on PostgreSQL."""

from pathlib import Path

from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

SQL = Path(__file__).resolve().parent.parent / "sql"


def upgrade() -> None:
    """Add the functions, and plan once what keeps documents. SQLite has none: there it is done by the program."""
    if op.get_bind().dialect.name == "postgresql":
        for name in ("0069_documents_kept.sql", "0069_settle.sql"):
            op.get_bind().exec_driver_sql((SQL / name).read_text())


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
