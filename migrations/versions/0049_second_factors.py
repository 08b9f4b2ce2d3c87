"""Second factors and passkeys: authenticator apps, recovery codes, passkeys, and what browsers are asked to sign.

Nobody has any at the upgrade.
"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

f = op.f
NAME, MOMENT, HASH = sa.String(length=40), sa.DateTime(timezone=True), sa.LargeBinary(length=32)
TABLES = ("two_factor", "recovery_codes", "passkeys", "passkey_challenges")


def upgrade() -> None:
    """Create the tables: nobody but a service reads or writes them."""
    op.create_table(
        "two_factor",
        sa.Column("member_id", NAME, nullable=False),
        sa.Column("secret", sa.String(length=200), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("member_id", name=f("pk_two_factor")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=f("fk_two_factor_member_id_members")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("member_id", NAME, nullable=False),
        sa.Column("code_hash", HASH, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("member_id", "code_hash", name=f("pk_recovery_codes")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=f("fk_recovery_codes_member_id_members")),
    )
    op.create_table(
        "passkeys",
        sa.Column("id", NAME, nullable=False),
        sa.Column("member_id", NAME, nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=2000), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("transports", sa.String(length=100), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=f("pk_passkeys")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=f("fk_passkeys_member_id_members")),
    )
    op.create_index("uq_passkeys_credential_id", "passkeys", ["credential_id"], unique=True)
    op.create_index("ix_passkeys_member_id", "passkeys", ["member_id", "created_at"])
    op.create_table(
        "passkey_challenges",
        sa.Column("challenge_hash", HASH, nullable=False),
        sa.Column("session_hash", HASH, nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("challenge_hash", name=f("pk_passkey_challenges")),
    )
    op.create_index("ix_passkey_challenges_expires_at", "passkey_challenges", ["expires_at"])
    if op.get_bind().dialect.name != "sqlite":
        for table in TABLES:
            op.execute(f"grant select, insert, update, delete on {table} to purser_service")


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
