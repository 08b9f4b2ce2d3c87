"""How far a customer with a payment method is served without credit, and an index of those who are.

Nobody is at the upgrade: no version of a catalog that was sold so far has it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

f = op.f
TABLE, NEW = "customers", "exposure_micros"
RULE = f"{NEW} >= 0"
ROWS = sa.text(f"{NEW} > 0")


def upgrade() -> None:
    """Add the column and the index."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"alter table {TABLE} add column {NEW} bigint not null default 0 "
            f"constraint ck_{TABLE}_exposure_not_negative check ({RULE}) "
            f"constraint ck_{TABLE}_{NEW}_whole check (typeof({NEW}) in ('integer', 'null'))"
        )
    else:
        op.add_column(TABLE, sa.Column(NEW, sa.BigInteger(), nullable=False, server_default=sa.text("0")))
        op.alter_column(TABLE, NEW, server_default=None)
        op.create_check_constraint(f(f"ck_{TABLE}_exposure_not_negative"), TABLE, RULE)
    op.create_index(f"ix_{TABLE}_exposed", TABLE, ["customer_id"], sqlite_where=ROWS, postgresql_where=ROWS)


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
