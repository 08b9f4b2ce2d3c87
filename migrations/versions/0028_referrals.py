"""Referrals: codes, who was invited, what invoices count for, and what was given for months.

Nobody has a code before: a customer from before asks for one on its page, and nobody was invited.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

f = op.f
WHOLE = sa.BigInteger()
MOMENT = sa.DateTime(timezone=True)
NAME = sa.String(length=40)
CHANGES = {
    "referrers": "granted_micros, due_at",
    "referrals": "is_oneself, gone_minor, seen_sequence",
    "referral_earnings": "net_minor, most_minor",
    "referral_credits": "",
}
"""What of each table changes after it was written."""


def upgrade() -> None:
    """Create the tables, and keep each customer's rows to it."""
    op.create_table(
        "referrers",
        sa.Column("customer_id", NAME, nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("granted_micros", WHOLE, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("customer_id", name=f("pk_referrers")),
        sa.UniqueConstraint("code", name=f("uq_referrers_code")),
        sa.CheckConstraint("granted_micros >= 0", name=f("ck_referrers_granted_not_negative")),
        *_whole("referrers", "granted_micros"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f("fk_referrers_customer_id_customers")
        ),
    )
    op.create_index("ix_referrers_due_at", "referrers", ["due_at"])
    op.create_table(
        "referrals",
        sa.Column("id", NAME, nullable=False),
        sa.Column("customer_id", NAME, nullable=False),
        sa.Column("invited_id", NAME, nullable=False),
        sa.Column("label", sa.String(length=10), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("basis_points", WHOLE, nullable=False),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("is_oneself", sa.Boolean(), nullable=False),
        sa.Column("gone_minor", WHOLE, nullable=False),
        sa.Column("seen_sequence", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f("pk_referrals")),
        sa.UniqueConstraint("customer_id", "id", name=f("uq_referrals_customer_id_id")),
        sa.UniqueConstraint("invited_id", name=f("uq_referrals_invited_id")),
        sa.CheckConstraint("customer_id <> invited_id", name=f("ck_referrals_not_oneself")),
        sa.CheckConstraint("ends_at > joined_at", name=f("ck_referrals_forward")),
        sa.CheckConstraint("basis_points >= 0 and basis_points <= 10000", name=f("ck_referrals_percent")),
        sa.CheckConstraint("gone_minor >= 0", name=f("ck_referrals_gone_not_negative")),
        *_whole("referrals", "basis_points", "gone_minor", "seen_sequence"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f("fk_referrals_customer_id_customers")
        ),
    )
    op.create_index("ix_referrals_joined", "referrals", ["customer_id", "joined_at", "id"])
    op.create_table(
        "referral_earnings",
        sa.Column("customer_id", NAME, nullable=False),
        sa.Column("document_id", NAME, nullable=False),
        sa.Column("referral_id", NAME, nullable=False),
        sa.Column("net_minor", WHOLE, nullable=False),
        sa.Column("most_minor", WHOLE, nullable=False),
        sa.Column("earned_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "document_id", name=f("pk_referral_earnings")),
        sa.CheckConstraint("net_minor >= 0 and net_minor <= most_minor", name=f("ck_referral_earnings_net")),
        *_whole("referral_earnings", "net_minor", "most_minor"),
        sa.ForeignKeyConstraint(
            ["customer_id", "referral_id"],
            ["referrals.customer_id", "referrals.id"],
            name=f("fk_referral_earnings_customer_id_referral_id_referrals"),
        ),
    )
    op.create_index("ix_referral_earnings_referral", "referral_earnings", ["customer_id", "referral_id"])
    op.create_index("ix_referral_earnings_earned", "referral_earnings", ["customer_id", "earned_at"])
    op.create_table(
        "referral_credits",
        sa.Column("customer_id", NAME, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("micros", WHOLE, nullable=False),
        sa.Column("earned_micros", WHOLE, nullable=False),
        sa.Column("grant_id", NAME, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "month", name=f("pk_referral_credits")),
        sa.CheckConstraint("micros > 0", name=f("ck_referral_credits_micros_positive")),
        *_whole("referral_credits", "micros", "earned_micros"),
        sa.ForeignKeyConstraint(
            ["customer_id", "grant_id"],
            ["grants.customer_id", "grants.id"],
            name=f("fk_referral_credits_customer_id_grant_id_grants"),
        ),
    )
    op.create_index("ix_referral_credits_grant", "referral_credits", ["customer_id", "grant_id"])
    if op.get_bind().dialect.name == "postgresql":
        for table, columns in CHANGES.items():
            _secure(table, columns)


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _secure(table: str, columns: str) -> None:
    mine = "customer_id = current_setting('app.customer_id', true)"
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy customer on {table} to purser_app using ({mine}) with check ({mine})")
    op.execute(f"create policy service on {table} to purser_service using (true) with check (true)")
    op.execute(f"grant select on {table} to purser_app")
    op.execute(f"grant select, insert on {table} to purser_service")
    if columns:
        op.execute(f"grant update ({columns}) on {table} to purser_service")


def _whole(table: str, *columns: str) -> Iterator[sa.CheckConstraint]:
    """Yield the checks that keep these columns whole numbers on SQLite, which would store 0.1 otherwise."""
    for column in columns:
        check = sa.CheckConstraint(f"typeof({column}) in ('integer', 'null')", name=f(f"ck_{table}_{column}_whole"))
        yield check.ddl_if(dialect="sqlite")
