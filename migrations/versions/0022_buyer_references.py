"""What an XRechnung needs: the customer's buyer reference, and where the seller can be reached; kept with documents.

Documents that are there have none of it, and stay as they are.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

NEW = ("buyer_reference", "seller_city", "seller_postal_code", "seller_contact", "seller_phone")
LATER = (
    "state",
    "paid_minor",
    "paid_at",
    "paid_with",
    "returned_minor",
    "voided_at",
    "credited_minor",
    "carried_to_id",
)
"""What changes of a document that has a number."""
NUMBERED = ("state", "number", "year", "place", "issued_at", "due_on")
"""What numbering sets."""


def upgrade() -> None:
    """Add the columns, empty, and let the rule that a document is final know them."""
    _add("invoice_addresses", ("buyer_reference",))
    _add("documents", NEW)
    if op.get_bind().dialect.name == "sqlite":
        for name, ignored in (("documents_are_final", LATER), ("documents_add_up", (*NUMBERED, *LATER))):
            _let_watch(name, ignored)


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _add(table: str, names: tuple[str, ...]) -> None:
    for name in names:
        op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))
        if op.get_bind().dialect.name != "sqlite":  # which keeps a default for good
            op.alter_column(table, name, server_default=None)


def _let_watch(trigger: str, ignored: tuple[str, ...]) -> None:
    """Write a trigger anew that compares every column but these: PostgreSQL's compares whole rows."""
    connection = op.get_bind()
    (words,) = connection.execute(
        sa.text("select sql from sqlite_master where type = 'trigger' and name = :name"), {"name": trigger}
    ).scalars()
    columns = [row[1] for row in connection.exec_driver_sql("pragma table_info(documents)")]
    watched = [name for name in columns if name not in ignored]
    old = " or ".join(f"new.{name} is not old.{name}" for name in watched if name not in NEW)
    if words.count(old) != 1:
        raise RuntimeError(f"{trigger} is not as it was made")
    op.execute(f"drop trigger {trigger}")
    new = " or ".join(f"new.{name} is not old.{name}" for name in watched)
    op.execute(sa.text(words.replace(old, new).replace(":", "\\:")))
