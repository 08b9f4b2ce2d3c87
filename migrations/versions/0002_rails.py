"""Every way to pay: setups and mandates, one-time rails, refunds and disputes, mails, looks at the processor's books.

SQLite cannot change a constraint: `payments` and `accounts` are written anew there, row by row, from their own words
in the schema. The environment has switched foreign keys off for that and checks every one of them afterwards.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

f = op.f
MOMENT = sa.DateTime(timezone=True)
WHOLE = sa.BigInteger()

# Rows of one customer: what purser_app may do beside SELECT, and what purser_service may do.
CUSTOMER_TABLES = {
    "mandates": ("", "insert, update"),
    "setups": ("", "insert, update"),
    "refunds": ("", "insert, update"),
    "disputes": ("", "insert, update"),
    "mails": ("", "insert, update"),
    "resume_links": ("", "insert, update"),
}

RAIL = "rail in ('card', 'sepa_debit', 'paypal', 'crypto')"
HAS_METHOD = "method_id is not null or rail in ('paypal', 'crypto')"
SENT_BACK = "refunded_minor >= 0 and disputed_minor >= 0 and refunded_minor + disputed_minor <= received_minor"
OLD_FLOOR, NEW_FLOOR = "floor is null or balance >= floor", "floor is null or balance >= floor - debt"


def upgrade() -> None:
    """Add what the rails need; what is there already was paid by card."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    _add("payments", "rail", sa.String(length=20), "'card'")
    _add("payments", "off_session", sa.Boolean(), "false")
    _add("payments", "refunded_minor", WHOLE, "0")
    _add("payments", "disputed_minor", WHOLE, "0")
    _add("accounts", "debt", WHOLE, "0")
    _add("outbox_events", "tries", WHOLE, "0")
    _add("outbox_events", "problem", sa.String(length=300), "''")
    _moments_of_the_outbox(on_sqlite=on_sqlite)
    op.add_column("payment_methods", sa.Column("detach_at", MOMENT, nullable=True))
    op.create_index("ix_payment_methods_to_detach", "payment_methods", ["detach_at"], **_where("detach_at is not null"))
    if on_sqlite:
        _change_on_sqlite()
    else:
        _change_on_postgresql()
    _setups()
    _reversals()
    _mails()
    if not on_sqlite:
        _separate_customers()


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _add(table: str, column: str, kind: sa.types.TypeEngine[object], value: str) -> None:
    """Add a column that every row gets `value` in; new rows must say theirs."""
    if op.get_bind().dialect.name == "sqlite":
        rule = f"constraint ck_{table}_{column}_whole check (typeof({column}) in ('integer', 'null'))"
        words = kind.compile(dialect=op.get_bind().dialect)
        op.execute(
            f"alter table {table} add column {column} {words} not null default {value} {rule if kind is WHOLE else ''}"
        )
    else:
        op.add_column(table, sa.Column(column, kind, nullable=False, server_default=sa.text(value)))
        op.alter_column(table, column, server_default=None)


def _moments_of_the_outbox(*, on_sqlite: bool) -> None:
    """What waits in the outbox is due since it was written."""
    if on_sqlite:
        op.execute(
            "alter table outbox_events add column next_try_at datetime not null default '1970-01-01 00:00:00.000000'"
        )
        op.execute("update outbox_events set next_try_at = created_at")
        op.execute("alter table outbox_events add column done_at datetime")
    else:
        op.add_column("outbox_events", sa.Column("next_try_at", MOMENT, nullable=True))
        # Row-level security binds the owner too, who would otherwise see no row to update.
        op.execute("alter table outbox_events no force row level security")
        op.execute("update outbox_events set next_try_at = created_at")
        op.execute("alter table outbox_events force row level security")
        op.alter_column("outbox_events", "next_try_at", nullable=False)
        op.add_column("outbox_events", sa.Column("done_at", MOMENT, nullable=True))
    op.drop_index("ix_outbox_events_pending", "outbox_events")
    op.create_index("ix_outbox_events_pending", "outbox_events", ["next_try_at"], **_where("state = 'pending'"))


def _change_on_postgresql() -> None:
    op.alter_column("payments", "method_id", nullable=True)
    op.create_check_constraint(f("ck_payments_rail"), "payments", RAIL)
    op.create_check_constraint(f("ck_payments_has_method"), "payments", HAS_METHOD)
    op.create_check_constraint(f("ck_payments_sent_back"), "payments", SENT_BACK)
    op.drop_constraint("ck_accounts_floor", "accounts")
    op.create_check_constraint(f("ck_accounts_floor"), "accounts", NEW_FLOOR)
    op.create_check_constraint(f("ck_accounts_debt_not_negative"), "accounts", "debt >= 0")


def _change_on_sqlite() -> None:
    checks = {"ck_payments_rail": RAIL, "ck_payments_has_method": HAS_METHOD, "ck_payments_sent_back": SENT_BACK}
    _write_anew("payments", {"method_id VARCHAR(40) NOT NULL": "method_id VARCHAR(40)"}, checks)
    _write_anew("accounts", {OLD_FLOOR: NEW_FLOOR}, {"ck_accounts_debt_not_negative": "debt >= 0"})


def _write_anew(table: str, changes: dict[str, str], checks: dict[str, str]) -> None:
    """Write a table of SQLite anew with `changes` in its words and `checks` beside those it has."""
    connection = op.get_bind()
    statement = "select sql from sqlite_master where tbl_name = :table and type = :kind and sql is not null"
    (words,) = connection.execute(sa.text(statement), {"table": table, "kind": "table"}).scalars()
    indexes = connection.execute(sa.text(statement), {"table": table, "kind": "index"}).scalars().all()
    for old, new in {f"CREATE TABLE {table} (": f"CREATE TABLE {table}_anew (", **changes}.items():
        if words.count(old) != 1:
            raise RuntimeError(
                f"{table} is not as revision 0001 made it: {old!r} stands there {words.count(old)} times"
            )
        words = words.replace(old, new)
    body = words.rstrip().removesuffix(")")
    words = ", ".join([body, *(f"CONSTRAINT {name} CHECK ({rule})" for name, rule in checks.items())]) + ")"
    columns = ", ".join(column["name"] for column in sa.inspect(connection).get_columns(table))
    op.execute(words)
    op.execute(f"insert into {table}_anew ({columns}) select {columns} from {table}")  # noqa: S608  # names of our own schema
    op.execute(f"drop table {table}")
    op.execute(f"alter table {table}_anew rename to {table}")
    for index in indexes:
        op.execute(index)


def _separate_customers() -> None:
    mine = "customer_id = current_setting('app.customer_id', true)"
    for table, (app_writes, service_writes) in CUSTOMER_TABLES.items():
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy customer on {table} to purser_app using ({mine}) with check ({mine})")
        op.execute(f"create policy service on {table} to purser_service using (true) with check (true)")
        op.execute(f"grant select{', ' + app_writes if app_writes else ''} on {table} to purser_app")
        op.execute(f"grant select, {service_writes} on {table} to purser_service")
    op.execute("grant select, insert, update on reconciliations to purser_service")


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


def _setups() -> None:
    """Create the mandates and the setups."""
    op.create_table(
        "mandates",
        _text("id", 40),
        _text("customer_id", 40),
        _text("kind", 20),
        _text("method_id", 40, nullable=True),
        _text("processor_id", 100),
        _text("reference", 100),
        sa.Column("text", sa.Text(), nullable=False),
        _text("text_version", 40),
        _text("accepted_by", 40),
        sa.Column("accepted_at", MOMENT, nullable=False),
        _text("address", 45),
        _text("user_agent", 500),
        _key("mandates", ["customer_id"], "customers", ["customer_id"]),
        _key("mandates", ["customer_id", "method_id"], "payment_methods", ["customer_id", "id"]),
        sa.PrimaryKeyConstraint("id", name=f("pk_mandates")),
        sa.UniqueConstraint("customer_id", "id", name=f("uq_mandates_customer_id_id")),
    )
    op.create_index("ix_mandates_method", "mandates", ["customer_id", "method_id"])
    op.create_table(
        "setups",
        _text("id", 40),
        _text("customer_id", 40),
        _text("member_id", 40),
        _text("kind", 20),
        _text("test_method", 100),
        _text("state", 20),
        _text("processor_id", 100, nullable=True),
        _text("action_url", 1000),
        _text("problem", 100),
        _text("back", 500),
        _text("mandate_id", 40, nullable=True),
        _text("method_id", 40, nullable=True),
        _text("address", 45),
        _text("user_agent", 500),
        sa.Column("tries", WHOLE, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("next_check_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "state in ('created', 'requires_action', 'processing', 'succeeded', 'failed', 'canceled')",
            name=f("ck_setups_state"),
        ),
        _key("setups", ["customer_id"], "customers", ["customer_id"]),
        _key("setups", ["customer_id", "method_id"], "payment_methods", ["customer_id", "id"]),
        _key("setups", ["customer_id", "mandate_id"], "mandates", ["customer_id", "id"]),
        sa.PrimaryKeyConstraint("id", name=f("pk_setups")),
        sa.UniqueConstraint("customer_id", "id", name=f("uq_setups_customer_id_id")),
        sa.UniqueConstraint("processor_id", name=f("uq_setups_processor_id")),
        *_whole("setups", "tries"),
    )
    op.create_index("ix_setups_customer_created", "setups", ["customer_id", "created_at"])
    op.create_index("ix_setups_method", "setups", ["customer_id", "method_id"])
    op.create_index("ix_setups_mandate", "setups", ["customer_id", "mandate_id"])
    op.create_index(
        "ix_setups_next_check_at",
        "setups",
        ["next_check_at"],
        **_where("state in ('created','requires_action','processing')"),
    )


def _reversals() -> None:
    """Create refunds, disputes and the looks at the processor's books."""
    op.create_table(
        "refunds",
        _text("id", 40),
        _text("customer_id", 40),
        _text("payment_id", 40),
        _text("processor_id", 100, nullable=True),
        sa.Column("amount_minor", WHOLE, nullable=False),
        _text("currency", 3),
        sa.Column("credits_micros", WHOLE, nullable=False),
        _text("state", 20),
        _text("reason", 300),
        _text("requested_by", 254),
        _text("problem", 100),
        sa.Column("tries", WHOLE, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("next_check_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "state in ('created', 'pending', 'succeeded', 'failed', 'canceled')", name=f("ck_refunds_state")
        ),
        sa.CheckConstraint("amount_minor > 0", name=f("ck_refunds_amount_positive")),
        sa.CheckConstraint("credits_micros >= 0", name=f("ck_refunds_credits_not_negative")),
        _key("refunds", ["customer_id", "payment_id"], "payments", ["customer_id", "id"]),
        sa.PrimaryKeyConstraint("id", name=f("pk_refunds")),
        sa.UniqueConstraint("customer_id", "id", name=f("uq_refunds_customer_id_id")),
        sa.UniqueConstraint("processor_id", name=f("uq_refunds_processor_id")),
        *_whole("refunds", "amount_minor", "credits_micros", "tries"),
    )
    op.create_index("ix_refunds_payment", "refunds", ["customer_id", "payment_id"])
    op.create_index(
        "ix_refunds_next_check_at", "refunds", ["next_check_at"], **_where("state in ('created','pending')")
    )
    op.create_table(
        "disputes",
        _text("id", 40),
        _text("customer_id", 40),
        _text("payment_id", 40),
        _text("processor_id", 100),
        sa.Column("amount_minor", WHOLE, nullable=False),
        _text("currency", 3),
        sa.Column("credits_micros", WHOLE, nullable=False),
        _text("state", 10),
        _text("reason", 100),
        sa.Column("respond_by", MOMENT, nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("state in ('open','won','lost')", name=f("ck_disputes_state")),
        sa.CheckConstraint("amount_minor > 0", name=f("ck_disputes_amount_positive")),
        sa.CheckConstraint("credits_micros >= 0", name=f("ck_disputes_credits_not_negative")),
        _key("disputes", ["customer_id", "payment_id"], "payments", ["customer_id", "id"]),
        sa.PrimaryKeyConstraint("id", name=f("pk_disputes")),
        sa.UniqueConstraint("customer_id", "id", name=f("uq_disputes_customer_id_id")),
        sa.UniqueConstraint("processor_id", name=f("uq_disputes_processor_id")),
        *_whole("disputes", "amount_minor", "credits_micros"),
    )
    op.create_index("ix_disputes_payment", "disputes", ["customer_id", "payment_id"])
    op.create_table(
        "reconciliations",
        _text("id", 40),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("looked_at", WHOLE, nullable=False),
        sa.Column("mended", WHOLE, nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f("pk_reconciliations")),
        *_whole("reconciliations", "looked_at", "mended"),
    )
    op.create_index("ix_reconciliations_until", "reconciliations", ["until"])


def _mails() -> None:
    """Create the mails and the links in them."""
    op.create_table(
        "mails",
        _text("id", 40),
        _text("customer_id", 40),
        _text("template", 40),
        _text("recipient", 254),
        _text("key", 160),
        sa.Column("context", sa.Text(), nullable=False),
        _text("state", 10),
        sa.Column("tries", WHOLE, nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=False),
        _text("problem", 300),
        _text("subject", 300),
        sa.Column("body_text", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.CheckConstraint("state in ('pending','sent','dropped','dead')", name=f("ck_mails_state")),
        _key("mails", ["customer_id"], "customers", ["customer_id"]),
        sa.PrimaryKeyConstraint("id", name=f("pk_mails")),
        sa.UniqueConstraint("customer_id", "key", name=f("uq_mails_customer_id_key")),
        *_whole("mails", "tries"),
    )
    op.create_index("ix_mails_due", "mails", ["next_try_at"], **_where("state = 'pending'"))
    op.create_table(
        "resume_links",
        _text("id", 40),
        _text("customer_id", 40),
        _text("payment_id", 40),
        _text("token_hash", 64),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        _key("resume_links", ["customer_id", "payment_id"], "payments", ["customer_id", "id"]),
        sa.PrimaryKeyConstraint("id", name=f("pk_resume_links")),
        sa.UniqueConstraint("token_hash", name=f("uq_resume_links_token_hash")),
    )
    op.create_index("ix_resume_links_payment", "resume_links", ["customer_id", "payment_id"])
