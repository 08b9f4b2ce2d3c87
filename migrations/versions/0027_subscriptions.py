"""Subscriptions: how each customer has its plan, and the orders that change it.

Whoever is a customer gets one: by the month, with the included seats, in the billing period that is open. That period
counts as billed, because the host may have billed it itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

f = op.f
ID, WHOLE, AT = sa.String(length=40), sa.BigInteger(), sa.DateTime(timezone=True)
READ = ("customers", "billing_periods")
PAYMENTS = {
    "credits_positive": (
        "credits_micros > 0 or (purpose = 'invoice' and credits_micros = 0)",
        "credits_micros > 0 or (purpose in ('invoice','plan_change') and credits_micros = 0)",
    ),
    "has_method": (
        "method_id is not null or rail in ('paypal', 'crypto', 'bank_transfer')",
        "method_id is not null or purpose = 'plan_change' or rail in ('paypal', 'crypto', 'bank_transfer')",
    ),
    "has_intent": (
        "state = 'created' or processor_id is not null or state in ('failed','canceled')",
        "state = 'created' or processor_id is not null or checkout_id is not null or state in ('failed','canceled')",
    ),
}
WITHIN = (
    "as_credit_minor >= 0 and refunded_minor + disputed_minor + corrected_minor + as_credit_minor <= received_minor"
)
"""What was given back as credit is not refunded, too."""
GRANTS = {
    "kind": (
        "kind in ('purchased','promotional','trial','referral','refund')",
        "kind in ('purchased','promotional','trial','referral','refund','proration')",
    )
}
INTERVALS = "('monthly', 'annual')"
STATES = "('waiting', 'applied', 'failed', 'expired', 'superseded', 'scheduled', 'undone', 'replaced')"
CHECKS = {
    "subscriptions": {
        "interval": f"interval in {INTERVALS}",
        "seats": "seats > 0",
        "seats_used": "seats_used >= 0",
        "period": "period_number > 0 and period_ends_at > period_starts_at",
        "canceled": "(cancel_at is null) = (canceled_at is null)",
    },
    "plan_changes": {
        "state": f"state in {STATES}",
        "interval": f"interval in {INTERVALS} and from_interval in {INTERVALS}",
        "seats": "seats > 0 and from_seats > 0",
        "total": "total_minor = net_minor + tax_minor and (total_minor >= 0 or payment_id is null)",
        "period": "period_ends_at > period_starts_at",
        "ended": "(state in ('waiting','scheduled')) = (ended_at is null)",
        "waits_for_payment": "state <> 'waiting' or payment_id is not null",
        "scheduled_is_free": "state <> 'scheduled' or (total_minor = 0 and payment_id is null)",
        "paid_has_document": "state <> 'applied' or total_minor <= 0 or document_id is not null",
        "given_back_has_grant": "state <> 'applied' or (total_minor < 0) = (grant_id is not null)",
    },
}
NUMBERS = {
    "subscriptions": ("seats", "seats_used", "period_number", "version"),
    "plan_changes": (
        *("seats", "from_seats", "catalog_version", "from_catalog_version", "from_version"),
        *("net_minor", "tax_minor", "total_minor"),
    ),
}
LATER = ("state", "document_id", "grant_id", "problem", "ended_at")
"""What changes of an order."""
UNDONE = "old.state = 'applied' and new.state = 'undone'"
"""The one end that may become another: what was bought is given back on the same day."""
FINAL = f"old.state not in ('waiting','scheduled') and not ({UNDONE})"
WORDS = "what was ordered, and how it ended, is final"


def upgrade() -> None:
    """Create the tables, give every customer a subscription, and let payments be for a change of plan."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    _change_payments(on_sqlite=on_sqlite)
    for table, rules in {"payments": PAYMENTS, "grants": GRANTS}.items():
        if on_sqlite:
            _write_anew(table, dict(rules.values()))
            continue
        for name, (_before, rule) in rules.items():
            op.drop_constraint(f"ck_{table}_{name}", table)
            op.create_check_constraint(f(f"ck_{table}_{name}"), table, rule)
    _create_subscriptions()
    _create_plan_changes()
    for table in READ if not on_sqlite else ():
        # Row-level security binds the owner too, who would otherwise see no customer.
        op.execute(f"alter table {table} no force row level security")
    op.execute("""
        insert into subscriptions (customer_id, id, interval, period_number, period_starts_at, period_ends_at,
          billed_until, cancel_reason, version)
        select c.customer_id, 'sub_' || substr(c.customer_id, 5), 'monthly', 1, p.starts_at, p.ends_at, p.ends_at, '', 1
        from customers c join billing_periods p on p.customer_id = c.customer_id and p.closed_at is null""")
    for table in READ if not on_sqlite else ():
        op.execute(f"alter table {table} force row level security")
    if on_sqlite:
        _keep_on_sqlite()
    else:
        _keep_on_postgresql()


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _change_payments(*, on_sqlite: bool) -> None:
    """Let a payment be made at a checkout of the processor's, and count what of it was given back as credit."""
    op.add_column("payments", sa.Column("checkout_id", sa.String(length=100), nullable=True))
    op.create_index("uq_payments_checkout_id", "payments", ["checkout_id"], unique=True)
    if on_sqlite:
        whole = "constraint ck_payments_as_credit_minor_whole check (typeof(as_credit_minor) in ('integer', 'null'))"
        within = f"constraint ck_payments_as_credit check ({WITHIN})"
        op.execute(f"alter table payments add column as_credit_minor bigint not null default 0 {whole} {within}")
        return
    zero = sa.Column("as_credit_minor", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    op.add_column("payments", zero)
    op.create_check_constraint(f("ck_payments_as_credit"), "payments", WITHIN)
    op.alter_column("payments", "as_credit_minor", server_default=None)


def _create_subscriptions() -> None:
    table = "subscriptions"
    op.create_table(
        table,
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("interval", sa.String(length=10), nullable=False),
        sa.Column("seats", WHOLE, nullable=True),
        sa.Column("seats_used", WHOLE, nullable=True),
        sa.Column("period_number", WHOLE, nullable=False),
        *(sa.Column(name, AT, nullable=False) for name in ("period_starts_at", "period_ends_at", "billed_until")),
        *(sa.Column(name, AT, nullable=True) for name in ("cancel_at", "canceled_at")),
        sa.Column("cancel_reason", sa.String(length=500), nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=f(f"pk_{table}")),
        sa.UniqueConstraint("customer_id", "id", name=f(f"uq_{table}_customer_id_id")),
        *_checks(table),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f(f"fk_{table}_customer_id_customers")
        ),
    )


def _create_plan_changes() -> None:
    table = "plan_changes"
    op.create_table(
        table,
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        *(
            column
            for before in ("", "from_")
            for column in (
                sa.Column(f"{before}plan", sa.String(length=60), nullable=False),
                sa.Column(f"{before}interval", sa.String(length=10), nullable=False),
                sa.Column(f"{before}seats", WHOLE, nullable=False),
                sa.Column(f"{before}catalog_version", WHOLE, nullable=False),
            )
        ),
        sa.Column("from_version", WHOLE, nullable=False),
        *(sa.Column(name, AT, nullable=False) for name in ("effective_at", "period_starts_at", "period_ends_at")),
        sa.Column("currency", sa.String(length=3), nullable=False),
        *(sa.Column(name, WHOLE, nullable=False) for name in ("net_minor", "tax_minor", "total_minor")),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("treatment", sa.Text(), nullable=False),
        sa.Column("preview", sa.String(length=64), nullable=False),
        sa.Column("form_key", ID, nullable=False),
        sa.Column("payment_id", ID, nullable=True),
        sa.Column("document_id", ID, nullable=True),
        sa.Column("grant_id", ID, nullable=True),
        sa.Column("problem", sa.String(length=100), nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=f(f"pk_{table}")),
        *(
            sa.UniqueConstraint("customer_id", name, name=f(f"uq_{table}_customer_id_{name}"))
            for name in ("id", "form_key", "payment_id", "grant_id")
        ),
        *_checks(table),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["subscriptions.customer_id"], name=f(f"fk_{table}_customer_id_subscriptions")
        ),
        *(
            sa.ForeignKeyConstraint(
                ["customer_id", f"{other}_id"],
                [f"{other}s.customer_id", f"{other}s.id"],
                name=f(f"fk_{table}_customer_id_{other}_id_{other}s"),
            )
            for other in ("payment", "document", "grant")
        ),
    )
    op.create_index(f"ix_{table}_document", table, ["customer_id", "document_id"])
    op.create_index(f"ix_{table}_newest", table, ["customer_id", "created_at", "id"])
    for state in ("waiting", "scheduled"):
        only = sa.text(f"state = '{state}'")
        op.create_index(
            f"uq_{table}_{state}", table, ["customer_id"], unique=True, sqlite_where=only, postgresql_where=only
        )


def _checks(table: str) -> list[sa.CheckConstraint]:
    rules = [sa.CheckConstraint(rule, name=f(f"ck_{table}_{name}")) for name, rule in CHECKS[table].items()]
    for name in NUMBERS[table]:
        whole = f"typeof({name}) in ('integer', 'null')"
        rules.append(sa.CheckConstraint(whole, name=f(f"ck_{table}_{name}_whole")).ddl_if(dialect="sqlite"))
    return rules


def _keep_on_postgresql() -> None:
    mine = "customer_id = current_setting('app.customer_id', true)"
    for table in ("subscriptions", "plan_changes"):
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy customer on {table} to purser_app using ({mine}) with check ({mine})")
        op.execute(f"create policy service on {table} to purser_service using (true) with check (true)")
        op.execute(f"grant select on {table} to purser_app")
    op.execute("grant select, insert, update on subscriptions to purser_service")
    op.execute(f"grant select, insert, update ({', '.join(LATER)}) on plan_changes to purser_service")
    later = "array['" + "','".join(LATER) + "']"
    refuse = f"raise exception '{WORDS}' using errcode = 'integrity_constraint_violation'"
    op.execute(f"""
        create function purser_plan_change_kept() returns trigger language plpgsql as $$ begin
          if tg_op = 'DELETE' then {refuse}; end if;
          if ({FINAL}) or to_jsonb(new) - {later} is distinct from to_jsonb(old) - {later} then {refuse}; end if;
          return new; end $$""")
    op.execute(
        "create trigger plan_changes_are_final before update or delete on plan_changes "
        "for each row execute function purser_plan_change_kept()"
    )


def _keep_on_sqlite() -> None:
    columns = [row[1] for row in op.get_bind().exec_driver_sql("pragma table_info(plan_changes)")]
    changed = " or ".join(f"new.{name} is not old.{name}" for name in columns if name not in LATER)
    end = f"begin select raise(abort, '{WORDS}'); end"
    op.execute(f"create trigger plan_changes_are_final before update on plan_changes when ({FINAL}) or {changed} {end}")
    op.execute(f"create trigger plan_changes_are_kept before delete on plan_changes {end}")


def _write_anew(table: str, changes: dict[str, str]) -> None:
    """Write a table of SQLite anew, with `changes` in its words."""
    connection = op.get_bind()
    statement = sa.text(
        "select name, sql from sqlite_master where tbl_name = :table and type = :kind and sql is not null"
    )
    kept = {
        kind: connection.execute(statement, {"table": table, "kind": kind}).all()
        for kind in ("table", "index", "trigger")
    }
    if kept["trigger"]:
        raise RuntimeError(f"{table} has triggers, which would be lost")
    words = kept["table"][0].sql
    head = words[: words.index("(") + 1]
    for old, new in {head: f"CREATE TABLE {table}_anew (", **changes}.items():
        if words.count(old) != 1:
            raise RuntimeError(f"{table} is not as it was made: {old!r} stands there {words.count(old)} times")
        words = words.replace(old, new)
    op.execute(sa.text(words.replace(":", "\\:")))
    op.execute(f"insert into {table}_anew select * from {table}")  # noqa: S608  # names of our own schema
    op.execute(f"drop table {table}")
    op.execute(f"alter table {table}_anew rename to {table}")
    for index in kept["index"]:
        op.execute(index.sql)
