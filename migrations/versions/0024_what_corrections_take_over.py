"""Corrections of invoices that are due: no payment has paid them, and the invoice in their place is due instead.

Documents say what they have taken over from the invoice that they correct. Those that are there were of paid ones:
they keep their payment, and have taken over all of it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLE, NAME = "corrections", "ck_corrections_due_returns_nothing"
RULE = "payment_id is not null or difference_minor = 0"
NEW = "taken_over_minor"
WITHIN = f"{NEW} >= 0 and {NEW} <= payable_minor"
FILLED = f"update documents set {NEW} = payable_minor where source_type = 'correction' and payment_id is not null"  # noqa: S608  # constants
WATCHED = "new.overage_micros is not old.overage_micros"
"""What both triggers of SQLite compare already, and the new column beside it: PostgreSQL's compares whole rows."""


def upgrade() -> None:
    """Let a correction have no payment, and add what its documents have taken over."""
    if op.get_bind().dialect.name == "sqlite":
        _write_anew()
        op.execute(
            f"alter table documents add column {NEW} bigint not null default 0 "
            f"constraint ck_documents_{NEW}_whole check (typeof({NEW}) in ('integer', 'null')) "
            f"constraint ck_documents_taken_over check ({WITHIN})"
        )
        op.execute(FILLED)
        for trigger in ("documents_are_final", "documents_add_up"):
            _let_watch(trigger)
        return
    op.add_column("documents", sa.Column(NEW, sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.alter_column("documents", NEW, server_default=None)
    op.create_check_constraint(op.f("ck_documents_taken_over"), "documents", WITHIN)
    # Row-level security, which binds the owner too, would hide every document; and those that have a number are final.
    op.execute("alter table documents no force row level security")
    op.execute("alter table documents disable trigger documents_kept")
    op.execute(FILLED)
    op.execute("alter table documents enable trigger documents_kept")
    op.execute("alter table documents force row level security")
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


def _let_watch(trigger: str) -> None:
    connection = op.get_bind()
    (words,) = connection.execute(
        sa.text("select sql from sqlite_master where type = 'trigger' and name = :name"), {"name": trigger}
    ).scalars()
    if words.count(WATCHED) != 1:
        raise RuntimeError(f"{trigger} is not as it was made")
    op.execute(f"drop trigger {trigger}")
    words = words.replace(WATCHED, f"{WATCHED} or {WATCHED.replace('overage_micros', NEW)}")
    op.execute(sa.text(words.replace(":", "\\:")))
