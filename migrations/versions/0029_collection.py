"""Attempts to collect unpaid invoices, and when a customer's are looked at.

Invoices that are open now are left alone: nobody knew that they would be charged, and nobody is suspended for them.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

f = op.f
MOMENT = sa.DateTime(timezone=True)
WHOLE = sa.BigInteger()
ID = sa.String(length=40)
DUE = "kind = 'invoice' and state = 'open' and due_on is not null"
OPEN = "state in ('waiting','under_way')"
STATES = "state in ('waiting', 'under_way', 'succeeded', 'failed', 'not_possible', 'not_made', 'dropped', 'left_alone')"
TABLES = ("collection_attempts", "collections")


def upgrade() -> None:
    """Create the tables, and leave alone what is open."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_index("ix_documents_due", "documents", ["customer_id", "due_on"], **_where(DUE))
    _attempts()
    _collections()
    # Row-level security, which binds the owner too, would hide every row: nothing would be left alone.
    if not on_sqlite:
        op.execute("alter table documents no force row level security")
    op.execute(
        "insert into collection_attempts (customer_id, document_id, number, state, due_at, ended_at) "  # noqa: S608
        f"select customer_id, id, 1, 'left_alone', issued_at, issued_at from documents where {DUE}"
    )
    if on_sqlite:
        return
    op.execute("alter table documents force row level security")
    mine = "customer_id = current_setting('app.customer_id', true)"
    for table in TABLES:
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy customer on {table} to purser_app using ({mine}) with check ({mine})")
        op.execute(f"create policy service on {table} to purser_service using (true) with check (true)")
        op.execute(f"grant select on {table} to purser_app")
        op.execute(f"grant select, insert, update on {table} to purser_service")


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _attempts() -> None:
    table = "collection_attempts"
    op.create_table(
        table,
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("document_id", ID, nullable=False),
        sa.Column("number", WHOLE, nullable=False),
        sa.Column("place", WHOLE, nullable=True),
        sa.Column("method_id", ID, nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("payment_id", ID, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("customer_id", "document_id", "number", name=f(f"pk_{table}")),
        sa.UniqueConstraint("customer_id", "payment_id", name=f(f"uq_{table}_customer_id_payment_id")),
        _check(table, "state", STATES),
        _check(table, "counted", "number > 0 and (place is null or place >= 0)"),
        _check(table, "asked", "method_id is null or place is null"),
        _check(table, "ended", f"({OPEN}) = (ended_at is null)"),
        _check(table, "made", "state not in ('under_way','succeeded','failed') or payment_id is not null"),
        _check(table, "not_made", "state not in ('waiting','not_possible','left_alone') or payment_id is null"),
        *_whole(table, "number", "place"),
        _key(table, ["customer_id", "document_id"], "documents", ["customer_id", "id"]),
        _key(table, ["customer_id", "payment_id"], "payments", ["customer_id", "id"]),
        _key(table, ["customer_id", "method_id"], "payment_methods", ["customer_id", "id"]),
    )
    of_the_schedule = _where("place is not null and state <> 'not_made'")
    columns = ["customer_id", "document_id", "place"]
    op.create_index(f"uq_{table}_place", table, columns, unique=True, **of_the_schedule)
    op.create_index(f"ix_{table}_method", table, ["customer_id", "method_id"])
    op.create_index(f"ix_{table}_due", table, ["due_at"], **_where(OPEN))
    op.create_index(f"ix_{table}_open", table, ["customer_id"], **_where(OPEN))


def _collections() -> None:
    table = "collections"
    op.create_table(
        table,
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.Column("method_id", ID, nullable=True),
        sa.Column("judge_at", MOMENT, nullable=True),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("customer_id", name=f(f"pk_{table}")),
        _key(table, ["customer_id"], "customers", ["customer_id"]),
        _key(table, ["customer_id", "method_id"], "payment_methods", ["customer_id", "id"]),
    )
    op.create_index(f"ix_{table}_method", table, ["customer_id", "method_id"])
    op.create_index(f"ix_{table}_asked", table, ["asked_at"], **_where("asked_at is not null"))
    op.create_index(f"ix_{table}_judged", table, ["judge_at"], **_where("judge_at is not null"))


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
