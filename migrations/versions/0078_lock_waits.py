"""Each function of the database that locks waits four seconds for a row, as those of authorizations do, on PostgreSQL."""

from alembic import op

revision = "0078"
down_revision = "0076"
branch_labels = None
depends_on = None

NAMES = ("purser_claim", "purser_keep", "purser_record", "purser_settle")


def upgrade() -> None:
    """Set the limit beside the functions, whose text stays. SQLite has one lock, and a limit of its own for it."""
    if op.get_bind().dialect.name == "postgresql":
        for name in NAMES:
            op.execute(f"alter function {name} set lock_timeout = '4s'")


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
