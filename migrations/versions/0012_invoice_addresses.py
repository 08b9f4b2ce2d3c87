"""What invoices are made out to, and where they are sent: addresses, the e-mail that waits to be confirmed, and more recipients."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

f = op.f
MOMENT = sa.DateTime(timezone=True)
# Rows of one customer: what purser_service may do beside SELECT. purser_app only reads them.
CUSTOMER_TABLES = {
    "invoice_addresses": "insert, update",
    "invoice_notifications": "insert, update",
    "invoice_recipients": "insert, update, delete",
}


def upgrade() -> None:
    """Create the tables. Nobody has an address yet, and no seller requires a purchase order number."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    _addresses()
    _notifications()
    _recipients()
    op.execute(f"alter table customers add column po_required boolean not null default {'0' if on_sqlite else 'false'}")
    if not on_sqlite:
        op.execute("alter table customers alter column po_required drop default")
        _separate_customers()


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _addresses() -> None:
    table = "invoice_addresses"
    op.create_table(
        table,
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("company", sa.String(length=200), nullable=False),
        sa.Column("line1", sa.String(length=200), nullable=False),
        sa.Column("line2", sa.String(length=200), nullable=False),
        sa.Column("city", sa.String(length=100), nullable=False),
        sa.Column("postal_code", sa.String(length=20), nullable=False),
        sa.Column("region", sa.String(length=100), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("po_number", sa.String(length=100), nullable=False),
        *_version(),
        sa.PrimaryKeyConstraint("customer_id", name=f(f"pk_{table}")),
        sa.CheckConstraint("company <> '' and line1 <> '' and country <> ''", name=f(f"ck_{table}_filled")),
        *_checks(table),
    )


def _notifications() -> None:
    table = "invoice_notifications"
    op.create_table(
        table,
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("pending_email", sa.String(length=254), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=True),
        *_version(),
        sa.PrimaryKeyConstraint("customer_id", name=f(f"pk_{table}")),
        sa.UniqueConstraint("token_hash", name=f(f"uq_{table}_token_hash")),
        sa.CheckConstraint(
            "(pending_email is null) = (asked_at is null) and (pending_email is null) = (token_hash is null)",
            name=f(f"ck_{table}_pending"),
        ),
        *_checks(table),
    )


def _recipients() -> None:
    table = "invoice_recipients"
    op.create_table(
        table,
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("receipts", sa.Boolean(), nullable=False),
        sa.Column("invoices", sa.Boolean(), nullable=False),
        sa.Column("payment_problems", sa.Boolean(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("customer_id", "email", name=f(f"pk_{table}")),
        sa.UniqueConstraint("token_hash", name=f(f"uq_{table}_token_hash")),
        sa.CheckConstraint("receipts or invoices or payment_problems", name=f(f"ck_{table}_gets_something")),
        _of_customer(table),
    )


def _version() -> list[sa.Column[object]]:
    return [
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(length=254), nullable=False),
    ]


def _checks(table: str) -> list[sa.Constraint]:
    """Return what holds of the version (SQLite would store 0.1 otherwise), and the key to the customer."""
    is_whole = sa.CheckConstraint("typeof(version) in ('integer', 'null')", name=f(f"ck_{table}_version_whole"))
    return [
        sa.CheckConstraint("version > 0", name=f(f"ck_{table}_version")),
        is_whole.ddl_if(dialect="sqlite"),
        _of_customer(table),
    ]


def _of_customer(table: str) -> sa.ForeignKeyConstraint:
    name = f(f"fk_{table}_customer_id_customers")
    return sa.ForeignKeyConstraint(["customer_id"], ["customers.customer_id"], name=name)


def _separate_customers() -> None:
    mine = "customer_id = current_setting('app.customer_id', true)"
    for table, writes in CUSTOMER_TABLES.items():
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy customer on {table} to purser_app using ({mine}) with check ({mine})")
        op.execute(f"create policy service on {table} to purser_service using (true) with check (true)")
        op.execute(f"grant select on {table} to purser_app")
        op.execute(f"grant select, {writes} on {table} to purser_service")
