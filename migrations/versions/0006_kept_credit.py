"""Credit that an open hold holds does not expire before the hold ends: PostgreSQL's functions look for it."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    """Replace the function that locks a customer and says what is due. No row changes."""
    if op.get_bind().dialect.name != "sqlite":
        op.get_bind().exec_driver_sql((SQL / "0006_kept_credit.sql").read_text())


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
