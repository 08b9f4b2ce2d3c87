"""Read-only links, and the sessions that they begin. There are none at the upgrade."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

f = op.f
TABLE, SESSIONS = "access_links", "browser_sessions"
NAME, MOMENT = sa.String(length=40), sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table, which nobody but a service reads or writes, and let a session name its link."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        TABLE,
        sa.Column("id", NAME, nullable=False),
        sa.Column("customer_id", NAME, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("created_by", NAME, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=f(f"pk_{TABLE}")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f(f"fk_{TABLE}_customer_id_customers")
        ),
    )
    op.create_index(f"uq_{TABLE}_token_hash", TABLE, ["token_hash"], unique=True)
    op.create_index(f"ix_{TABLE}_customer_id", TABLE, ["customer_id", "id"])
    name = f"fk_{SESSIONS}_link_id_{TABLE}"
    if on_sqlite:
        op.execute(f"alter table {SESSIONS} add column link_id varchar(40) constraint {name} references {TABLE} (id)")
    else:
        op.add_column(SESSIONS, sa.Column("link_id", NAME, nullable=True))
        op.create_foreign_key(f(name), SESSIONS, TABLE, ["link_id"], ["id"])
        op.execute(f"grant select, insert, update on {TABLE} to purser_service")
    op.create_index(f"ix_{SESSIONS}_link_id", SESSIONS, ["link_id"])


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
