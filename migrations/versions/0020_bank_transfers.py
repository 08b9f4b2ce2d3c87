"""Bank transfers: pro-formas, the customers' accounts for them, what moves their cash, and what goes back of it.

Nothing that is there changes: payments may be by bank transfer too, and each customer has one account more, at zero.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

f = op.f
MOMENT = sa.DateTime(timezone=True)
WHOLE = sa.BigInteger()
RAIL = {
    "rail in ('card', 'sepa_debit', 'paypal', 'crypto')": (
        "rail in ('card', 'sepa_debit', 'paypal', 'crypto', 'bank_transfer')"
    ),
    "method_id is not null or rail in ('paypal', 'crypto')": (
        "method_id is not null or rail in ('paypal', 'crypto', 'bank_transfer')"
    ),
}
# Rows of one customer: what purser_service may do beside SELECT. purser_app only reads them.
CUSTOMER_TABLES = {
    "pro_formas": "insert, update",
    "transfer_accounts": "insert, update",
    "cash_movements": "insert",
    "cash_returns": "insert, update",
}


def upgrade() -> None:
    """Create the tables, let payments be by bank transfer, and open the account of each customer."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    if on_sqlite:
        _write_anew("payments", RAIL)
    else:
        for name, rule in zip(("rail", "has_method"), RAIL.values(), strict=True):
            op.drop_constraint(f"ck_payments_{name}", "payments")
            op.create_check_constraint(f(f"ck_payments_{name}"), "payments", rule)
    _movements()
    _returns()
    _pro_formas()
    _accounts()
    # Row-level security, which binds the owner too, would hide every row: nothing would be opened.
    if not on_sqlite:
        op.execute("alter table accounts no force row level security")
    op.execute(
        "insert into accounts (customer_id, unit, name, balance, version, floor, debt) "
        "select customer_id, unit, 'unapplied', 0, 0, null, 0 from accounts where name = 'clearing'"
    )
    if on_sqlite:
        for verb in ("update", "delete"):
            op.execute(
                f"create trigger cash_movements_no_{verb} before {verb} on cash_movements "
                "begin select raise(abort, 'cash_movements is append-only'); end"
            )
        return
    op.execute("alter table accounts force row level security")
    op.execute(
        "create trigger cash_movements_no_change before update or delete on cash_movements "
        "for each row execute function purser_append_only()"
    )
    op.execute(
        "create trigger cash_movements_no_truncate before truncate on cash_movements "
        "for each statement execute function purser_append_only()"
    )
    _separate_customers()


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _pro_formas() -> None:
    table = "pro_formas"
    op.create_table(
        table,
        _text("id", 40),
        _text("customer_id", 40),
        _text("purpose", 20),
        _text("document_id", 40, nullable=True),
        _text("state", 10),
        sa.Column("amount_minor", WHOLE, nullable=False),
        _text("currency", 3),
        sa.Column("net_minor", WHOLE, nullable=True),
        sa.Column("treatment", sa.Text(), nullable=False),
        sa.Column("credits_micros", WHOLE, nullable=False),
        _text("pack", 60),
        sa.Column("expires_after_days", WHOLE, nullable=True),
        _text("form_key", 40),
        _text("payment_id", 40, nullable=True),
        _text("created_by", 40),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("valid_until", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=f(f"pk_{table}")),
        *(
            sa.UniqueConstraint("customer_id", name_, name=f(f"uq_{table}_customer_id_{name_}"))
            for name_ in ("id", "form_key", "payment_id")
        ),
        _check(table, "state", "state in ('open','canceled','expired')"),
        _check(table, "closed", "(state = 'open') = (closed_at is null)"),
        _check(table, "amount_positive", "amount_minor > 0 and credits_micros >= 0"),
        _check(table, "document", "(purpose = 'invoice') = (document_id is not null)"),
        *_whole(table, "amount_minor", "net_minor", "credits_micros", "expires_after_days"),
        _key(table, ["customer_id"], "customers", ["customer_id"]),
        _key(table, ["customer_id", "payment_id"], "payments", ["customer_id", "id"]),
        _key(table, ["customer_id", "document_id"], "documents", ["customer_id", "id"]),
    )
    op.create_index("ix_pro_formas_newest", table, ["customer_id", "created_at", "id"])
    op.create_index("ix_pro_formas_document", table, ["customer_id", "document_id"])
    op.create_index("ix_pro_formas_open", table, ["valid_until"], **_where("state = 'open'"))
    op.create_index(
        "uq_pro_formas_open_of_invoice",
        table,
        ["customer_id", "document_id"],
        unique=True,
        **_where("state = 'open' and document_id is not null"),
    )


def _accounts() -> None:
    table = "transfer_accounts"
    op.create_table(
        table,
        _text("customer_id", 40),
        _text("processor_customer", 100),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("looked_at", MOMENT, nullable=True),
        sa.Column("next_look_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=f(f"pk_{table}")),
        _key(table, ["customer_id"], "customers", ["customer_id"]),
    )
    op.create_index("ix_transfer_accounts_next_look", table, ["next_look_at"])


def _movements() -> None:
    table = "cash_movements"
    op.create_table(
        table,
        _text("id", 40),
        _text("customer_id", 40),
        sa.Column("number", WHOLE, nullable=False),
        _text("processor_id", 100),
        _text("kind", 40),
        sa.Column("amount_minor", WHOLE, nullable=False),
        _text("currency", 3),
        _text("reference", 200),
        _text("sender", 200),
        _text("intent_id", 100),
        sa.Column("is_booked", sa.Boolean(), nullable=False),
        sa.Column("moved_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f(f"pk_{table}")),
        sa.UniqueConstraint("customer_id", "id", name=f(f"uq_{table}_customer_id_id")),
        sa.UniqueConstraint("customer_id", "number", name=f(f"uq_{table}_customer_id_number")),
        sa.UniqueConstraint("processor_id", name=f(f"uq_{table}_processor_id")),
        _check(table, "moves", "amount_minor <> 0"),
        *_whole(table, "number", "amount_minor"),
        _key(table, ["customer_id"], "customers", ["customer_id"]),
    )


def _returns() -> None:
    table = "cash_returns"
    op.create_table(
        table,
        _text("id", 40),
        _text("customer_id", 40),
        sa.Column("amount_minor", WHOLE, nullable=False),
        _text("currency", 3),
        _text("state", 10),
        _text("problem", 100),
        _text("reason", 300),
        _text("requested_by", 254),
        _text("processor_id", 100, nullable=True),
        _text("movement_id", 40, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("next_check_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f(f"pk_{table}")),
        sa.UniqueConstraint("customer_id", "id", name=f(f"uq_{table}_customer_id_id")),
        sa.UniqueConstraint("customer_id", "movement_id", name=f(f"uq_{table}_customer_id_movement_id")),
        _check(table, "state", "state in ('created','sent','failed')"),
        _check(table, "amount_positive", "amount_minor > 0"),
        *_whole(table, "amount_minor"),
        _key(table, ["customer_id"], "customers", ["customer_id"]),
        _key(table, ["customer_id", "movement_id"], "cash_movements", ["customer_id", "id"]),
    )
    unmoved = "movement_id is null and state in ('created','sent')"
    op.create_index("ix_cash_returns_unmoved", table, ["next_check_at"], **_where(unmoved))


def _separate_customers() -> None:
    mine = "customer_id = current_setting('app.customer_id', true)"
    for table, writes in CUSTOMER_TABLES.items():
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy customer on {table} to purser_app using ({mine}) with check ({mine})")
        op.execute(f"create policy service on {table} to purser_service using (true) with check (true)")
        op.execute(f"grant select on {table} to purser_app")
        op.execute(f"grant select, {writes} on {table} to purser_service")


def _write_anew(table: str, changes: dict[str, str]) -> None:
    """Write a table of SQLite, which has no triggers, anew with `changes` in its words."""
    connection = op.get_bind()
    statement = sa.text("select sql from sqlite_master where tbl_name = :table and type = :kind and sql is not null")
    (words,) = connection.execute(statement, {"table": table, "kind": "table"}).scalars()
    indexes = connection.execute(statement, {"table": table, "kind": "index"}).scalars().all()
    if connection.execute(statement, {"table": table, "kind": "trigger"}).scalars().all():
        raise RuntimeError(f"{table} has triggers, which would be lost")
    head = words[: words.index("(") + 1]
    for old, new in {head: f"CREATE TABLE {table}_anew (", **changes}.items():
        if words.count(f"({old})" if old in changes else old) != 1:
            raise RuntimeError(f"{table} is not as it was made: {old!r} stands there {words.count(old)} times")
        words = words.replace(f"({old})", f"({new})") if old in changes else words.replace(old, new)
    kept = ", ".join(f'"{column["name"]}"' for column in sa.inspect(connection).get_columns(table))
    op.execute(sa.text(words.replace(":", "\\:")))
    op.execute(f"insert into {table}_anew ({kept}) select {kept} from {table}")  # noqa: S608  # names of our own schema
    op.execute(f"drop table {table}")
    op.execute(f"alter table {table}_anew rename to {table}")
    for index in indexes:
        op.execute(index)


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=f(f"ck_{table}_{name}"))


def _whole(table: str, *columns: str) -> Iterator[sa.CheckConstraint]:
    """Yield the checks that keep these columns whole numbers on SQLite, which would store 0.1 otherwise."""
    for column in columns:
        rule = f"typeof({column}) in ('integer', 'null')"
        yield sa.CheckConstraint(rule, name=f(f"ck_{table}_{column}_whole")).ddl_if(dialect="sqlite")


def _where(condition: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _key(table: str, columns: list[str], other: str, others: list[str]) -> sa.ForeignKeyConstraint:
    name = f(f"fk_{table}_{'_'.join(columns)}_{other}")
    return sa.ForeignKeyConstraint(columns, [f"{other}.{each}" for each in others], name=name)
