"""SSH keys of members, which nobody had before."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

f = op.f
NAME = sa.String(length=40)


def upgrade() -> None:
    """Create the table: nobody but a service reads or writes it."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    whole = sa.CheckConstraint("typeof(bits) in ('integer', 'null')", name=f("ck_ssh_keys_bits_whole"))
    op.create_table(
        "ssh_keys",
        sa.Column("id", NAME, nullable=False),
        sa.Column("member_id", NAME, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("bits", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.String(length=60), nullable=False),
        sa.Column("public_key", sa.String(length=8000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f("pk_ssh_keys")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=f("fk_ssh_keys_member_id_members")),
        *([whole] if on_sqlite else []),
    )
    op.create_index("ix_ssh_keys_member_id", "ssh_keys", ["member_id", "id"])
    op.create_index("uq_ssh_keys_fingerprint", "ssh_keys", ["fingerprint"], unique=True)
    if not on_sqlite:
        op.execute("grant select, insert, delete on ssh_keys to purser_service")


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
