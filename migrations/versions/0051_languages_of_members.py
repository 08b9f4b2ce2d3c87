"""The language of a member's pages and mails. Nobody has chosen one at the upgrade: it is the browser's."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("members", sa.Column("language", sa.String(length=35), nullable=False, server_default=""))
    if op.get_bind().dialect.name != "sqlite":  # which cannot take a default away from a column
        op.alter_column("members", "language", server_default=None)


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
