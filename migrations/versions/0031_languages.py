"""The language of documents and papers, kept with them; all that are there are English, as their customers are."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

NEW = "language"
WATCHED = "new.overage_micros is not old.overage_micros"
"""What both triggers of SQLite compare already, and the new column beside it: PostgreSQL's compares whole rows."""


def upgrade() -> None:
    """Add the columns, and let the rule that a document is final know its language."""
    for table in ("customers", "documents", "paper_files"):
        op.add_column(table, sa.Column(NEW, sa.String(length=35), nullable=False, server_default=sa.text("'en'")))
        if op.get_bind().dialect.name != "sqlite":  # which keeps a default for good
            op.alter_column(table, NEW, server_default=None)
    if op.get_bind().dialect.name == "sqlite":
        for trigger in ("documents_are_final", "documents_add_up"):
            _let_watch(trigger)


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


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
