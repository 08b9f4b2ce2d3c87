"""Usage and limits: API keys, usage events and what they add up to, authorizations, limits, notices, webhooks out.

Everything counts from here on: what was used before is in the ledger already, so that no counter begins above zero.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

f = op.f
MOMENT = sa.DateTime(timezone=True)
WHOLE = sa.BigInteger()
SQL = Path(__file__).resolve().parent.parent / "sql"

# Rows of one customer: what purser_service may do beside SELECT. purser_app only reads them.
CUSTOMER_TABLES = {
    "spending": "insert, update",
    "usage_event_keys": "insert, delete",
    "usage_events": "insert",
    "usage_totals": "insert, update",
    "usage_subjects": "insert",
    "usage_days": "insert, update",
    "authorizations": "insert, update, delete",
    "spend_settings": "insert, update",
    "usage_alerts": "insert, update, delete",
    "alert_settings": "insert, update",
    "alert_recipients": "insert, update, delete",
    "notices": "insert, update",
    "webhook_endpoints": "insert, update, delete",
    "webhook_deliveries": "insert, update, delete",
    "webhook_attempts": "insert, delete",
}
SERVICE_TABLES = {
    "api_keys": "insert, update",
    "api_requests": "insert, update, delete",
    "seller_endpoints": "insert, update, delete",
}
MONTHS_AHEAD = 3

ADD_PARTITIONS = """
create function purser_add_partitions(first date, months int) returns int language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    month date; made int := 0; name text;
begin
    for number in 0 .. months - 1 loop
        month := date_trunc('month', first::timestamp)::date + make_interval(months => number);
        name := 'usage_events_' || to_char(month, 'YYYYMM');
        if to_regclass('public.' || name) is not null then continue; end if;
        begin
            execute format(
                'create table %I partition of usage_events for values from (%L) to (%L)', name,
                to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
                to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
            made := made + 1;
        exception
            when check_violation then null;  -- the default partition holds rows of that month: they stay there
            when duplicate_table then null;  -- another worker was first
        end;
    end loop;
    return made;
end $$
"""


def upgrade() -> None:
    """Add the tables, and a counter for every customer there is."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    _columns(on_sqlite=on_sqlite)
    _keys()
    _usage()
    _authorizations()
    _limits()
    _webhooks()
    _counters(on_sqlite=on_sqlite)
    if not on_sqlite:
        _partitions()
        _separate_customers()
        op.get_bind().exec_driver_sql((SQL / "0003_authorize.sql").read_text())


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _columns(*, on_sqlite: bool) -> None:
    if on_sqlite:
        op.execute("alter table customers add column plan varchar(60) not null default ''")
    else:
        op.add_column("customers", sa.Column("plan", sa.String(length=60), nullable=False, server_default=""))
        op.alter_column("customers", "plan", server_default=None)
    op.add_column("grants", sa.Column("request_key", sa.String(length=300), nullable=True))
    op.create_index("uq_grants_request_key", "grants", ["customer_id", "request_key"], unique=True)


def _counters(*, on_sqlite: bool) -> None:
    if not on_sqlite:  # row-level security binds the owner too, who would see no customer
        op.execute("alter table customers no force row level security")
    op.execute(
        "insert into spending (customer_id, unposted_micros, held_micros, dirty) "
        "select customer_id, 0, 0, false from customers"
    )
    if not on_sqlite:
        op.execute("alter table customers force row level security")


def _partitions() -> None:
    """Cut the events by month; what no month takes goes into the last partition, so that nothing is ever refused."""
    op.execute("create table usage_events_default partition of usage_events default")
    op.execute(ADD_PARTITIONS)
    op.execute("revoke all on function purser_add_partitions(date, int) from public")
    op.execute("grant execute on function purser_add_partitions(date, int) to purser_service")
    first = datetime.now(UTC).date().replace(day=1)
    op.execute(f"select purser_add_partitions(date '{first}', {MONTHS_AHEAD})")  # a date of our own


def _separate_customers() -> None:
    mine = "customer_id = current_setting('app.customer_id', true)"
    for table, writes in CUSTOMER_TABLES.items():
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy customer on {table} to purser_app using ({mine}) with check ({mine})")
        op.execute(f"create policy service on {table} to purser_service using (true) with check (true)")
        op.execute(f"grant select on {table} to purser_app")
        op.execute(f"grant select, {writes} on {table} to purser_service")
    for table, writes in SERVICE_TABLES.items():
        op.execute(f"grant select, {writes} on {table} to purser_service")


def _whole(table: str, *columns: str) -> Iterator[sa.CheckConstraint]:
    """Yield the checks that keep these columns whole numbers on SQLite, which would store 0.1 otherwise."""
    for column in columns:
        rule = f"typeof({column}) in ('integer', 'null')"
        yield sa.CheckConstraint(rule, name=f(f"ck_{table}_{column}_whole")).ddl_if(dialect="sqlite")


def _where(condition: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _key(table: str, columns: list[str], other: str, others: list[str]) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        columns, [f"{other}.{each}" for each in others], name=f(f"fk_{table}_{'_'.join(columns)}_{other}")
    )


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _keys() -> None:
    """Create the keys of the Billing API."""
    op.create_table(
        "api_keys",
        _text("id", 40),
        _text("name", 100),
        _text("secret_hash", 64),
        _text("scopes", 300),
        _text("customer_id", 40, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("last_used_at", MOMENT, nullable=True),
        _key("api_keys", ["customer_id"], "customers", ["customer_id"]),
        sa.PrimaryKeyConstraint("id", name=f("pk_api_keys")),
    )
    op.create_index("ix_api_keys_customer", "api_keys", ["customer_id"])
    op.create_table(
        "api_requests",
        _text("api_key_id", 40),
        _text("key", 255),
        _text("path", 300),
        _text("digest", 64),
        sa.Column("status", WHOLE, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT, nullable=False),
        _key("api_requests", ["api_key_id"], "api_keys", ["id"]),
        sa.PrimaryKeyConstraint("api_key_id", "key", name=f("pk_api_requests")),
        *_whole("api_requests", "status"),
    )
    op.create_index("ix_api_requests_created_at", "api_requests", ["created_at"])


def _usage() -> None:
    """Create usage and what it adds up to."""
    op.create_table(
        "spending",
        _text("customer_id", 40),
        sa.Column("unposted_micros", WHOLE, nullable=False),
        sa.Column("held_micros", WHOLE, nullable=False),
        sa.Column("dirty", sa.Boolean(), nullable=False),
        sa.CheckConstraint("held_micros >= 0", name=f("ck_spending_held_not_negative")),
        sa.CheckConstraint("unposted_micros >= 0", name=f("ck_spending_unposted_not_negative")),
        _key("spending", ["customer_id"], "customers", ["customer_id"]),
        sa.PrimaryKeyConstraint("customer_id", name=f("pk_spending")),
        *_whole("spending", "unposted_micros", "held_micros"),
    )
    op.create_index("ix_spending_dirty", "spending", ["customer_id"], **_where("dirty"))
    op.create_table(
        "usage_event_keys",
        _text("customer_id", 40),
        _text("id", 200),
        _text("digest", 32),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "id", name=f("pk_usage_event_keys")),
    )
    op.create_index("ix_usage_event_keys_received_at", "usage_event_keys", ["received_at"])
    op.create_table(
        "usage_events",
        _text("customer_id", 40),
        _text("id", 200),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("period_number", WHOLE, nullable=False),
        _text("meter", 60),
        _text("subject", 200),
        sa.Column("quantity", WHOLE, nullable=False),
        sa.Column("micros", WHOLE, nullable=False),
        sa.Column("properties", sa.Text(), nullable=False),
        _text("authorization_id", 40, nullable=True),
        sa.CheckConstraint("quantity >= 0", name=f("ck_usage_events_quantity_not_negative")),
        sa.PrimaryKeyConstraint("customer_id", "id", "received_at", name=f("pk_usage_events")),
        *_whole("usage_events", "period_number", "quantity", "micros"),
        postgresql_partition_by="RANGE (received_at)",
    )
    op.create_index("ix_usage_events_day", "usage_events", ["customer_id", "meter", "day", "received_at", "id"])
    op.create_table(
        "usage_totals",
        _text("customer_id", 40),
        sa.Column("period_number", WHOLE, nullable=False),
        _text("meter", 60),
        sa.Column("quantity", WHOLE, nullable=False),
        sa.Column("held_quantity", WHOLE, nullable=False),
        sa.Column("micros", WHOLE, nullable=False),
        sa.Column("last_at", MOMENT, nullable=True),
        sa.CheckConstraint("held_quantity >= 0", name=f("ck_usage_totals_held_not_negative")),
        sa.CheckConstraint("quantity >= 0", name=f("ck_usage_totals_quantity_not_negative")),
        _key("usage_totals", ["customer_id", "period_number"], "billing_periods", ["customer_id", "number"]),
        sa.PrimaryKeyConstraint("customer_id", "period_number", "meter", name=f("pk_usage_totals")),
        *_whole("usage_totals", "period_number", "quantity", "held_quantity", "micros"),
    )
    op.create_table(
        "usage_subjects",
        _text("customer_id", 40),
        sa.Column("period_number", WHOLE, nullable=False),
        _text("meter", 60),
        _text("subject", 200),
        sa.PrimaryKeyConstraint("customer_id", "period_number", "meter", "subject", name=f("pk_usage_subjects")),
        *_whole("usage_subjects", "period_number"),
    )
    op.create_table(
        "usage_days",
        _text("customer_id", 40),
        sa.Column("day", sa.Date(), nullable=False),
        _text("meter", 60),
        sa.Column("period_number", WHOLE, nullable=False),
        sa.Column("quantity", WHOLE, nullable=False),
        sa.Column("events", WHOLE, nullable=False),
        sa.Column("micros", WHOLE, nullable=False),
        sa.Column("posted_micros", WHOLE, nullable=False),
        sa.Column("postings", WHOLE, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.CheckConstraint("quantity >= 0 and events >= 0", name=f("ck_usage_days_not_negative")),
        sa.CheckConstraint("posted_micros >= 0 and posted_micros <= micros", name=f("ck_usage_days_posted_within")),
        _key("usage_days", ["customer_id"], "customers", ["customer_id"]),
        sa.PrimaryKeyConstraint("customer_id", "day", "meter", name=f("pk_usage_days")),
        *_whole("usage_days", "period_number", "quantity", "events", "micros", "posted_micros", "postings"),
    )
    op.create_index("ix_usage_days_due", "usage_days", ["due_on"], **_where("micros > posted_micros"))


def _authorizations() -> None:
    """Create the authorizations."""
    op.create_table(
        "authorizations",
        _text("id", 40),
        _text("customer_id", 40),
        _text("key", 255),
        _text("digest", 32),
        _text("meter", 60),
        sa.Column("quantity", WHOLE, nullable=False),
        sa.Column("micros", WHOLE, nullable=False),
        _text("state", 10),
        _text("reason", 30),
        sa.Column("retry_after_seconds", WHOLE, nullable=True),
        sa.Column("available_after_micros", WHOLE, nullable=False),
        sa.Column("captured_micros", WHOLE, nullable=False),
        sa.Column("captured_quantity", WHOLE, nullable=False),
        sa.Column("captures", WHOLE, nullable=False),
        sa.Column("period_number", WHOLE, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("micros >= 0 and quantity >= 0", name=f("ck_authorizations_asked_not_negative")),
        sa.CheckConstraint(
            "captured_micros >= 0 and captured_quantity >= 0", name=f("ck_authorizations_captured_not_negative")
        ),
        sa.CheckConstraint("(state = 'refused') = (reason <> '')", name=f("ck_authorizations_refused_for_a_reason")),
        sa.CheckConstraint(
            "state in ('held','captured','released','expired','refused')", name=f("ck_authorizations_state")
        ),
        sa.CheckConstraint("available_after_micros >= 0", name=f("ck_authorizations_within_the_limits")),
        _key("authorizations", ["customer_id"], "customers", ["customer_id"]),
        sa.PrimaryKeyConstraint("id", name=f("pk_authorizations")),
        sa.UniqueConstraint("customer_id", "id", name=f("uq_authorizations_customer_id_id")),
        sa.UniqueConstraint("customer_id", "key", name=f("uq_authorizations_customer_id_key")),
        *_whole(
            "authorizations",
            "quantity",
            "micros",
            "retry_after_seconds",
            "available_after_micros",
            "captured_micros",
            "captured_quantity",
            "captures",
            "period_number",
        ),
    )
    op.create_index("ix_authorizations_open", "authorizations", ["expires_at"], **_where("state = 'held'"))
    op.create_index(
        "ix_authorizations_refused", "authorizations", ["customer_id", "created_at"], **_where("state = 'refused'")
    )
    op.create_index("ix_authorizations_old", "authorizations", ["created_at"], **_where("state = 'refused'"))


def _limits() -> None:
    """Create the limits of customers and their notices."""
    op.create_table(
        "spend_settings",
        _text("customer_id", 40),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("daily_limit_micros", WHOLE, nullable=True),
        sa.Column("notify_threshold_micros", WHOLE, nullable=True),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        _text("changed_by", 254),
        sa.CheckConstraint(
            "daily_limit_micros is null or daily_limit_micros >= 0", name=f("ck_spend_settings_limit_not_negative")
        ),
        sa.CheckConstraint(
            "notify_threshold_micros is null or notify_threshold_micros > 0",
            name=f("ck_spend_settings_threshold_positive"),
        ),
        sa.CheckConstraint("version > 0", name=f("ck_spend_settings_version")),
        _key("spend_settings", ["customer_id"], "customers", ["customer_id"]),
        sa.PrimaryKeyConstraint("customer_id", name=f("pk_spend_settings")),
        *_whole("spend_settings", "daily_limit_micros", "notify_threshold_micros", "version"),
    )
    op.create_table(
        "usage_alerts",
        _text("id", 40),
        _text("customer_id", 40),
        _text("meter", 60),
        sa.Column("threshold", WHOLE, nullable=False),
        sa.Column("is_percent", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("threshold > 0", name=f("ck_usage_alerts_threshold_positive")),
        _key("usage_alerts", ["customer_id"], "customers", ["customer_id"]),
        sa.PrimaryKeyConstraint("id", name=f("pk_usage_alerts")),
        sa.UniqueConstraint("customer_id", "meter", "threshold", "is_percent", name=f("uq_usage_alerts_once")),
        *_whole("usage_alerts", "threshold"),
    )
    op.create_table(
        "alert_settings",
        _text("customer_id", 40),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint("version > 0", name=f("ck_alert_settings_version")),
        _key("alert_settings", ["customer_id"], "customers", ["customer_id"]),
        sa.PrimaryKeyConstraint("customer_id", name=f("pk_alert_settings")),
        *_whole("alert_settings", "version"),
    )
    op.create_table(
        "alert_recipients",
        _text("customer_id", 40),
        _text("email", 254),
        _text("token_hash", 64, nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        _key("alert_recipients", ["customer_id"], "customers", ["customer_id"]),
        sa.PrimaryKeyConstraint("customer_id", "email", name=f("pk_alert_recipients")),
        sa.UniqueConstraint("token_hash", name=f("uq_alert_recipients_token_hash")),
    )
    op.create_table(
        "notices",
        _text("customer_id", 40),
        _text("rule", 30),
        _text("occasion", 80),
        sa.Column("data", sa.Text(), nullable=False),
        _text("state", 10),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("recovered_at", MOMENT, nullable=True),
        sa.CheckConstraint("state in ('pending','done')", name=f("ck_notices_state")),
        _key("notices", ["customer_id"], "customers", ["customer_id"]),
        sa.PrimaryKeyConstraint("customer_id", "rule", "occasion", name=f("pk_notices")),
    )
    op.create_index("ix_notices_open", "notices", ["rule", "occasion"], **_where("recovered_at is null"))
    op.create_index("ix_notices_pending", "notices", ["created_at"], **_where("state = 'pending'"))


def _webhooks() -> None:
    """Create the endpoints, deliveries and attempts."""
    op.create_table(
        "webhook_endpoints",
        _text("id", 40),
        _text("customer_id", 40),
        _text("url", 2000),
        _text("secret_sealed", 500),
        _text("old_secret_sealed", 500, nullable=True),
        sa.Column("old_secret_until", MOMENT, nullable=True),
        _text("state", 10),
        _text("disabled_reason", 300),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint("state in ('active','disabled')", name=f("ck_webhook_endpoints_state")),
        _key("webhook_endpoints", ["customer_id"], "customers", ["customer_id"]),
        sa.PrimaryKeyConstraint("id", name=f("pk_webhook_endpoints")),
        sa.UniqueConstraint("customer_id", name=f("uq_webhook_endpoints_customer")),
    )
    op.create_table(
        "seller_endpoints",
        _text("id", 40),
        _text("url", 2000),
        sa.Column("event_types", sa.Text(), nullable=False),
        _text("secret_sealed", 500),
        _text("old_secret_sealed", 500, nullable=True),
        sa.Column("old_secret_until", MOMENT, nullable=True),
        _text("state", 10),
        _text("disabled_reason", 300),
        _text("request_key", 300, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint("state in ('active','disabled')", name=f("ck_seller_endpoints_state")),
        sa.PrimaryKeyConstraint("id", name=f("pk_seller_endpoints")),
        sa.UniqueConstraint("request_key", name=f("uq_seller_endpoints_request_key")),
    )
    op.create_table(
        "webhook_deliveries",
        _text("id", 40),
        _text("customer_id", 40),
        _text("event_id", 40),
        _text("type", 60),
        sa.Column("sequence", WHOLE, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        _text("endpoint_id", 40),
        sa.Column("to_seller", sa.Boolean(), nullable=False),
        _text("state", 10),
        sa.Column("tries", WHOLE, nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=False),
        sa.Column("last_status", WHOLE, nullable=True),
        _text("problem", 300),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.CheckConstraint("state in ('pending','delivered','dead','dropped')", name=f("ck_webhook_deliveries_state")),
        _key("webhook_deliveries", ["customer_id"], "customers", ["customer_id"]),
        sa.PrimaryKeyConstraint("id", name=f("pk_webhook_deliveries")),
        sa.UniqueConstraint("customer_id", "id", name=f("uq_webhook_deliveries_customer_id_id")),
        sa.UniqueConstraint("customer_id", "event_id", "endpoint_id", name=f("uq_webhook_deliveries_once")),
        *_whole("webhook_deliveries", "sequence", "tries", "last_status"),
    )
    op.create_index("ix_webhook_deliveries_all", "webhook_deliveries", ["created_at", "id"])
    op.create_index("ix_webhook_deliveries_done", "webhook_deliveries", ["done_at"], **_where("done_at is not null"))
    op.create_index("ix_webhook_deliveries_due", "webhook_deliveries", ["next_try_at"], **_where("state = 'pending'"))
    op.create_index(
        "ix_webhook_deliveries_log", "webhook_deliveries", ["customer_id", "endpoint_id", "created_at", "id"]
    )
    op.create_table(
        "webhook_attempts",
        _text("customer_id", 40),
        _text("delivery_id", 40),
        sa.Column("number", WHOLE, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _text("url", 2000),
        sa.Column("status", WHOLE, nullable=True),
        _text("problem", 300),
        sa.Column("duration_ms", WHOLE, nullable=False),
        _key("webhook_attempts", ["customer_id", "delivery_id"], "webhook_deliveries", ["customer_id", "id"]),
        sa.PrimaryKeyConstraint("customer_id", "delivery_id", "number", name=f("pk_webhook_attempts")),
        *_whole("webhook_attempts", "number", "status", "duration_ms"),
    )
