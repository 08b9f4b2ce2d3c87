"""Where people work: a customer's channel of Slack or Teams, and who wants the weekly digest by mail. Nobody does yet."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

f = op.f
MOMENT = sa.DateTime(timezone=True)
# Rows of one customer: what purser_service may do beside SELECT. purser_app only reads them.
CUSTOMER_TABLES = {
    "chat_channels": "insert, update",
    "digest_subscriptions": "insert, update, delete",
}


def upgrade() -> None:
    """Create the tables."""
    _channels()
    _digests()
    if op.get_bind().dialect.name == "postgresql":
        _separate_customers()


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _channels() -> None:
    table = "chat_channels"
    states = "state in ('active','paused','disabled','removed')"
    bare = "(state = 'removed') = (url_encrypted = '')"
    whole = sa.CheckConstraint("typeof(version) in ('integer', 'null')", name=f(f"ck_{table}_version_whole"))
    op.create_table(
        table,
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("form", sa.String(length=10), nullable=False),
        sa.Column("url_encrypted", sa.Text(), nullable=False),
        sa.Column("hint", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("disabled_reason", sa.String(length=300), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f(f"pk_{table}")),
        sa.UniqueConstraint("customer_id", name=f(f"uq_{table}_customer")),
        sa.CheckConstraint("form in ('slack','teams')", name=f(f"ck_{table}_form")),
        sa.CheckConstraint(states, name=f(f"ck_{table}_state")),
        sa.CheckConstraint(bare, name=f(f"ck_{table}_removed_without_address")),
        whole.ddl_if(dialect="sqlite"),
        _of_customer(table),
    )


def _digests() -> None:
    table = "digest_subscriptions"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("member_id", sa.String(length=40), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("reported_until", sa.Date(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f(f"pk_{table}")),
        sa.UniqueConstraint("customer_id", "member_id", name=f(f"uq_{table}_customer_id_member_id")),
        _of_customer(table),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=f(f"fk_{table}_member_id_members")),
    )
    op.create_index(f"ix_{table}_due", table, ["next_at"])
    op.create_index(f"ix_{table}_member_id", table, ["member_id"])


def _separate_customers() -> None:
    mine = "customer_id = current_setting('app.customer_id', true)"
    for table, writes in CUSTOMER_TABLES.items():
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy customer on {table} to purser_app using ({mine}) with check ({mine})")
        op.execute(f"create policy service on {table} to purser_service using (true) with check (true)")
        op.execute(f"grant select on {table} to purser_app")
        op.execute(f"grant select, {writes} on {table} to purser_service")


def _of_customer(table: str) -> sa.ForeignKeyConstraint:
    name = f(f"fk_{table}_customer_id_customers")
    return sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name=name)
