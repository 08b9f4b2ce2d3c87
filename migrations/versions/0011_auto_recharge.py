"""Auto-recharge: what customers allow, their consents, what of each period's limit is used, and why each charge was made."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

f = op.f
MOMENT = sa.DateTime(timezone=True)
WHOLE = sa.BigInteger()
DUE = sa.text("look_at is not null")
ON = sa.text("enabled")
STANDS = sa.text("state in ('open','yes','no')")
OPEN_AUTOMATIC = sa.text(
    "budget_period is not null and state in ('created','pi_created','confirming','requires_action','processing')"
)
# Rows of one customer: what purser_service may do beside SELECT. purser_app only reads them.
CUSTOMER_TABLES = {
    "auto_recharge_settings": "insert, update",
    "auto_recharge_consents": "insert",
    "auto_recharge_budgets": "insert, update",
    "auto_recharge_decisions": "insert",
    "auto_recharge_questions": "insert, update",
}
APPEND_ONLY = ("auto_recharge_consents", "auto_recharge_decisions")


def upgrade() -> None:
    """Create the tables. Payments of today were all ordered by somebody."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    _consents()
    _settings()
    _budgets()
    _decisions()
    _payments(on_sqlite=on_sqlite)
    _questions()
    if on_sqlite:
        for table in APPEND_ONLY:
            for verb in ("update", "delete"):
                op.execute(
                    f"create trigger {table}_no_{verb} before {verb} on {table} "
                    f"begin select raise(abort, '{table} is append-only'); end"
                )
        return
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger {table}_no_change before update or delete on {table} "
            "for each row execute function purser_append_only()"
        )
        op.execute(
            f"create trigger {table}_no_truncate before truncate on {table} "
            "for each statement execute function purser_append_only()"
        )
    _separate_customers()


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _consents() -> None:
    op.create_table(
        "auto_recharge_consents",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("wording", sa.String(length=20), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("accepted_by", sa.String(length=254), nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f("pk_auto_recharge_consents")),
        sa.UniqueConstraint("customer_id", "id", name=f("uq_auto_recharge_consents_customer_id_id")),
        _of_customer("auto_recharge_consents"),
    )


def _settings() -> None:
    table = "auto_recharge_settings"
    op.create_table(
        table,
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("threshold_micros", WHOLE, nullable=False),
        sa.Column("amount_minor", WHOLE, nullable=True),
        sa.Column("pack", sa.String(length=60), nullable=False),
        sa.Column("period_limit_minor", WHOLE, nullable=False),
        sa.Column("method_id", sa.String(length=40), nullable=True),
        sa.Column("other_methods", sa.Boolean(), nullable=False),
        sa.Column("brake", sa.String(length=10), nullable=False),
        sa.Column("ask_above_minor", WHOLE, nullable=True),
        sa.Column("quiet_from", WHOLE, nullable=True),
        sa.Column("quiet_until", WHOLE, nullable=True),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("consent_id", sa.String(length=40), nullable=True),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(length=254), nullable=False),
        sa.Column("look_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("customer_id", name=f(f"pk_{table}")),
        sa.CheckConstraint("amount_minor is null or amount_minor > 0", name=f(f"ck_{table}_amount_positive")),
        sa.CheckConstraint("(amount_minor is null) = (pack <> '')", name=f(f"ck_{table}_amount_or_pack")),
        sa.CheckConstraint("period_limit_minor > 0", name=f(f"ck_{table}_limit_positive")),
        sa.CheckConstraint("version > 0", name=f(f"ck_{table}_version")),
        sa.CheckConstraint("not enabled or consent_id is not null", name=f(f"ck_{table}_has_consent")),
        sa.CheckConstraint("brake in ('off','wide','narrow')", name=f(f"ck_{table}_brake")),
        sa.CheckConstraint("(quiet_from is null) = (quiet_until is null)", name=f(f"ck_{table}_quiet_hours")),
        *_whole(
            table,
            "threshold_micros",
            "amount_minor",
            "period_limit_minor",
            "ask_above_minor",
            "quiet_from",
            "quiet_until",
            "version",
        ),
        _of_customer(table),
        _of(table, "method_id", "payment_methods"),
        _of(table, "consent_id", "auto_recharge_consents"),
    )
    op.create_index(f"ix_{table}_due", table, ["look_at"], sqlite_where=DUE, postgresql_where=DUE)
    op.create_index(f"ix_{table}_on", table, ["customer_id"], sqlite_where=ON, postgresql_where=ON)
    op.create_index(f"ix_{table}_method", table, ["customer_id", "method_id"])
    op.create_index(f"ix_{table}_consent", table, ["customer_id", "consent_id"])


def _budgets() -> None:
    table = "auto_recharge_budgets"
    op.create_table(
        table,
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("period_number", WHOLE, autoincrement=False, nullable=False),
        sa.Column("limit_minor", WHOLE, nullable=False),
        sa.Column("reserved_minor", WHOLE, nullable=False),
        sa.Column("charged_minor", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "period_number", name=f(f"pk_{table}")),
        sa.CheckConstraint("reserved_minor >= 0", name=f(f"ck_{table}_reserved_not_negative")),
        sa.CheckConstraint("charged_minor >= 0", name=f(f"ck_{table}_charged_not_negative")),
        sa.CheckConstraint("reserved_minor + charged_minor <= limit_minor", name=f(f"ck_{table}_within_limit")),
        *_whole(table, "period_number", "limit_minor", "reserved_minor", "charged_minor"),
        sa.ForeignKeyConstraint(
            ["customer_id", "period_number"],
            ["billing_periods.customer_id", "billing_periods.number"],
            name=f(f"fk_{table}_customer_id_period_number_billing_periods"),
        ),
    )


def _decisions() -> None:
    table = "auto_recharge_decisions"
    numbers = (
        "settings_version", "period_number", "remaining_micros", "in_flight_micros", "threshold_micros", "limit_minor",
        "used_minor", "amount_minor", "count", "declines",
    )  # fmt: skip
    op.create_table(
        table,
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("consent_id", sa.String(length=40), nullable=True),
        *(sa.Column(name, WHOLE, nullable=False) for name in numbers),
        sa.Column("why", sa.String(length=100), nullable=False),
        sa.Column("look_again_at", MOMENT, nullable=True),
        sa.Column("payment_id", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=f(f"pk_{table}")),
        sa.UniqueConstraint("customer_id", "payment_id", name=f(f"uq_{table}_customer_id_payment_id")),
        sa.CheckConstraint("(outcome = 'charge') = (payment_id is not null)", name=f(f"ck_{table}_charge_has_payment")),
        *_whole(table, *numbers),
        _of_customer(table),
        _of(table, "payment_id", "payments"),
        _of(table, "consent_id", "auto_recharge_consents"),
    )
    op.create_index(f"ix_{table}_newest", table, ["customer_id", "at", "id"])
    op.create_index(f"ix_{table}_consent", table, ["customer_id", "consent_id"])


def _questions() -> None:
    table = "auto_recharge_questions"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("why", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", WHOLE, nullable=False),
        sa.Column("count", WHOLE, nullable=False),
        sa.Column("used_today_micros", WHOLE, nullable=False),
        sa.Column("usual_micros", WHOLE, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by", sa.String(length=254), nullable=False),
        sa.Column("payment_id", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=f(f"pk_{table}")),
        sa.CheckConstraint("state in ('open','yes','no','used','over')", name=f(f"ck_{table}_state")),
        sa.CheckConstraint("why in ('unusual','large')", name=f(f"ck_{table}_why")),
        sa.CheckConstraint("(state = 'used') = (payment_id is not null)", name=f(f"ck_{table}_used_by_a_payment")),
        *_whole(table, "amount_minor", "count", "used_today_micros", "usual_micros"),
        _of_customer(table),
        _of(table, "payment_id", "payments"),
    )
    op.create_index(
        f"uq_{table}_stands", table, ["customer_id"], unique=True, sqlite_where=STANDS, postgresql_where=STANDS
    )
    op.create_index(f"ix_{table}_payment", table, ["customer_id", "payment_id"])


def _payments(*, on_sqlite: bool) -> None:
    if on_sqlite:
        rule = "constraint ck_payments_budget_period_whole check (typeof(budget_period) in ('integer', 'null'))"
        op.execute(f"alter table payments add column budget_period bigint {rule}")
    else:
        op.add_column("payments", sa.Column("budget_period", WHOLE, nullable=True))
    op.create_index(
        "uq_payments_open_automatic",
        "payments",
        ["customer_id"],
        unique=True,
        sqlite_where=OPEN_AUTOMATIC,
        postgresql_where=OPEN_AUTOMATIC,
    )


def _separate_customers() -> None:
    mine = "customer_id = current_setting('app.customer_id', true)"
    for table, writes in CUSTOMER_TABLES.items():
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy customer on {table} to purser_app using ({mine}) with check ({mine})")
        op.execute(f"create policy service on {table} to purser_service using (true) with check (true)")
        op.execute(f"grant select on {table} to purser_app")
        op.execute(f"grant select, {writes} on {table} to purser_service")


def _of_customer(table: str) -> sa.ForeignKeyConstraint:
    name = f(f"fk_{table}_customer_id_customers")
    return sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name=name)


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    """Return the key to a row of the same customer."""
    name = f(f"fk_{table}_customer_id_{column}_{other}")
    return sa.ForeignKeyConstraint(["customer_id", column], [f"{other}.customer_id", f"{other}.id"], name=name)


def _whole(table: str, *columns: str) -> Iterator[sa.CheckConstraint]:
    """Yield the checks that keep these columns whole numbers on SQLite, which would store 0.1 otherwise."""
    for column in columns:
        check = sa.CheckConstraint(f"typeof({column}) in ('integer', 'null')", name=f(f"ck_{table}_{column}_whole"))
        yield check.ddl_if(dialect="sqlite")
