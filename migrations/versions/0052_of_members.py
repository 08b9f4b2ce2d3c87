"""Whose sign-in a mail is about, and how often all sessions of a member were ended: none were counted, none is named."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

NAMED = sa.text("member_id is not null")


def upgrade() -> None:
    """Add the columns, and the index that finds the mails of a member."""
    op.add_column("mails", sa.Column("member_id", sa.String(length=40), nullable=True))
    op.create_index("ix_mails_member_id", "mails", ["member_id"], sqlite_where=NAMED, postgresql_where=NAMED)
    op.add_column("members", sa.Column("sessions_ended", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    if op.get_bind().dialect.name != "sqlite":  # which cannot take a default away from a column
        op.alter_column("members", "sessions_ended", server_default=None)


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
