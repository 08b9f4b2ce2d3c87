"""The portal inside a host product: whose pages may frame it, one-time links, and the sessions they are swapped for.

Sessions that are there were begun by a sign-in, and stay what they are.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0032"
branch_labels = None
depends_on = None

f = op.f
NAME, MOMENT, HASH, ROLE = sa.String(length=40), sa.DateTime(timezone=True), sa.LargeBinary(32), sa.String(length=20)
KINDS = "embedded in ('frame','window')"


def upgrade() -> None:
    """Add the columns and create the tables: nobody but a service reads or writes them."""
    sessions, on_sqlite = "browser_sessions", op.get_bind().dialect.name == "sqlite"
    if on_sqlite:
        check = f"constraint ck_{sessions}_embedded check ({KINDS})"
        op.execute(f"alter table {sessions} add column embedded varchar(10) {check}")
    else:
        op.add_column(sessions, sa.Column("embedded", sa.String(length=10), nullable=True))
        op.create_check_constraint(f(f"ck_{sessions}_embedded"), sessions, KINDS)
    op.add_column(sessions, sa.Column("role_at_most", ROLE, nullable=True))
    op.add_column(sessions, sa.Column("opened_by", HASH, nullable=True))
    op.create_table(
        "portal_sessions",
        sa.Column("id", NAME, nullable=False),
        sa.Column("customer_id", NAME, nullable=False),
        sa.Column("member_id", NAME, nullable=False),
        sa.Column("token_hash", HASH, nullable=False),
        sa.Column("check_hash", HASH, nullable=True),
        sa.Column("session_hash", HASH, nullable=True),
        sa.Column("role_at_most", ROLE, nullable=True),
        sa.Column("path", sa.String(length=2000), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("authenticated_at", MOMENT, nullable=True),
        sa.Column("opened_by", HASH, nullable=True),
        sa.Column("request_key", sa.String(length=300), nullable=True),
        sa.Column("request_digest", sa.String(length=64), nullable=True),
        sa.Column("created_by", NAME, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=f("pk_portal_sessions")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f("fk_portal_sessions_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=f("fk_portal_sessions_member_id_members")),
    )
    for column in ("token_hash", "check_hash", "request_key"):
        op.create_index(f"uq_portal_sessions_{column}", "portal_sessions", [column], unique=True)
    for column in ("expires_at", "member_id", "customer_id"):
        op.create_index(f"ix_portal_sessions_{column}", "portal_sessions", [column])
    op.create_table(
        "frame_origins",
        sa.Column("origin", sa.String(length=250), nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("origin", name=f("pk_frame_origins")),
    )
    if not on_sqlite:
        op.execute("grant select, insert, update, delete on portal_sessions to purser_service")
        op.execute("grant select, insert, delete on frame_origins to purser_service")


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
