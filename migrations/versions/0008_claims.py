"""Claims: what a bank disputes where that is no part of the payment, as in another currency."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. Disputes of today are about money of their payment."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("alter table disputes add column claimed varchar(60) not null default ''")
        return
    op.add_column("disputes", sa.Column("claimed", sa.String(length=60), nullable=False, server_default=""))
    op.alter_column("disputes", "claimed", server_default=None)


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
