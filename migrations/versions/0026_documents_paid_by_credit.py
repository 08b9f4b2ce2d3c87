"""An index of the documents that credit has paid a part of: a statement of account reads them and no others.

No row changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ROWS = sa.text("credits_applied_minor > 0")


def upgrade() -> None:
    """Add the index."""
    columns = ["customer_id", "issued_at", "id"]
    op.create_index("ix_documents_applied", "documents", columns, sqlite_where=ROWS, postgresql_where=ROWS)


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
