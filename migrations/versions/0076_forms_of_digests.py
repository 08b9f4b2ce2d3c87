"""What is kept as proved says how its digests were made, and since when something is found.

So a release that proves something else compares what an earlier one has kept, and what was found is found again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
FORMS = {
    "transfers": "c0746c4df032",
    "usage_events": "24919f4c3cae",
    "authorizations": "687f8ae4e947",
    "outbox_events": "b84ba41a8fc1",
}
"""How all digests were made since 0066."""


def upgrade() -> None:
    """Add both columns: what is kept was made as it is now, and nothing was found."""
    form = sa.Column("form", sa.String(length=12), nullable=False, server_default="")
    op.add_column("proved_segments", form)
    op.add_column("proved_segments", sa.Column("found_at", MOMENT, nullable=True))
    for series, each in FORMS.items():
        op.execute(
            sa.text("update proved_segments set form = :form where series = :series").bindparams(
                form=each, series=series
            )
        )
    if op.get_bind().dialect.name != "sqlite":  # which cannot take a default away from a column
        op.alter_column("proved_segments", "form", server_default=None)


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
