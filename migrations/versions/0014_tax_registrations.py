"""What customers are registered under for tax, and what was answered about it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

f = op.f
MOMENT = sa.DateTime(timezone=True)
WHOLE = sa.BigInteger()
TABLE = "tax_registrations"
LIVE = sa.text("removed_at is null")
DUE = sa.text("check_at is not null")


def upgrade() -> None:
    """Create the table. Nobody is registered yet."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("value", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.String(length=40), nullable=False),
        sa.Column("territories", sa.String(length=200), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("consultation", sa.String(length=100), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("verified_at", MOMENT, nullable=True),
        sa.Column("check_at", MOMENT, nullable=True),
        sa.Column("tries", WHOLE, nullable=False),
        sa.Column("changes", WHOLE, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.Column("removed_by", sa.String(length=254), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f(f"pk_{TABLE}")),
        sa.CheckConstraint("state in ('pending','verified','unverified','unavailable')", name=f(f"ck_{TABLE}_state")),
        sa.CheckConstraint("state <> 'verified' or verified_at is not null", name=f(f"ck_{TABLE}_verified_when")),
        sa.CheckConstraint("removed_at is null or check_at is null", name=f(f"ck_{TABLE}_removed_is_not_due")),
        sa.CheckConstraint(
            "(kind = 'exemption') = (territories <> '')", name=f(f"ck_{TABLE}_exemption_has_territories")
        ),
        *(
            sa.CheckConstraint(f"typeof({column}) in ('integer', 'null')", name=f(f"ck_{TABLE}_{column}_whole")).ddl_if(
                dialect="sqlite"
            )
            for column in ("tries", "changes")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f(f"fk_{TABLE}_customer_id_customers")
        ),
    )
    op.create_index(
        f"uq_{TABLE}_live",
        TABLE,
        ["customer_id", "kind", "value"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    op.create_index(f"ix_{TABLE}_listed", TABLE, ["customer_id", "created_at"])
    op.create_index(f"ix_{TABLE}_due", TABLE, ["check_at"], sqlite_where=DUE, postgresql_where=DUE)
    if op.get_bind().dialect.name != "sqlite":
        _separate_customers()


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _separate_customers() -> None:
    mine = "customer_id = current_setting('app.customer_id', true)"
    op.execute(f"alter table {TABLE} enable row level security")
    op.execute(f"alter table {TABLE} force row level security")
    op.execute(f"create policy customer on {TABLE} to purser_app using ({mine}) with check ({mine})")
    op.execute(f"create policy service on {TABLE} to purser_service using (true) with check (true)")
    op.execute(f"grant select on {TABLE} to purser_app")
    op.execute(f"grant select, insert, update on {TABLE} to purser_service")
