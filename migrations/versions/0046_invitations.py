"""Invitations: who is asked to act for a customer. There are none at the upgrade."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

f = op.f
TABLE = "invitations"
NAME, MOMENT = sa.String(length=40), sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table: nobody but a service reads or writes it."""
    op.create_table(
        TABLE,
        sa.Column("customer_id", NAME, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("id", NAME, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("invited_by", NAME, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "email", name=f(f"pk_{TABLE}")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f(f"fk_{TABLE}_customer_id_customers")
        ),
        sa.UniqueConstraint("id", name=f(f"uq_{TABLE}_id")),
        sa.CheckConstraint("role in ('owner','billing_manager','viewer')", name=f(f"ck_{TABLE}_role")),
    )
    op.create_index(f"uq_{TABLE}_token_hash", TABLE, ["token_hash"], unique=True)
    if op.get_bind().dialect.name != "sqlite":
        op.execute(f"grant select, insert, update, delete on {TABLE} to purser_service")


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
