"""Papers beside documents. Each payment that has paid an invoice before is to have its receipt."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

f = op.f
WHOLE = sa.BigInteger()
MOMENT = sa.DateTime(timezone=True)
TABLE = "paper_files"
PENDING = sa.text("state = 'pending'")
CHANGES = "state, tries, next_try_at, problem, content, sha256, size, made_at"
MADE = (
    "(state = 'made') = (content is not null) and (state = 'made') = (made_at is not null) "
    "and (state = 'made') = (length(sha256) = 64)"
)


def upgrade() -> None:
    """Create the table, keep what is made, and ask for the receipts of what has paid invoices."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", WHOLE, nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", WHOLE, nullable=False),
        sa.Column("made_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=f(f"pk_{TABLE}")),
        sa.UniqueConstraint("customer_id", "kind", "subject", name=f(f"uq_{TABLE}_customer_id_kind_subject")),
        sa.CheckConstraint("kind in ('receipt', 'statement', 'pro_forma', 'mandate')", name=f(f"ck_{TABLE}_kind")),
        sa.CheckConstraint("state in ('pending','made','dead')", name=f(f"ck_{TABLE}_state")),
        sa.CheckConstraint(MADE, name=f(f"ck_{TABLE}_made_whole")),
        sa.CheckConstraint("state <> 'made' or size = length(content)", name=f(f"ck_{TABLE}_size")),
        *_whole("tries", "size"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f(f"fk_{TABLE}_customer_id_customers")
        ),
    )
    op.create_index(f"ix_{TABLE}_due", TABLE, ["next_try_at"], sqlite_where=PENDING, postgresql_where=PENDING)
    if op.get_bind().dialect.name == "sqlite":
        _ask("substr(id, instr(id, '_') + 1)")
        _keep_on_sqlite()
        return
    # Row-level security, which binds the owner too, would hide every payment.
    op.execute("alter table payments no force row level security")
    _ask("split_part(id, '_', 2)")
    op.execute("alter table payments force row level security")
    _keep_on_postgresql()


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _ask(unique: str) -> None:
    op.execute(
        f"insert into {TABLE} (id, customer_id, kind, subject, asked_at, state, tries, next_try_at, problem, sha256, size) "  # noqa: S608  # constants
        f"select 'paper_' || {unique}, customer_id, 'receipt', id, updated_at, 'pending', 0, updated_at, '', '', 0 "
        "from payments where purpose = 'invoice' and received_minor > 0"
    )


def _keep_on_sqlite() -> None:
    for verb in ("update", "delete"):
        op.execute(
            f"create trigger {TABLE}_no_{verb} before {verb} on {TABLE} when old.state = 'made' "
            "begin select raise(abort, 'a file that is made is final'); end"
        )


def _keep_on_postgresql() -> None:
    op.execute(
        f"create trigger {TABLE}_kept before update or delete on {TABLE} "
        "for each row execute function purser_document_file_kept()"
    )
    op.execute(
        f"create trigger {TABLE}_no_truncate before truncate on {TABLE} "
        "for each statement execute function purser_append_only()"
    )
    mine = "customer_id = current_setting('app.customer_id', true)"
    op.execute(f"alter table {TABLE} enable row level security")
    op.execute(f"alter table {TABLE} force row level security")
    op.execute(f"create policy customer on {TABLE} to purser_app using ({mine}) with check ({mine})")
    op.execute(f"create policy service on {TABLE} to purser_service using (true) with check (true)")
    op.execute(f"grant select on {TABLE} to purser_app")
    op.execute(f"grant select, insert, update ({CHANGES}) on {TABLE} to purser_service")


def _whole(*columns: str) -> Iterator[sa.CheckConstraint]:
    """Yield the checks that keep these columns whole numbers on SQLite, which would store 0.1 otherwise."""
    for column in columns:
        check = sa.CheckConstraint(f"typeof({column}) in ('integer', 'null')", name=f(f"ck_{TABLE}_{column}_whole"))
        yield check.ddl_if(dialect="sqlite")
