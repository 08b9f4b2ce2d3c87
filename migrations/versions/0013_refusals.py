"""Refused authorizations keep what they were decided from: balance, holds, limits and their use, and the terms.

What was refused before has none of it, and its pages say so. What is allowed keeps none: its rows stay as small.
"""

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SQL = Path(__file__).resolve().parent.parent / "sql"
WHOLE = (
    "judged_balance_micros",
    "judged_overage_micros",
    "judged_held_micros",
    "judged_daily_limit_micros",
    "judged_daily_used_micros",
    "judged_plan_limit",
    "judged_used",
    "judged_held",
    "judged_catalog_version",
)
WORDS = ("judged_catalog", "judged_plan")
ONLY_REFUSED = (
    "constraint ck_authorizations_judged_when_refused check (judged_balance_micros is null or state = 'refused')"
)


def upgrade() -> None:
    """Add the columns, and let PostgreSQL's function fill them."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for name in WHOLE:
        rule = f" constraint ck_authorizations_{name}_whole check (typeof({name}) in ('integer', 'null'))"
        op.execute(f"alter table authorizations add column {name} bigint{rule if on_sqlite else ''}")
    for name in WORDS:
        rule = f" {ONLY_REFUSED}" if on_sqlite and name == WORDS[-1] else ""
        op.execute(f"alter table authorizations add column {name} varchar(60){rule}")
    if not on_sqlite:
        op.execute(f"alter table authorizations add {ONLY_REFUSED}")
        op.get_bind().exec_driver_sql((SQL / "0013_refusals.sql").read_text())


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
