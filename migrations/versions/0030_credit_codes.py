"""Codes for credit: the seller's codes, who has redeemed one, and guesses."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

f = op.f
WHOLE = sa.BigInteger()
MOMENT = sa.DateTime(timezone=True)
NAME = sa.String(length=40)


def upgrade() -> None:
    """Create the tables, and keep each customer's rows to it."""
    op.create_table(
        "credit_codes",
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("catalog", sa.String(length=60), nullable=False),
        sa.Column("credits_micros", WHOLE, nullable=False),
        sa.Column("credit_unit", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("redeem_until", MOMENT, nullable=True),
        sa.Column("lasts_days", WHOLE, nullable=True),
        sa.Column("most", WHOLE, nullable=True),
        sa.Column("redeemed", WHOLE, nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("code", name=f("pk_credit_codes")),
        sa.CheckConstraint("credits_micros > 0", name=f("ck_credit_codes_credits_positive")),
        sa.CheckConstraint("most is null or most > 0", name=f("ck_credit_codes_most_positive")),
        sa.CheckConstraint(
            "redeemed >= 0 and (most is null or redeemed <= most)", name=f("ck_credit_codes_redeemed_within")
        ),
        sa.CheckConstraint("lasts_days is null or lasts_days > 0", name=f("ck_credit_codes_lasts_positive")),
        *_whole("credit_codes", "credits_micros", "most", "redeemed", "lasts_days"),
    )
    op.create_table(
        "credit_code_redemptions",
        sa.Column("customer_id", NAME, nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("grant_id", NAME, nullable=False),
        sa.Column("redeemed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "code", name=f("pk_credit_code_redemptions")),
        sa.ForeignKeyConstraint(
            ["code"], ["credit_codes.code"], name=f("fk_credit_code_redemptions_code_credit_codes")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "grant_id"],
            ["grants.customer_id", "grants.id"],
            name=f("fk_credit_code_redemptions_customer_id_grant_id_grants"),
        ),
    )
    op.create_index("ix_credit_code_redemptions_code", "credit_code_redemptions", ["code"])
    op.create_index("ix_credit_code_redemptions_grant", "credit_code_redemptions", ["customer_id", "grant_id"])
    op.create_table(
        "credit_code_guesses",
        sa.Column("id", NAME, nullable=False),
        sa.Column("customer_id", NAME, nullable=False),
        sa.Column("guessed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f("pk_credit_code_guesses")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f("fk_credit_code_guesses_customer_id_customers")
        ),
    )
    op.create_index("ix_credit_code_guesses_guessed", "credit_code_guesses", ["customer_id", "guessed_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("grant select, insert, update (redeemed, withdrawn_at) on credit_codes to purser_service")
        _secure("credit_code_redemptions", "select, insert")
        _secure("credit_code_guesses", "select, insert, delete")


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _secure(table: str, verbs: str) -> None:
    mine = "customer_id = current_setting('app.customer_id', true)"
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy customer on {table} to purser_app using ({mine}) with check ({mine})")
    op.execute(f"create policy service on {table} to purser_service using (true) with check (true)")
    op.execute(f"grant select on {table} to purser_app")
    op.execute(f"grant {verbs} on {table} to purser_service")


def _whole(table: str, *columns: str) -> Iterator[sa.CheckConstraint]:
    """Yield the checks that keep these columns whole numbers on SQLite, which would store 0.1 otherwise."""
    for column in columns:
        check = sa.CheckConstraint(f"typeof({column}) in ('integer', 'null')", name=f(f"ck_{table}_{column}_whole"))
        yield check.ddl_if(dialect="sqlite")
