"""Accounts at GitHub and providers of OpenID Connect that members sign in with. Nobody had any."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

f = op.f
NAME, MOMENT = sa.String(length=40), sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table: nobody but a service reads or writes it."""
    op.create_table(
        "identities",
        sa.Column("id", NAME, nullable=False),
        sa.Column("member_id", NAME, nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("shown", sa.String(length=254), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=f("pk_identities")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=f("fk_identities_member_id_members")),
        sa.UniqueConstraint("member_id", "issuer", name=f("uq_identities_member_id_issuer")),
    )
    op.create_index("uq_identities_issuer_subject", "identities", ["issuer", "subject"], unique=True)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("grant select, insert, update, delete on identities to purser_service")


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
