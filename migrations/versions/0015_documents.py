"""Invoices, credit notes and receipts: immutable once numbered, with numbers that leave none out.

What was paid before has no document, and is marked so.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

f = op.f
MOMENT = sa.DateTime(timezone=True)
WHOLE = sa.BigInteger()
TOTALS = ("net_minor", "tax_minor", "total_minor", "credits_applied_minor", "rounding_minor", "payable_minor")
TEXTS = (
    "seller_name",
    "seller_address",
    ("seller_country", 2),
    "seller_tax_id",
    "seller_email",
    "customer_name",
    "customer_email",
    "buyer_company",
    "buyer_line1",
    "buyer_line2",
    "buyer_city",
    "buyer_postal_code",
    "buyer_region",
    ("buyer_country", 2),
    "po_number",
)
LATER = ("state", "paid_minor", "paid_at", "paid_with", "returned_minor", "voided_at")
"""What changes of a document that has a number."""
NUMBERED = ("state", "number", "year", "place", "issued_at", "due_on")
"""What numbering sets."""
PARTS = ("document_lines", "document_taxes")
SAME = """
    (select count(*) from document_lines l where l.customer_id = new.customer_id and l.document_id = new.id) > 0
    and new.net_minor = (select coalesce(sum(l.net_minor), 0) from document_lines l
        where l.customer_id = new.customer_id and l.document_id = new.id)
    and (new.kind in ('receipt','refund_receipt')
      or new.net_minor = (select coalesce(sum(t.net_minor), 0) from document_taxes t
        where t.customer_id = new.customer_id and t.document_id = new.id))
    and new.tax_minor = (select coalesce(sum(t.tax_minor), 0) from document_taxes t
        where t.customer_id = new.customer_id and t.document_id = new.id)"""


def upgrade() -> None:
    """Create the tables and what keeps them as they are."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    _series()
    _documents()
    _parts()
    op.add_column(
        "payments", sa.Column("settled_before_documents", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    op.add_column("payments", sa.Column("treatment", sa.Text(), nullable=False, server_default=sa.text("''")))
    if on_sqlite:
        rule = "constraint ck_payments_net_minor_whole check (typeof(net_minor) in ('integer', 'null'))"
        op.execute(f"alter table payments add column net_minor bigint {rule}")
    else:
        op.add_column("payments", sa.Column("net_minor", WHOLE, nullable=True))
    # Row-level security, which binds the owner too, would hide every row: nothing would be marked.
    if not on_sqlite:
        op.execute("alter table payments no force row level security")
    op.execute("update payments set settled_before_documents = true where received_minor > 0")
    if not on_sqlite:
        op.execute("alter table payments force row level security")
    if on_sqlite:
        _keep_on_sqlite()
        return
    op.alter_column("payments", "settled_before_documents", server_default=None)
    op.alter_column("payments", "treatment", server_default=None)
    _keep_on_postgresql()
    _separate_customers()


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _series() -> None:
    op.create_table(
        "number_series",
        sa.Column("catalog", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("year", WHOLE, autoincrement=False, nullable=False),
        sa.Column("last", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("catalog", "kind", "prefix", "year", name=f("pk_number_series")),
        sa.CheckConstraint("last > 0", name=f("ck_number_series_last_positive")),
        *_whole("number_series", "year", "last"),
    )


def _documents() -> None:
    table = "documents"
    kinds = "('invoice', 'credit_note', 'receipt', 'refund_receipt')"
    states = "('draft', 'open', 'paid', 'void', 'uncollectible', 'issued')"
    checks = {
        "kind": f"kind in {kinds}",
        "state": f"state in {states}",
        "state_of_kind": "state = 'void' or (kind = 'invoice') = (state in ('open','paid','uncollectible')) "
        "or state = 'draft'",
        "draft_has_no_number": "(state = 'draft') = (number is null)",
        "returns": "(kind in ('credit_note','refund_receipt')) = (returns_id is not null)",
        "total": "net_minor >= 0 and tax_minor >= 0 and total_minor = net_minor + tax_minor",
        "credits_applied": "credits_applied_minor >= 0 and credits_applied_minor <= total_minor",
        "payable": "rounding_minor <= 0 and payable_minor >= 0 "
        "and payable_minor = total_minor - credits_applied_minor + rounding_minor",
        "paid": "paid_minor >= 0 and paid_minor <= payable_minor",
        "paid_whole": "state <> 'paid' or paid_minor = payable_minor",
        "returned": "returned_minor >= 0 and returned_minor <= total_minor",
    }
    op.create_table(
        table,
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("year", WHOLE, nullable=True),
        sa.Column("place", WHOLE, nullable=True),
        sa.Column("source_type", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=60), nullable=False),
        sa.Column("payment_id", sa.String(length=40), nullable=True),
        sa.Column("returns_id", sa.String(length=40), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        *(sa.Column(name, WHOLE, nullable=False) for name in TOTALS),
        sa.Column("issued_at", MOMENT, nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("catalog", sa.String(length=60), nullable=False),
        sa.Column("catalog_version", WHOLE, nullable=False),
        *_texts(),
        sa.Column("paid_minor", WHOLE, nullable=False),
        sa.Column("paid_at", MOMENT, nullable=True),
        sa.Column("paid_with", sa.String(length=100), nullable=False),
        sa.Column("returned_minor", WHOLE, nullable=False),
        sa.Column("voided_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=f("pk_documents")),
        sa.UniqueConstraint("customer_id", "id", name=f("uq_documents_customer_id_id")),
        sa.UniqueConstraint(
            "customer_id",
            "source_type",
            "source_id",
            "kind",
            name=f("uq_documents_customer_id_source_type_source_id_kind"),
        ),
        sa.UniqueConstraint("catalog", "kind", "number", name=f("uq_documents_catalog_kind_number")),
        *(sa.CheckConstraint(rule, name=f(f"ck_documents_{name}")) for name, rule in checks.items()),
        *_whole(table, "year", "place", "catalog_version", *TOTALS, "paid_minor", "returned_minor"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.customer_id"], name=f("fk_documents_customer_id_customers")
        ),
        _of(table, "payment_id", "payments"),
        _of(table, "returns_id", "documents"),
    )
    op.create_index("ix_documents_newest", table, ["customer_id", "issued_at", "id"])
    op.create_index("ix_documents_payment", table, ["customer_id", "payment_id"])
    op.create_index("ix_documents_returns", table, ["customer_id", "returns_id"])


def _texts() -> Iterator[sa.Column[str]]:
    for each in TEXTS:
        name, kind = (each, sa.Text()) if isinstance(each, str) else (each[0], sa.String(length=each[1]))
        yield sa.Column(name, kind, nullable=False)


def _parts() -> None:
    op.create_table(
        "document_lines",
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("document_id", sa.String(length=40), nullable=False),
        sa.Column("place", WHOLE, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", WHOLE, nullable=False),
        sa.Column("unit_price", sa.String(length=40), nullable=False),
        sa.Column("meter", sa.String(length=60), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("net_minor", WHOLE, nullable=False),
        sa.Column("category", sa.String(length=2), nullable=False),
        sa.Column("percent_micros", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "document_id", "place", name=f("pk_document_lines")),
        sa.CheckConstraint("percent_micros >= 0 and percent_micros <= 100000000", name=f("ck_document_lines_percent")),
        *_whole("document_lines", "place", "quantity", "net_minor", "percent_micros"),
        _of("document_lines", "document_id", "documents"),
    )
    op.create_table(
        "document_taxes",
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("document_id", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=2), nullable=False),
        sa.Column("percent_micros", WHOLE, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.String(length=5), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("buyer_number", sa.Text(), nullable=False),
        sa.Column("seller_number", sa.Text(), nullable=False),
        sa.Column("net_minor", WHOLE, nullable=False),
        sa.Column("tax_minor", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint(
            "customer_id", "document_id", "category", "percent_micros", name=f("pk_document_taxes")
        ),
        sa.CheckConstraint("net_minor >= 0 and tax_minor >= 0", name=f("ck_document_taxes_not_negative")),
        sa.CheckConstraint(
            "category = 'S' or (percent_micros = 0 and tax_minor = 0)",
            name=f("ck_document_taxes_only_standard_is_taxed"),
        ),
        *_whole("document_taxes", "percent_micros", "net_minor", "tax_minor"),
        _of("document_taxes", "document_id", "documents"),
    )


def _keep_on_sqlite() -> None:
    columns = [row[1] for row in op.get_bind().exec_driver_sql("pragma table_info(documents)")]
    changed = " or ".join(f"new.{name} is not old.{name}" for name in columns if name not in LATER)
    drafted = " or ".join(f"new.{name} is not old.{name}" for name in columns if name not in (*NUMBERED, *LATER))
    triggers = {
        "documents_begin_as_drafts": ("insert on documents", "new.number is not null", "a document begins as a draft"),
        "documents_are_final": (
            "update on documents",
            f"old.number is not null and ({changed})",
            "a document that has a number is final",
        ),
        "documents_add_up": (
            "update on documents",
            f"old.number is null and new.number is not null and ({drafted} or not ({SAME}))",
            "a document is numbered as it was drafted, and adds up",
        ),
        "documents_no_delete": ("delete on documents", "old.number is not null", "documents are kept"),
        "number_series_by_one": (
            "update on number_series",
            "new.last <> old.last + 1 or (new.catalog, new.kind, new.prefix, new.year) "  # noqa: ISC004  # one condition
            "<> (old.catalog, old.kind, old.prefix, old.year)",
            "number_series counts by one",
        ),
        "number_series_begin": ("insert on number_series", "new.last <> 1", "number_series begins at one"),
        "number_series_no_delete": ("delete on number_series", "1", "number_series is kept"),
    }
    for table in PARTS:
        for verb, row in (("insert", "new"), ("update", "old"), ("delete", "old")):
            of_document = (
                f"exists (select 1 from documents d where d.customer_id = {row}.customer_id "  # noqa: S608  # constants
                f"and d.id = {row}.document_id and d.number is not null)"
            )
            triggers[f"{table}_no_{verb}"] = (f"{verb} on {table}", of_document, f"{table} of a number are final")
    for name, (event, condition, words) in triggers.items():
        op.execute(f"create trigger {name} before {event} when {condition} begin select raise(abort, '{words}'); end")


def _keep_on_postgresql() -> None:
    later, numbered = ("array['" + "','".join(names) + "']" for names in (LATER, (*NUMBERED, *LATER)))
    refuse = "raise exception '{}' using errcode = 'integrity_constraint_violation'"
    op.execute(f"""
        create function purser_document_kept() returns trigger language plpgsql as $$ begin
          if tg_op = 'INSERT' and new.number is not null then {refuse.format("a document begins as a draft")}; end if;
          if tg_op = 'DELETE' then {refuse.format("documents are kept")}; end if;
          if tg_op = 'UPDATE' and old.number is not null
            and to_jsonb(new) - {later} is distinct from to_jsonb(old) - {later}
          then {refuse.format("a document that has a number is final")}; end if;
          if tg_op = 'UPDATE' and old.number is null and new.number is not null
            and (to_jsonb(new) - {numbered} is distinct from to_jsonb(old) - {numbered} or not ({SAME}))
          then {refuse.format("a document is numbered as it was drafted, and adds up")}; end if;
          return new; end $$""")
    op.execute(f"""
        create function purser_document_part_kept() returns trigger language plpgsql as $$
        declare row record; begin
          if tg_op = 'INSERT' then row := new; else row := old; end if;
          if exists (select 1 from documents d where d.customer_id = row.customer_id and d.id = row.document_id
            and d.number is not null) then {refuse.format("the parts of a number are final")}; end if;
          if tg_op = 'DELETE' then return old; end if;
          return new; end $$""")  # noqa: S608  # constants
    op.execute(f"""
        create function purser_number_series_kept() returns trigger language plpgsql as $$ begin
          if tg_op = 'DELETE' then {refuse.format("number_series is kept")}; end if;
          if tg_op = 'INSERT' and new.last <> 1 then {refuse.format("number_series begins at one")}; end if;
          if tg_op = 'UPDATE' and (new.last <> old.last + 1 or (new.catalog, new.kind, new.prefix, new.year)
            <> (old.catalog, old.kind, old.prefix, old.year))
          then {refuse.format("number_series counts by one")}; end if;
          return new; end $$""")
    functions = {"documents": "purser_document_kept", "number_series": "purser_number_series_kept"}
    functions |= dict.fromkeys(PARTS, "purser_document_part_kept")
    for table, function in functions.items():
        op.execute(
            f"create trigger {table}_kept before insert or update or delete on {table} "
            f"for each row execute function {function}()"
        )
        op.execute(
            f"create trigger {table}_no_truncate before truncate on {table} "
            "for each statement execute function purser_append_only()"
        )


def _separate_customers() -> None:
    mine = "customer_id = current_setting('app.customer_id', true)"
    for table in ("documents", *PARTS):
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy customer on {table} to purser_app using ({mine}) with check ({mine})")
        op.execute(f"create policy service on {table} to purser_service using (true) with check (true)")
        op.execute(f"grant select on {table} to purser_app")
        op.execute(f"grant select, insert on {table} to purser_service")
    changing = ", ".join(dict.fromkeys((*NUMBERED, *LATER)))
    op.execute(f"grant update ({changing}) on documents to purser_service")
    op.execute("grant select, insert, update (last) on number_series to purser_service")


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    """Return the key to a row of the same customer."""
    name = f(f"fk_{table}_customer_id_{column}_{other}")
    return sa.ForeignKeyConstraint(["customer_id", column], [f"{other}.customer_id", f"{other}.id"], name=name)


def _whole(table: str, *columns: str) -> Iterator[sa.CheckConstraint]:
    """Yield the checks that keep these columns whole numbers on SQLite, which would store 0.1 otherwise."""
    for column in columns:
        check = sa.CheckConstraint(f"typeof({column}) in ('integer', 'null')", name=f(f"ck_{table}_{column}_whole"))
        yield check.ddl_if(dialect="sqlite")
