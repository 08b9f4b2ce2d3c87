"""When a member last used the portal for a customer, and last chose to act for it.

Nobody knows of either at the upgrade: a sign-in leads to the oldest membership then, as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns."""
    for name in ("seen_at", "chosen_at"):
        op.add_column("memberships", sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
