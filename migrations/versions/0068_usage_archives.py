"""Usage events of an old month may go into a file: which months, and what their events add up to."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0066"
branch_labels = None
depends_on = None

f = op.f
WHOLE = sa.BigInteger()
MOMENT = sa.DateTime(timezone=True)
SUMMED = ("period_number", "events", "quantity", "most", "micros", "captures", "captured_quantity", "captured_micros")
DROP_MONTH = """
create function purser_drop_usage_month(month date) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    name text := 'usage_events_' || to_char(month, 'YYYYMM');
    begins timestamptz := month::timestamp at time zone 'UTC';
    ends timestamptz := (month + interval '1 month')::timestamp at time zone 'UTC';
    wanted bigint; of_others bigint; gone bigint := 0;
begin
    select events into wanted from usage_archives a where a.month = purser_drop_usage_month.month and done_at is not null;
    if wanted is null then raise exception 'usage events of % are not in a file', month; end if;
    perform set_config('lock_timeout', '5s', true);  -- whoever writes events waits no longer than that behind this
    if to_regclass('public.' || name) is not null then
        execute format('alter table usage_events detach partition %I', name);
        execute format('select count(*) from %I', name) into gone;
        execute format('drop table %I', name);
    end if;
    delete from usage_events_default where received_at >= begins and received_at < ends;
    get diagnostics of_others = row_count;
    if gone + of_others <> wanted then
        raise exception 'usage events of %: % are in the file, and % would be dropped', month, wanted, gone + of_others;
    end if;
    return wanted;
end $$
"""


def upgrade() -> None:
    """Create the tables, and on PostgreSQL what drops a month."""
    op.create_table(
        "usage_archives",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("before_at", MOMENT, nullable=False),
        sa.Column("file", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", WHOLE, nullable=False),
        sa.Column("events", WHOLE, nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("month", name=f("pk_usage_archives")),
        sa.CheckConstraint("events >= 0 and bytes > 0", name=f("ck_usage_archives_counts")),
        *_whole("usage_archives", "events", "bytes"),
    )
    op.create_table(
        "archived_usage",
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("meter", sa.String(length=60), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        *(sa.Column(name, WHOLE, nullable=False) for name in SUMMED),
        sa.PrimaryKeyConstraint("customer_id", "day", "meter", "month", name=f("pk_archived_usage")),
        sa.CheckConstraint("events > 0 and captures >= 0", name=f("ck_archived_usage_counts")),
        *_whole("archived_usage", *SUMMED),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f("fk_archived_usage_customer_id_customers")
        ),
    )
    if op.get_bind().dialect.name != "sqlite":
        op.execute("grant select on usage_archives to purser_app")
        op.execute("grant select, insert, update on usage_archives to purser_service")
        _keep_apart("archived_usage")
        op.execute(DROP_MONTH)
        op.execute("revoke all on function purser_drop_usage_month(date) from public")
        op.execute("grant execute on function purser_drop_usage_month(date) to purser_service")


def _keep_apart(table: str) -> None:
    mine = "customer_id = current_setting('app.customer_id', true)"
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy customer on {table} to purser_app using ({mine}) with check ({mine})")
    op.execute(f"create policy service on {table} to purser_service using (true) with check (true)")
    op.execute(f"grant select on {table} to purser_app")
    op.execute(f"grant select, insert on {table} to purser_service")


def _whole(table: str, *columns: str) -> Iterator[sa.CheckConstraint]:
    for column in columns:
        rule = f"typeof({column}) in ('integer', 'null')"
        yield sa.CheckConstraint(rule, name=f(f"ck_{table}_{column}_whole")).ddl_if(dialect="sqlite")


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
