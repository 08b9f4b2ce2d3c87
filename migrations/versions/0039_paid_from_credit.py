"""What credit has paid of an invoice while that was open.

Nothing was paid so before: credit that came left open invoices as they were.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

f = op.f
NEW = "credit_paid_minor"
WITHIN = f"{NEW} >= 0 and {NEW} <= paid_minor"
KEPT = "'carried_to_id']"
"""How the list of what may change of a document with a number ends, in the function that keeps the rest."""
ROWS = sa.text("source_type = 'credit_payment'")


def upgrade() -> None:
    """Add the column, which changes as invoices are paid, and an index of the transfers that pay."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"alter table documents add column {NEW} bigint not null default 0 "
            f"constraint ck_documents_{NEW}_whole check (typeof({NEW}) in ('integer', 'null')) "
            f"constraint ck_documents_credit_paid check ({WITHIN})"
        )
    else:
        op.add_column("documents", sa.Column(NEW, sa.BigInteger(), nullable=False, server_default=sa.text("0")))
        op.alter_column("documents", NEW, server_default=None)
        op.create_check_constraint(f("ck_documents_credit_paid"), "documents", WITHIN)
        op.execute(f"grant update ({NEW}) on documents to purser_service")
        _let_change()
    columns = ["customer_id", "booked_at", "id"]
    op.create_index("ix_transfers_credit_payments", "transfers", columns, sqlite_where=ROWS, postgresql_where=ROWS)


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _let_change() -> None:
    """Let the function that keeps documents let the column change: it compares whole rows, but for what it lists."""
    words = op.get_bind().scalar(sa.text("select pg_get_functiondef(cast('purser_document_kept' as regproc))"))
    if words.count(KEPT) != 4:  # two lists, each of them twice
        raise RuntimeError("purser_document_kept is not as it was made")
    op.execute(sa.text(words.replace(KEPT, f"'carried_to_id','{NEW}']").replace(":", "\\:")))
