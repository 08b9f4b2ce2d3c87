"""Indexes for lists of documents by kind and state, and for the two sides of a statement of account.

No row changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

PARTS = (
    ("ix_documents_voided", "documents", "voided_at", "voided_at is not null"),
    ("ix_transfers_came_in", "transfers", "booked_at", "debit_account = 'processor'"),
    ("ix_transfers_went_back", "transfers", "booked_at", "credit_account = 'processor'"),
)


def upgrade() -> None:
    """Add the indexes."""
    for column in ("kind", "state"):
        op.create_index(f"ix_documents_{column}", "documents", ["customer_id", column, "issued_at", "id"])
    for name, table, moment, rows in PARTS:
        columns = ["customer_id", moment, "id"]
        op.create_index(name, table, columns, sqlite_where=sa.text(rows), postgresql_where=sa.text(rows))


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
