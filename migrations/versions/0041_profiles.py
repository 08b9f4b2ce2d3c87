"""What members say of themselves: username, location, company, newsletter and time zone.

Nobody has said any of it at the upgrade, and nobody has asked for the newsletter.
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

TABLE = "members"
TEXTS = {"location": 100, "company": 200, "time_zone": 60}


def upgrade() -> None:
    """Add the columns, and the index that lets a username be had once."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.add_column(TABLE, sa.Column("username", sa.String(length=39), nullable=True))
    for name, length in TEXTS.items():
        op.add_column(TABLE, sa.Column(name, sa.String(length=length), nullable=False, server_default=""))
    op.add_column(TABLE, sa.Column("newsletter", sa.Boolean(), nullable=False, server_default=sa.false()))
    if not on_sqlite:  # which cannot take a default away from a column
        for name in (*TEXTS, "newsletter"):
            op.alter_column(TABLE, name, server_default=None)
    op.create_index("uq_members_username", TABLE, ["username"], unique=True)


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
