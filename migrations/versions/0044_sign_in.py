"""How members get in: mailed links, what a session says of its browser, and when a password was chosen.

Of the sessions that are there nobody has noted the browser: it is noted when they are next used.
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

f = op.f
NAME, MOMENT, EMAIL = sa.String(length=40), sa.DateTime(timezone=True), sa.String(length=254)
SESSIONS, OF_BROWSER = "browser_sessions", {"browser": 60, "network": 45}


def upgrade() -> None:
    """Add the columns and create the tables: nobody but a service reads or writes them."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.add_column("members", sa.Column("password_changed_at", MOMENT, nullable=True))
    op.add_column("members", sa.Column("deleted_at", MOMENT, nullable=True))
    for name, length in OF_BROWSER.items():
        op.add_column(SESSIONS, sa.Column(name, sa.String(length=length), nullable=False, server_default=""))
        if not on_sqlite:  # which cannot take a default away from a column
            op.alter_column(SESSIONS, name, server_default=None)
    op.create_table(
        "sign_in_links",
        sa.Column("id", NAME, nullable=False),
        sa.Column("member_id", NAME, nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("email", EMAIL, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("counted_from", MOMENT, nullable=False),
        sa.Column("asked_times", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f("pk_sign_in_links")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=f("fk_sign_in_links_member_id_members")),
        sa.UniqueConstraint("member_id", "purpose", name=f("uq_sign_in_links_member_id_purpose")),
        sa.CheckConstraint("purpose in ('password_reset','email_change')", name=f("ck_sign_in_links_purpose")),
    )
    op.create_index("uq_sign_in_links_token_hash", "sign_in_links", ["token_hash"], unique=True)
    op.create_table(
        "password_reset_requests",
        sa.Column("id", NAME, nullable=False),
        sa.Column("email", EMAIL, nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f("pk_password_reset_requests")),
    )
    op.create_index("ix_password_reset_requests_next_try_at", "password_reset_requests", ["next_try_at"])
    if not on_sqlite:
        op.execute("grant select, insert, update, delete on sign_in_links to purser_service")
        op.execute("grant select, insert, update, delete on password_reset_requests to purser_service")


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
