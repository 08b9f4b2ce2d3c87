"""A customer's name and address follow to the processor: when they are due there, and by which try.

What was changed before is sent with the next change: nobody knows which of the rows the processor has otherwise.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, and the index of what is due."""
    due = sa.text("profile_due_at is not null")
    if op.get_bind().dialect.name == "sqlite":
        rule = "constraint ck_customers_profile_version_whole check (typeof(profile_version) in ('integer', 'null'))"
        op.execute(f"alter table customers add column profile_version bigint not null default 0 {rule}")
    else:
        op.execute("alter table customers add column profile_version bigint not null default 0")
        op.execute("alter table customers alter column profile_version drop default")
    op.add_column("customers", sa.Column("profile_due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_customers_profile_due", "customers", ["profile_due_at"], sqlite_where=due, postgresql_where=due)


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
