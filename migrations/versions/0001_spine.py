"""The spine: every table of the first release, what may never change, and who may see whose rows.

On PostgreSQL the app never acts as the owner of the tables. Each transaction takes one of two roles: `purser_app`,
whose row-level security shows the rows of the customer named by `app.customer_id`, or `purser_service`, which sees all
customers but cannot change the ledger's past either. `flask portal init` grants both to the login of DATABASE_URL.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

f = op.f
MOMENT = sa.DateTime(timezone=True)
WHOLE = sa.BigInteger()

APPEND_ONLY = ("transfers", "allocations", "audit_entries", "catalog_versions")

# Rows of one customer: what purser_app may do beside SELECT, and what purser_service may do.
CUSTOMER_TABLES = {
    "customers": ("", "insert, update"),
    "billing_periods": ("", "insert, update"),
    "payment_methods": ("insert, update", "insert, update"),
    "payments": ("insert, update", "insert, update"),
    "attempts": ("insert, update", "insert, update"),
    "accounts": ("", "insert, update"),
    "transfers": ("", "insert"),
    "grants": ("", "insert, update"),
    "allocations": ("", "insert"),
    "balance_days": ("", "insert, update"),
    "outbox_events": ("", "insert, update"),
    "audit_entries": ("insert", "insert"),
}
# Everything else: purser_app may at most read it.
SERVICE_TABLES = {
    "catalog_versions": "insert",
    "members": "insert, update",
    "memberships": "insert, update, delete",
    "browser_sessions": "insert, update, delete",
    "inbox_events": "insert, update",
    "sandbox_objects": "insert, update, delete",
    "sandbox_requests": "insert, update, delete",
    "sandbox_faults": "insert, update, delete",
}
READ_BY_ALL = ("catalog_versions", "alembic_version")


def upgrade() -> None:
    """Create everything."""
    _customers()
    _people()
    _payments()
    _ledger()
    _events()
    _sandbox()
    if op.get_bind().dialect.name == "postgresql":
        _forbid_changes_on_postgresql()
        _create_roles()
        _separate_customers()
        _grant()
    else:
        _forbid_changes_on_sqlite()


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _forbid_changes_on_sqlite() -> None:
    for table in APPEND_ONLY:
        for verb in ("update", "delete"):
            op.execute(
                f"create trigger {table}_no_{verb} before {verb} on {table} "
                f"begin select raise(abort, '{table} is append-only'); end"
            )


def _forbid_changes_on_postgresql() -> None:
    op.execute(
        "create function purser_append_only() returns trigger language plpgsql as $$ "
        "begin raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation'; end $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger {table}_no_change before update or delete on {table} "
            "for each row execute function purser_append_only()"
        )
        op.execute(
            f"create trigger {table}_no_truncate before truncate on {table} "
            "for each statement execute function purser_append_only()"
        )


def _create_roles() -> None:
    """Create the two roles unless the cluster has them: they belong to it, not to the database."""
    for role in ("purser_app", "purser_service"):
        op.execute(
            f"do $$ begin if not exists (select from pg_roles where rolname = '{role}') then create role {role} nologin; "
            "end if; exception when duplicate_object or unique_violation then null; end $$"
        )


def _separate_customers() -> None:
    for table in CUSTOMER_TABLES:
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        mine = "customer_id = current_setting('app.customer_id', true)"
        op.execute(f"create policy customer on {table} to purser_app using ({mine}) with check ({mine})")
        op.execute(f"create policy service on {table} to purser_service using (true) with check (true)")


def _grant() -> None:
    op.execute("grant usage on schema public to purser_app, purser_service")
    for table in READ_BY_ALL:
        op.execute(f"grant select on {table} to purser_app, purser_service")
    for table, (app_writes, service_writes) in CUSTOMER_TABLES.items():
        op.execute(f"grant select on {table} to purser_app")
        if app_writes:
            op.execute(f"grant {app_writes} on {table} to purser_app")
        op.execute(f"grant select, {service_writes} on {table} to purser_service")
    for table, writes in SERVICE_TABLES.items():
        op.execute(f"grant select, {writes} on {table} to purser_service")
    op.execute("grant usage on sequence sandbox_faults_id_seq to purser_service")


def _whole(table: str, *columns: str) -> Iterator[sa.CheckConstraint]:
    """Yield the checks that keep these columns whole numbers on SQLite, which would store 0.1 otherwise."""
    for column in columns:
        rule = f"typeof({column}) in ('integer', 'null')"
        yield sa.CheckConstraint(rule, name=f(f"ck_{table}_{column}_whole")).ddl_if(dialect="sqlite")


def _where(condition: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _customers() -> None:
    """Create the catalogs, the customers and their periods."""
    op.create_table(
        "catalog_versions",
        sa.Column("catalog", sa.String(length=60), nullable=False),
        sa.Column("version", WHOLE, autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("applied_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("catalog", "version", name=f("pk_catalog_versions")),
        *_whole("catalog_versions", "version"),
    )
    op.create_table(
        "customers",
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("catalog", sa.String(length=60), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("credit_unit", sa.String(length=20), nullable=False),
        sa.Column("overage_protection_micros", WHOLE, nullable=False),
        sa.Column("standing", sa.String(length=10), nullable=False),
        sa.Column("processor_customer", sa.String(length=100), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("standing in ('good','past_due','suspended','closed')", name=f("ck_customers_standing")),
        sa.CheckConstraint("overage_protection_micros >= 0", name=f("ck_customers_overage_protection_not_negative")),
        sa.PrimaryKeyConstraint("customer_id", name=f("pk_customers")),
        sa.UniqueConstraint("external_id", name=f("uq_customers_external_id")),
        sa.UniqueConstraint("processor_customer", name=f("uq_customers_processor_customer")),
        *_whole("customers", "overage_protection_micros"),
    )
    op.create_table(
        "billing_periods",
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("number", WHOLE, autoincrement=False, nullable=False),
        sa.Column("anchor_day", WHOLE, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=f("ck_billing_periods_forward")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f("fk_billing_periods_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("customer_id", "number", name=f("pk_billing_periods")),
        *_whole("billing_periods", "anchor_day", "number"),
    )
    op.create_index("ix_billing_periods_due", "billing_periods", ["ends_at"], **_where("closed_at is null"))
    op.create_index(
        "uq_billing_periods_open", "billing_periods", ["customer_id"], unique=True, **_where("closed_at is null")
    )


def _people() -> None:
    """Create the members, what they may do, and their sessions."""
    op.create_table(
        "members",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("theme", sa.String(length=6), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=f("pk_members")),
        sa.UniqueConstraint("email", name=f("uq_members_email")),
    )
    op.create_table(
        "memberships",
        sa.Column("member_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("role in ('owner','billing_manager','viewer')", name=f("ck_memberships_role")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f("fk_memberships_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=f("fk_memberships_member_id_members")),
        sa.PrimaryKeyConstraint("member_id", "customer_id", name=f("pk_memberships")),
    )
    op.create_index("ix_memberships_customer_id", "memberships", ["customer_id"])
    op.create_table(
        "browser_sessions",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=40), nullable=True),
        sa.Column("customer_id", sa.String(length=40), nullable=True),
        sa.Column("data", sa.String(length=4000), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f("fk_browser_sessions_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=f("fk_browser_sessions_member_id_members")),
        sa.PrimaryKeyConstraint("token_hash", name=f("pk_browser_sessions")),
    )
    op.create_index("ix_browser_sessions_customer_id", "browser_sessions", ["customer_id"])
    op.create_index("ix_browser_sessions_expires_at", "browser_sessions", ["expires_at"])
    op.create_index("ix_browser_sessions_member_id", "browser_sessions", ["member_id"])


def _payments() -> None:
    """Create the payment methods, the payments and the calls made for them."""
    op.create_table(
        "payment_methods",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("processor_id", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("brand", sa.String(length=30), nullable=False),
        sa.Column("last4", sa.String(length=4), nullable=False),
        sa.Column("exp_month", WHOLE, nullable=True),
        sa.Column("exp_year", WHOLE, nullable=True),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=100), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f("fk_payment_methods_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=f("pk_payment_methods")),
        sa.UniqueConstraint("customer_id", "id", name=f("uq_payment_methods_customer_id_id")),
        sa.UniqueConstraint("customer_id", "processor_id", name=f("uq_payment_methods_customer_id_processor_id")),
        *_whole("payment_methods", "exp_month", "exp_year"),
    )
    op.create_index(
        "uq_payment_methods_default",
        "payment_methods",
        ["customer_id"],
        unique=True,
        **_where("is_default and removed_at is null"),
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("amount_minor", WHOLE, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("credits_micros", WHOLE, nullable=False),
        sa.Column("pack", sa.String(length=60), nullable=False),
        sa.Column("expires_after_days", WHOLE, nullable=True),
        sa.Column("method_id", sa.String(length=40), nullable=False),
        sa.Column("form_key", sa.String(length=40), nullable=False),
        sa.Column("processor_id", sa.String(length=100), nullable=True),
        sa.Column("received_minor", WHOLE, nullable=False),
        sa.Column("action_url", sa.String(length=1000), nullable=False),
        sa.Column("problem", sa.String(length=100), nullable=False),
        sa.Column("created_by", sa.String(length=40), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("next_check_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "state = 'created' or processor_id is not null or state in ('failed','canceled')",
            name=f("ck_payments_has_intent"),
        ),
        sa.CheckConstraint(
            "state in ('created', 'pi_created', 'confirming', 'requires_action', 'processing', 'succeeded', 'failed', 'canceled', 'refunded', 'disputed')",
            name=f("ck_payments_state"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=f("ck_payments_amount_positive")),
        sa.CheckConstraint("credits_micros > 0", name=f("ck_payments_credits_positive")),
        sa.CheckConstraint("received_minor >= 0", name=f("ck_payments_received_not_negative")),
        sa.ForeignKeyConstraint(
            ["customer_id", "method_id"],
            ["payment_methods.customer_id", "payment_methods.id"],
            name=f("fk_payments_customer_id_method_id_payment_methods"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f("fk_payments_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=f("pk_payments")),
        sa.UniqueConstraint("customer_id", "form_key", name=f("uq_payments_customer_id_form_key")),
        sa.UniqueConstraint("customer_id", "id", name=f("uq_payments_customer_id_id")),
        sa.UniqueConstraint("processor_id", name=f("uq_payments_processor_id")),
        *_whole("payments", "amount_minor", "credits_micros", "received_minor", "expires_after_days"),
    )
    op.create_index("ix_payments_customer_created", "payments", ["customer_id", "created_at"])
    op.create_index("ix_payments_method", "payments", ["customer_id", "method_id"])
    op.create_index(
        "ix_payments_next_check_at",
        "payments",
        ["next_check_at"],
        **_where("state in ('created','pi_created','confirming','requires_action','processing')"),
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("payment_id", sa.String(length=40), nullable=False),
        sa.Column("number", WHOLE, nullable=False),
        sa.Column("idempotency_key", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state in ('started','succeeded','requires_action','processing','declined','canceled')",
            name=f("ck_attempts_state"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "payment_id"],
            ["payments.customer_id", "payments.id"],
            name=f("fk_attempts_customer_id_payment_id_payments"),
        ),
        sa.PrimaryKeyConstraint("id", name=f("pk_attempts")),
        sa.UniqueConstraint("customer_id", "payment_id", "number", name=f("uq_attempts_customer_id_payment_id_number")),
        sa.UniqueConstraint("idempotency_key", name=f("uq_attempts_idempotency_key")),
        *_whole("attempts", "number"),
    )
    op.create_index(
        "uq_attempts_open",
        "attempts",
        ["customer_id", "payment_id"],
        unique=True,
        **_where("state in ('started','requires_action','processing')"),
    )


def _ledger() -> None:
    """Create the ledger."""
    op.create_table(
        "accounts",
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("balance", WHOLE, nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("floor", WHOLE, nullable=True),
        sa.CheckConstraint("floor is null or balance >= floor", name=f("ck_accounts_floor")),
        sa.CheckConstraint("version >= 0", name=f("ck_accounts_version")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f("fk_accounts_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("customer_id", "unit", "name", name=f("pk_accounts")),
        *_whole("accounts", "balance", "floor", "version"),
    )
    op.create_table(
        "transfers",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=30), nullable=False),
        sa.Column("debit_account", sa.String(length=20), nullable=False),
        sa.Column("credit_account", sa.String(length=20), nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("source_type", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=120), nullable=False),
        sa.Column("description", sa.String(length=300), nullable=False),
        sa.Column("booked_at", MOMENT, nullable=False),
        sa.Column("corrects_id", sa.String(length=40), nullable=True),
        sa.Column("sequence", WHOLE, nullable=True),
        sa.Column("change_micros", WHOLE, nullable=True),
        sa.Column("balance_after_micros", WHOLE, nullable=True),
        sa.CheckConstraint(
            "(sequence is null) = (change_micros is null) and (sequence is null) = (balance_after_micros is null)",
            name=f("ck_transfers_history_whole"),
        ),
        sa.CheckConstraint("amount > 0", name=f("ck_transfers_amount_positive")),
        sa.CheckConstraint(
            "change_micros is null or abs(change_micros) = amount", name=f("ck_transfers_change_is_amount")
        ),
        sa.CheckConstraint("debit_account <> credit_account", name=f("ck_transfers_two_accounts")),
        sa.ForeignKeyConstraint(
            ["customer_id", "corrects_id"], ["transfers.customer_id", "transfers.id"], name="fk_transfers_corrects"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "unit", "credit_account"],
            ["accounts.customer_id", "accounts.unit", "accounts.name"],
            name="fk_transfers_credit_account",
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "unit", "debit_account"],
            ["accounts.customer_id", "accounts.unit", "accounts.name"],
            name="fk_transfers_debit_account",
        ),
        sa.PrimaryKeyConstraint("id", name=f("pk_transfers")),
        sa.UniqueConstraint("customer_id", "id", name=f("uq_transfers_customer_id_id")),
        sa.UniqueConstraint("customer_id", "source_type", "source_id", "kind", name="uq_transfers_once"),
        *_whole("transfers", "amount", "balance_after_micros", "change_micros", "sequence"),
    )
    op.create_index("ix_transfers_booked_at", "transfers", ["customer_id", "booked_at"])
    op.create_index("ix_transfers_corrects", "transfers", ["customer_id", "corrects_id"])
    op.create_index("ix_transfers_credit_account", "transfers", ["customer_id", "unit", "credit_account"])
    op.create_index("ix_transfers_debit_account", "transfers", ["customer_id", "unit", "debit_account"])
    op.create_index(
        "ix_transfers_kind", "transfers", ["customer_id", "kind", "sequence"], **_where("sequence is not null")
    )
    op.create_index(
        "uq_transfers_sequence", "transfers", ["customer_id", "sequence"], unique=True, **_where("sequence is not null")
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("micros", WHOLE, nullable=False),
        sa.Column("remaining_micros", WHOLE, nullable=False),
        sa.Column("priority", WHOLE, nullable=False),
        sa.Column("effective_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("posted_at", MOMENT, nullable=True),
        sa.Column("voided_at", MOMENT, nullable=True),
        sa.Column("payment_id", sa.String(length=40), nullable=True),
        sa.Column("granted_by", sa.String(length=254), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(payment_id is not null) or (granted_by <> '' and reason <> '')", name=f("ck_grants_has_a_reason")
        ),
        sa.CheckConstraint("kind <> 'purchased' or payment_id is not null", name=f("ck_grants_purchased_is_paid")),
        sa.CheckConstraint("kind in ('purchased','promotional','trial','referral','refund')", name=f("ck_grants_kind")),
        sa.CheckConstraint("expires_at is null or expires_at > effective_at", name=f("ck_grants_expires_after")),
        sa.CheckConstraint("micros > 0", name=f("ck_grants_micros_positive")),
        sa.CheckConstraint(
            "remaining_micros >= 0 and remaining_micros <= micros", name=f("ck_grants_remaining_within")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "payment_id"],
            ["payments.customer_id", "payments.id"],
            name=f("fk_grants_customer_id_payment_id_payments"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name=f("fk_grants_customer_id_customers")),
        sa.PrimaryKeyConstraint("id", name=f("pk_grants")),
        sa.UniqueConstraint("customer_id", "id", name=f("uq_grants_customer_id_id")),
        *_whole("grants", "micros", "priority", "remaining_micros"),
    )
    op.create_index(
        "ix_grants_expiring", "grants", ["expires_at"], **_where("remaining_micros > 0 and expires_at is not null")
    )
    op.create_index(
        "ix_grants_live", "grants", ["customer_id", "priority", "expires_at"], **_where("remaining_micros > 0")
    )
    op.create_index("ix_grants_payment", "grants", ["customer_id", "payment_id"])
    op.create_index(
        "ix_grants_waiting", "grants", ["effective_at"], **_where("posted_at is null and voided_at is null")
    )
    op.create_table(
        "allocations",
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("transfer_id", sa.String(length=40), nullable=False),
        sa.Column("grant_id", sa.String(length=40), nullable=False),
        sa.Column("micros", WHOLE, nullable=False),
        sa.CheckConstraint("micros <> 0", name=f("ck_allocations_not_zero")),
        sa.ForeignKeyConstraint(
            ["customer_id", "grant_id"],
            ["grants.customer_id", "grants.id"],
            name=f("fk_allocations_customer_id_grant_id_grants"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "transfer_id"],
            ["transfers.customer_id", "transfers.id"],
            name=f("fk_allocations_customer_id_transfer_id_transfers"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "transfer_id", "grant_id", name=f("pk_allocations")),
        *_whole("allocations", "micros"),
    )
    op.create_index("ix_allocations_grant", "allocations", ["customer_id", "grant_id"])
    op.create_table(
        "balance_days",
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("added_micros", WHOLE, nullable=False),
        sa.Column("used_micros", WHOLE, nullable=False),
        sa.Column("closing_micros", WHOLE, nullable=False),
        sa.CheckConstraint("used_micros >= 0", name=f("ck_balance_days_used_not_negative")),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f("fk_balance_days_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("customer_id", "day", name=f("pk_balance_days")),
        *_whole("balance_days", "added_micros", "closing_micros", "used_micros"),
    )


def _events() -> None:
    """Create what came in, what is to be told, and who changed what."""
    op.create_table(
        "inbox_events",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("object_type", sa.String(length=60), nullable=False),
        sa.Column("object_id", sa.String(length=100), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(length=5), nullable=False),
        sa.Column("tries", WHOLE, nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=False),
        sa.Column("problem", sa.String(length=300), nullable=False),
        sa.CheckConstraint("state in ('new','done','dead')", name=f("ck_inbox_events_state")),
        sa.PrimaryKeyConstraint("id", name=f("pk_inbox_events")),
        *_whole("inbox_events", "tries"),
    )
    op.create_index("ix_inbox_events_due", "inbox_events", ["next_try_at"], **_where("state = 'new'"))
    op.create_table(
        "outbox_events",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("sequence", WHOLE, nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("source_id", sa.String(length=120), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f("fk_outbox_events_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=f("pk_outbox_events")),
        sa.UniqueConstraint("customer_id", "sequence", name=f("uq_outbox_events_customer_id_sequence")),
        sa.UniqueConstraint("customer_id", "type", "source_id", name="uq_outbox_events_once"),
        *_whole("outbox_events", "sequence"),
    )
    op.create_index("ix_outbox_events_pending", "outbox_events", ["created_at"], **_where("state = 'pending'"))
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f("fk_audit_entries_customer_id_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=f("pk_audit_entries")),
    )
    op.create_index("ix_audit_entries_customer_at", "audit_entries", ["customer_id", "at"])


def _sandbox() -> None:
    """Create the sandbox processor's own tables."""
    op.create_table(
        "sandbox_objects",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f("pk_sandbox_objects")),
    )
    op.create_index("ix_sandbox_objects_due", "sandbox_objects", ["type", "due_at"])
    op.create_index("ix_sandbox_objects_owner", "sandbox_objects", ["type", "owner", "created_at"])
    op.create_table(
        "sandbox_requests",
        sa.Column("idempotency_key", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("status", WHOLE, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("idempotency_key", name=f("pk_sandbox_requests")),
        *_whole("sandbox_requests", "status"),
    )
    op.create_table(
        "sandbox_faults",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("matches", sa.String(length=100), nullable=False),
        sa.Column("fault", sa.String(length=40), nullable=False),
        sa.Column("remaining", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f("pk_sandbox_faults")),
        *_whole("sandbox_faults", "id", "remaining"),
    )
