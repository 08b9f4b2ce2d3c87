"""Addresses whose host was kept as `xn--…` are kept as people write them, so that one mailbox is one member's.

Rows whose address is a part of a mailed link stay as they are: they are compared by mailbox (decision 0063).
"""

import logging

import sqlalchemy as sa
from alembic import op

from app import mailboxes

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

MEMBERS = sa.table("members", sa.column("id"), sa.column("email"))
CUSTOMERS = sa.table("customers", sa.column("customer_id"), sa.column("email"))
FORCED = "alter table customers {} row level security"


def upgrade() -> None:
    """Write the addresses anew; of two members with one mailbox the second one stays as it is, and is named."""
    connection = op.get_bind()
    for key, email in _in_ascii(connection, MEMBERS, MEMBERS.c.id):
        kept = mailboxes.kept(email)
        other = connection.scalar(sa.select(MEMBERS.c.id).where(MEMBERS.c.email == kept))
        if other is not None:
            words = "Members %s and %s have one mailbox. Nothing was changed: let one of them choose another address."
            logging.getLogger("purser.upgrade").warning(words, other, key)
            continue
        connection.execute(sa.update(MEMBERS).where(MEMBERS.c.id == key).values(email=kept))
    on_postgresql = connection.dialect.name == "postgresql"
    if on_postgresql:
        op.execute(FORCED.format("no force"))
    for key, email in _in_ascii(connection, CUSTOMERS, CUSTOMERS.c.customer_id):
        changed = sa.update(CUSTOMERS).where(CUSTOMERS.c.customer_id == key)
        connection.execute(changed.values(email=mailboxes.kept(email)))
    if on_postgresql:
        op.execute(FORCED.format("force"))


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _in_ascii(connection: sa.Connection, table: sa.TableClause, key: sa.ColumnClause[str]) -> list[tuple[str, str]]:
    asked = sa.select(key, table.c.email).where(table.c.email.like("%xn--%")).order_by(key)
    return [(each, email) for each, email in connection.execute(asked).all() if mailboxes.kept(email) != email]
