"""Corrections of invoices that are due: no payment has paid them, and the invoice in their place is due instead.

Those that are there keep their payment.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLE, NAME = "corrections", "ck_corrections_due_returns_nothing"
RULE = "payment_id is not null or difference_minor = 0"


def upgrade() -> None:
    """Let a correction have no payment; then nothing goes back."""
    if op.get_bind().dialect.name == "sqlite":
        _write_anew()
        return
    op.alter_column(TABLE, "payment_id", nullable=True)
    op.create_check_constraint(op.f(NAME), TABLE, RULE)


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _write_anew() -> None:
    connection = op.get_bind()
    statement = sa.text("select sql from sqlite_master where tbl_name = :table and type = :kind and sql is not null")
    (words,) = connection.execute(statement, {"table": TABLE, "kind": "table"}).scalars()
    indexes = connection.execute(statement, {"table": TABLE, "kind": "index"}).scalars().all()
    head, column = words[: words.index("(") + 1], "payment_id VARCHAR(40) NOT NULL"
    if words.count(head) != 1 or words.count(column) != 1:
        raise RuntimeError(f"{TABLE} is not as it was made")
    words = words.replace(head, f"CREATE TABLE {TABLE}_anew (").replace(column, "payment_id VARCHAR(40)")
    body = words.rstrip().removesuffix(")")
    op.execute(sa.text(f"{body}, CONSTRAINT {NAME} CHECK ({RULE}))".replace(":", "\\:")))
    kept = ", ".join(f'"{each["name"]}"' for each in sa.inspect(connection).get_columns(TABLE))
    op.execute(f"insert into {TABLE}_anew ({kept}) select {kept} from {TABLE}")  # noqa: S608  # names of our own schema
    op.execute(f"drop table {TABLE}")
    op.execute(f"alter table {TABLE}_anew rename to {TABLE}")
    for index in indexes:
        op.execute(index)
