"""Primary keys begin with the customer, so that PostgreSQL's tables can be divided by customer. No row changes.

SQLite, which is never divided, keeps its tables as they are (decision 0080).
"""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0060"
branch_labels = None
depends_on = None

NAMED = (
    "auto_recharge_consents", "cash_movements", "cash_returns", "disputes", "documents", "grants", "mandates",
    "payment_methods", "payments", "plan_changes", "price_changes", "pro_formas", "referrals", "refunds", "setups",
    "transfers", "webhook_deliveries",
)  # fmt: skip
"""Their rows are named by customer and id: the unique key that this took becomes the primary key."""
FOUND = (
    "auto_recharge_questions", "chat_channels", "corrections", "digest_subscriptions", "document_files", "mails",
    "outbox_events", "paper_files", "webhook_endpoints",
)  # fmt: skip
"""Their rows are looked up by their id alone, too."""
NEITHER = (
    "attempts", "audit_entries", "auto_recharge_decisions", "credit_code_guesses", "resume_links", "usage_alerts",
)  # fmt: skip
REGISTRATIONS, REGISTRATIONS_NAMED = "tax_registrations", "uq_tax_registrations_named"
"""As NAMED, by an index."""
AUTHORIZATIONS = "authorizations"
"""An index more would be felt there: its primary key is the one that it has by the caller's key."""
_NAMING = """
select c.conrelid::regclass::text as its_table, c.conname as name, pg_get_constraintdef(c.oid) as said
from pg_constraint c join pg_class i on i.oid = c.conindid
where c.contype = 'f' and i.relname = any(:named) and i.relnamespace = current_schema()::regnamespace
order by c.conrelid::regclass::text, c.conname"""


def upgrade() -> None:
    """Make each key anew; the keys of other tables that name it are taken off meanwhile, and put back."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    named = [*(f"uq_{table}_customer_id_id" for table in NAMED), REGISTRATIONS_NAMED]
    naming = connection.execute(sa.text(_NAMING), {"named": named}).all()
    for each in naming:
        op.execute(f"alter table {each.its_table} drop constraint {each.name}")
    for table in NAMED:
        op.execute(f"alter table {table} drop constraint uq_{table}_customer_id_id")
    op.execute(f"drop index {REGISTRATIONS_NAMED}")
    op.execute(f"alter table {AUTHORIZATIONS} drop constraint uq_authorizations_customer_id_key")
    for table in (*NAMED, REGISTRATIONS, *FOUND, *NEITHER, AUTHORIZATIONS):
        key = "key" if table == AUTHORIZATIONS else "id"
        op.execute(f"alter table {table} drop constraint pk_{table}")
        op.execute(f"alter table {table} add constraint pk_{table} primary key (customer_id, {key})")
    for table in (*NAMED, REGISTRATIONS, *FOUND, AUTHORIZATIONS):
        op.execute(f"create index ix_{table}_id on {table} (id)")
    for each in naming:
        op.execute(f"alter table {each.its_table} add constraint {each.name} {each.said}")


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
