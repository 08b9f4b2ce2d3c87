"""By which form a member made an API token: sent twice it makes one. Those that are there know no form."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

TABLE = "api_keys"


def upgrade() -> None:
    """Add the column, and the index that lets each form be sent once; it finds a member's tokens as well."""
    op.add_column(TABLE, sa.Column("form_key", sa.String(length=26), nullable=True))
    op.create_index("uq_api_keys_member_form_key", TABLE, ["member_id", "form_key"], unique=True)
    op.drop_index("ix_api_keys_member", TABLE)


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
