"""What of refunds and disputes had been given back as credit, and that credit."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

f = op.f
WITHIN = "of_credit_minor >= 0 and of_credit_minor <= amount_minor"
COLUMNS = (
    ("payments", "as_credit_micros", "as_credit_micros", "as_credit_micros >= 0"),
    ("refunds", "of_credit_minor", "of_credit", WITHIN),
    ("disputes", "of_credit_minor", "of_credit", WITHIN),
)


def upgrade() -> None:
    """Add the columns: of what is there, nothing was credit."""
    for table, column, name, within in COLUMNS:
        if op.get_bind().dialect.name == "sqlite":
            whole = f"constraint ck_{table}_{column}_whole check (typeof({column}) in ('integer', 'null'))"
            rule = f"constraint ck_{table}_{name} check ({within})"
            op.execute(f"alter table {table} add column {column} bigint not null default 0 {whole} {rule}")
            continue
        op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=False, server_default=sa.text("0")))
        op.create_check_constraint(f(f"ck_{table}_{name}"), table, within)
        op.alter_column(table, column, server_default=None)


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
