"""The monthly run: when it is due for each customer, what it billed, and prices that change on a day.

Whoever is a customer is run for the first time at the end of the billing period that is open: what was over before is
the seller's to close, as it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

f = op.f
ID, WHOLE, AT = sa.String(length=40), sa.BigInteger(), sa.DateTime(timezone=True)
READ = ("subscriptions", "billing_periods")
CHECKS = {
    "plan_periods": {
        "outcome": "outcome in ('billed', 'suspended')",
        "billed": "(outcome = 'billed') = (document_id is not null)",
        "interval": "interval in ('monthly', 'annual')",
        "seats": "seats > 0",
        "price": "price_minor > 0",
        "period": "number > 0 and ends_at > starts_at",
    },
    "period_runs": {"number": "number >= 0"},
    "price_changes": {
        "state": "state in ('announced', 'applied', 'replaced', 'withdrawn')",
        "ended": "(state = 'announced') = (ended_at is null)",
    },
}
NUMBERS = {
    "plan_periods": ("number", "catalog_version", "seats", "price_minor"),
    "period_runs": ("number",),
    "price_changes": ("catalog_version",),
}


def upgrade() -> None:
    """Add when the run is due, and create the tables."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    _say_when(on_sqlite=on_sqlite)
    _create_plan_periods()
    _create_period_runs()
    _create_price_changes()
    if not on_sqlite:
        _keep_on_postgresql()


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _say_when(*, on_sqlite: bool) -> None:
    table, late = "subscriptions", "1970-01-01 00:00:00.000000"
    op.add_column(table, sa.Column("run_at", AT, nullable=False, server_default=sa.text(f"'{late}'")))
    if on_sqlite:
        whole = "constraint ck_subscriptions_run_number_whole check (typeof(run_number) in ('integer', 'null'))"
        least = "constraint ck_subscriptions_run_number check (run_number >= 0)"
        op.execute(f"alter table {table} add column run_number bigint not null default 0 {whole} {least}")
    else:
        op.add_column(table, sa.Column("run_number", WHOLE, nullable=False, server_default=sa.text("0")))
        op.create_check_constraint(f("ck_subscriptions_run_number"), table, "run_number >= 0")
        for name in ("run_at", "run_number"):  # SQLite keeps a default for good
            op.alter_column(table, name, server_default=None)
    for each in READ if not on_sqlite else ():
        # Row-level security binds the owner too, who would otherwise see no customer.
        op.execute(f"alter table {each} no force row level security")
    open_one = "from billing_periods p where p.customer_id = subscriptions.customer_id and p.closed_at is null"
    op.execute(f"update {table} set run_number = (select p.number {open_one}), run_at = (select p.ends_at {open_one})")  # noqa: S608  # names of our own schema
    for each in READ if not on_sqlite else ():
        op.execute(f"alter table {each} force row level security")
    op.create_index(f"ix_{table}_run", table, ["run_at", "customer_id"])


def _create_plan_periods() -> None:
    table = "plan_periods"
    op.create_table(
        table,
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("number", WHOLE, autoincrement=False, nullable=False),
        sa.Column("starts_at", AT, nullable=False),
        sa.Column("ends_at", AT, nullable=False),
        sa.Column("plan", sa.String(length=60), nullable=False),
        sa.Column("catalog_version", WHOLE, nullable=False),
        sa.Column("interval", sa.String(length=10), nullable=False),
        sa.Column("seats", WHOLE, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("price_minor", WHOLE, nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("document_id", ID, nullable=True),
        sa.PrimaryKeyConstraint("customer_id", "number", name=f(f"pk_{table}")),
        sa.UniqueConstraint("customer_id", "starts_at", name=f(f"uq_{table}_customer_id_starts_at")),
        *_checks(table),
        *_of_customer(table),
    )
    op.create_index(f"ix_{table}_document", table, ["customer_id", "document_id"])


def _create_period_runs() -> None:
    table = "period_runs"
    op.create_table(
        table,
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("number", WHOLE, autoincrement=False, nullable=False),
        sa.Column("ran_at", AT, nullable=False),
        sa.Column("document_id", ID, nullable=True),
        sa.PrimaryKeyConstraint("customer_id", "number", name=f(f"pk_{table}")),
        *_checks(table),
        *_of_customer(table),
    )
    op.create_index(f"ix_{table}_document", table, ["customer_id", "document_id"])


def _create_price_changes() -> None:
    table = "price_changes"
    op.create_table(
        table,
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("plan", sa.String(length=60), nullable=False),
        sa.Column("catalog_version", WHOLE, nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=f(f"pk_{table}")),
        sa.UniqueConstraint("customer_id", "id", name=f(f"uq_{table}_customer_id_id")),
        *_checks(table),
        *_of_customer(table, document=False),
    )
    only = sa.text("state = 'announced'")
    op.create_index(
        f"uq_{table}_announced", table, ["customer_id"], unique=True, sqlite_where=only, postgresql_where=only
    )


def _of_customer(table: str, *, document: bool = True) -> list[sa.ForeignKeyConstraint]:
    keys = [
        sa.ForeignKeyConstraint(
            ["customer_id"], ["subscriptions.customer_id"], name=f(f"fk_{table}_customer_id_subscriptions")
        )
    ]
    if document:
        keys.append(
            sa.ForeignKeyConstraint(
                ["customer_id", "document_id"],
                ["documents.customer_id", "documents.id"],
                name=f(f"fk_{table}_customer_id_document_id_documents"),
            )
        )
    return keys


def _checks(table: str) -> list[sa.CheckConstraint]:
    rules = [sa.CheckConstraint(rule, name=f(f"ck_{table}_{name}")) for name, rule in CHECKS[table].items()]
    for name in NUMBERS[table]:
        whole = f"typeof({name}) in ('integer', 'null')"
        rules.append(sa.CheckConstraint(whole, name=f(f"ck_{table}_{name}_whole")).ddl_if(dialect="sqlite"))
    return rules


def _keep_on_postgresql() -> None:
    mine = "customer_id = current_setting('app.customer_id', true)"
    for table in CHECKS:
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy customer on {table} to purser_app using ({mine}) with check ({mine})")
        op.execute(f"create policy service on {table} to purser_service using (true) with check (true)")
        op.execute(f"grant select on {table} to purser_app")
        op.execute(f"grant select, insert on {table} to purser_service")
    op.execute("grant update (state, ended_at) on price_changes to purser_service")
