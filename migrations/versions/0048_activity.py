"""Indexes by which Activity finds a customer's entries of one person and of some actions. No row changes."""

from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

TABLE = "audit_entries"


def upgrade() -> None:
    """Create both."""
    op.create_index("ix_audit_entries_customer_actor", TABLE, ["customer_id", "actor", "at"])
    op.create_index("ix_audit_entries_customer_action", TABLE, ["customer_id", "action", "at"])


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
