"""Invoices that their customer corrects: the documents that take their place, and tax that goes back without credit.

Nobody has corrected one yet.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

f = op.f
TABLE = "corrections"
WITHIN = "corrected_minor >= 0 and refunded_minor + disputed_minor + corrected_minor <= received_minor"
ID = sa.String(length=40)


def upgrade() -> None:
    """Create the table, and the columns that say what of a payment was tax paid too much."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        TABLE,
        *(
            sa.Column(name, ID, nullable=name == "refund_id")
            for name in (
                "id",
                "customer_id",
                "corrected_id",
                "credit_note_id",
                "replacement_id",
                "payment_id",
                "refund_id",
            )
        ),
        sa.Column("difference_minor", sa.BigInteger(), nullable=False),
        sa.Column("sold_on", sa.Date(), nullable=False),
        sa.Column("preview", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f(f"pk_{TABLE}")),
        *(
            sa.UniqueConstraint("customer_id", name, name=f(f"uq_{TABLE}_customer_id_{name}"))
            for name in ("corrected_id", "credit_note_id", "replacement_id")
        ),
        sa.CheckConstraint("difference_minor >= 0", name=f(f"ck_{TABLE}_difference")),
        sa.CheckConstraint(
            "(difference_minor > 0) = (refund_id is not null)", name=f(f"ck_{TABLE}_difference_goes_back")
        ),
        sa.CheckConstraint(
            "typeof(difference_minor) in ('integer', 'null')", name=f(f"ck_{TABLE}_difference_minor_whole")
        ).ddl_if(dialect="sqlite"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f(f"fk_{TABLE}_customer_id_customers")
        ),
        *(
            _of(name, other)
            for name, other in (
                ("corrected_id", "documents"),
                ("credit_note_id", "documents"),
                ("replacement_id", "documents"),
                ("payment_id", "payments"),
                ("refund_id", "refunds"),
            )
        ),
    )
    op.create_index(f"ix_{TABLE}_payment", TABLE, ["customer_id", "payment_id"])
    op.create_index(f"ix_{TABLE}_refund", TABLE, ["customer_id", "refund_id"])
    op.add_column("refunds", sa.Column("of_correction", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    if on_sqlite:
        whole = "constraint ck_payments_corrected_minor_whole check (typeof(corrected_minor) in ('integer', 'null'))"
        within = f"constraint ck_payments_corrected check ({WITHIN})"
        op.execute(f"alter table payments add column corrected_minor bigint not null default 0 {whole} {within}")
        return
    op.add_column(
        "payments", sa.Column("corrected_minor", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    )
    op.create_check_constraint(f("ck_payments_corrected"), "payments", WITHIN)
    op.alter_column("payments", "corrected_minor", server_default=None)
    op.alter_column("refunds", "of_correction", server_default=None)
    mine = "customer_id = current_setting('app.customer_id', true)"
    op.execute(f"alter table {TABLE} enable row level security")
    op.execute(f"alter table {TABLE} force row level security")
    op.execute(f"create policy customer on {TABLE} to purser_app using ({mine}) with check ({mine})")
    op.execute(f"create policy service on {TABLE} to purser_service using (true) with check (true)")
    op.execute(f"grant select on {TABLE} to purser_app")
    op.execute(f"grant select, insert, update (refund_id) on {TABLE} to purser_service")


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _of(column: str, other: str) -> sa.ForeignKeyConstraint:
    name = f(f"fk_{TABLE}_customer_id_{column}_{other}")
    return sa.ForeignKeyConstraint(["customer_id", column], [f"{other}.customer_id", f"{other}.id"], name=name)
