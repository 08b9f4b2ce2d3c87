"""Invoices that are due: what a payment pays, what credit notes take off, what is carried over, and unpaid overage.

Nothing that is there changes: every payment so far has bought credit, and no invoice was due.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

f = op.f
WHOLE = sa.BigInteger()
OPEN_OF_INVOICE = (
    "document_id is not null and state in ('created','pi_created','confirming','requires_action','processing')"
)
CREDITS = {
    "credits_micros > 0": "credits_micros > 0 or (purpose = 'invoice' and credits_micros = 0)",
}
DOCUMENT = "(purpose = 'invoice') = (document_id is not null)"
PAID = {
    "paid_minor >= 0 and paid_minor <= payable_minor": (
        "paid_minor >= 0 and credited_minor >= 0 and paid_minor + credited_minor <= payable_minor"
    ),
    "state <> 'paid' or paid_minor = payable_minor": ("state <> 'paid' or paid_minor + credited_minor = payable_minor"),
}
CARRIED = "carried_minor >= 0 and overage_micros >= 0"
LATER = (
    "state",
    "paid_minor",
    "paid_at",
    "paid_with",
    "returned_minor",
    "voided_at",
    "credited_minor",
    "carried_to_id",
)
"""What changes of a document that has a number."""
NUMBERED = ("state", "number", "year", "place", "issued_at", "due_on")
"""What numbering sets."""
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
    """Add the columns, and let the rules know them."""
    if op.get_bind().dialect.name == "sqlite":
        _on_sqlite()
    else:
        _on_postgresql()
    op.create_index("ix_payments_document", "payments", ["customer_id", "document_id"])
    op.create_index("ix_documents_carried_to", "documents", ["customer_id", "carried_to_id"])
    op.create_index(
        "uq_payments_open_of_invoice",
        "payments",
        ["customer_id", "document_id"],
        unique=True,
        sqlite_where=sa.text(OPEN_OF_INVOICE),
        postgresql_where=sa.text(OPEN_OF_INVOICE),
    )


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")


def _on_postgresql() -> None:
    _add_whole("customers", "invoiced_overage_micros")
    op.create_check_constraint(
        f("ck_customers_invoiced_overage_not_negative"), "customers", "invoiced_overage_micros >= 0"
    )
    op.add_column("payments", sa.Column("document_id", sa.String(length=40), nullable=True))
    op.drop_constraint("ck_payments_credits_positive", "payments")
    op.create_check_constraint(f("ck_payments_credits_positive"), "payments", CREDITS["credits_micros > 0"])
    op.create_check_constraint(f("ck_payments_document"), "payments", DOCUMENT)
    op.create_foreign_key(
        f("fk_payments_customer_id_document_id_documents"),
        "payments",
        "documents",
        ["customer_id", "document_id"],
        ["customer_id", "id"],
    )
    op.add_column("documents", sa.Column("period_number", WHOLE, nullable=True))
    for name in ("carried_minor", "overage_micros", "credited_minor"):
        _add_whole("documents", name)
    op.add_column("documents", sa.Column("carried_to_id", sa.String(length=40), nullable=True))
    op.create_foreign_key(
        f("fk_documents_customer_id_carried_to_id_documents"),
        "documents",
        "documents",
        ["customer_id", "carried_to_id"],
        ["customer_id", "id"],
    )
    for name, rule in zip(("paid", "paid_whole"), PAID.values(), strict=True):
        op.drop_constraint(f"ck_documents_{name}", "documents")
        op.create_check_constraint(f(f"ck_documents_{name}"), "documents", rule)
    op.create_check_constraint(f("ck_documents_carried"), "documents", CARRIED)
    op.execute("grant update (credited_minor, carried_to_id) on documents to purser_service")
    later, numbered = ("array['" + "','".join(names) + "']" for names in (LATER, (*NUMBERED, *LATER)))
    refuse = "raise exception '{}' using errcode = 'integrity_constraint_violation'"
    op.execute(f"""
        create or replace function purser_document_kept() returns trigger language plpgsql as $$ begin
          if tg_op = 'INSERT' and new.number is not null then {refuse.format("a document begins as a draft")}; end if;
          if tg_op = 'DELETE' then {refuse.format("documents are kept")}; end if;
          if tg_op = 'UPDATE' and old.number is not null
            and to_jsonb(new) - {later} is distinct from to_jsonb(old) - {later}
          then {refuse.format("a document that has a number is final")}; end if;
          if tg_op = 'UPDATE' and old.number is null and new.number is not null
            and (to_jsonb(new) - {numbered} is distinct from to_jsonb(old) - {numbered} or not ({SAME}))
          then {refuse.format("a document is numbered as it was drafted, and adds up")}; end if;
          return new; end $$""")


def _add_whole(table: str, name: str) -> None:
    op.add_column(table, sa.Column(name, WHOLE, nullable=False, server_default=sa.text("0")))
    op.alter_column(table, name, server_default=None)


def _on_sqlite() -> None:
    op.execute(
        "alter table customers add column invoiced_overage_micros bigint not null default 0 "
        "constraint ck_customers_invoiced_overage_not_negative check (invoiced_overage_micros >= 0) "
        "constraint ck_customers_invoiced_overage_micros_whole "
        "check (typeof(invoiced_overage_micros) in ('integer', 'null'))"
    )
    kept = _triggers_dropped("documents", "document_lines", "document_taxes", "payments")
    _write_anew(
        "payments",
        CREDITS,
        ["document_id VARCHAR(40)"],
        [
            f"CONSTRAINT ck_payments_document CHECK ({DOCUMENT})",
            (
                "CONSTRAINT fk_payments_customer_id_document_id_documents "
                "FOREIGN KEY(customer_id, document_id) REFERENCES documents (customer_id, id)"
            ),
        ],
    )
    whole = ("carried_minor", "overage_micros", "credited_minor")
    _write_anew(
        "documents",
        PAID,
        [
            "period_number BIGINT",
            *(f"{name} BIGINT DEFAULT 0 NOT NULL" for name in whole),
            "carried_to_id VARCHAR(40)",
        ],
        [
            f"CONSTRAINT ck_documents_carried CHECK ({CARRIED})",
            *(
                f"CONSTRAINT ck_documents_{name}_whole CHECK (typeof({name}) in ('integer', 'null'))"
                for name in ("period_number", *whole)
            ),
            (
                "CONSTRAINT fk_documents_customer_id_carried_to_id_documents "
                "FOREIGN KEY(customer_id, carried_to_id) REFERENCES documents (customer_id, id)"
            ),
        ],
    )
    columns = [row[1] for row in op.get_bind().exec_driver_sql("pragma table_info(documents)")]
    changed = " or ".join(f"new.{name} is not old.{name}" for name in columns if name not in LATER)
    drafted = " or ".join(f"new.{name} is not old.{name}" for name in columns if name not in (*NUMBERED, *LATER))
    begin = "begin select raise(abort, '{}'); end"
    kept["documents_are_final"] = (
        f"create trigger documents_are_final before update on documents when old.number is not null and ({changed}) "
        + begin.format("a document that has a number is final")
    )
    kept["documents_add_up"] = (
        "create trigger documents_add_up before update on documents "
        f"when old.number is null and new.number is not null and ({drafted} or not ({SAME})) "
        + begin.format("a document is numbered as it was drafted, and adds up")
    )
    for statement in kept.values():
        op.execute(sa.text(statement.replace(":", "\\:")))


def _triggers_dropped(*tables: str) -> dict[str, str]:
    """Drop the triggers of these tables and return what makes them: none may name a table that is being written."""
    connection, found = op.get_bind(), dict[str, str]()
    statement = sa.text("select name, sql from sqlite_master where tbl_name = :table and type = 'trigger'")
    for table in tables:
        found |= {row.name: row.sql for row in connection.execute(statement, {"table": table})}
    for name in found:
        op.execute(f"drop trigger {name}")
    return found


def _write_anew(table: str, changes: dict[str, str], columns: list[str], checks: list[str]) -> None:
    """Write a table of SQLite anew, with `changes` in its words, and columns and checks beside those it has."""
    connection = op.get_bind()
    statement = sa.text("select sql from sqlite_master where tbl_name = :table and type = :kind and sql is not null")
    (words,) = connection.execute(statement, {"table": table, "kind": "table"}).scalars()
    indexes = connection.execute(statement, {"table": table, "kind": "index"}).scalars().all()
    head = words[: words.index("(") + 1]
    for old, new in {head: f"CREATE TABLE {table}_anew ({', '.join(columns)}, ", **changes}.items():
        if words.count(old) != 1:
            raise RuntimeError(f"{table} is not as it was made: {old!r} stands there {words.count(old)} times")
        words = words.replace(old, new)
    body = words.rstrip().removesuffix(")")
    kept = ", ".join(f'"{column["name"]}"' for column in sa.inspect(connection).get_columns(table))
    op.execute(sa.text(", ".join([body, *checks]).replace(":", "\\:") + ")"))
    op.execute(f"insert into {table}_anew ({kept}) select {kept} from {table}")  # noqa: S608  # names of our own schema
    op.execute(f"drop table {table}")
    op.execute(f"alter table {table}_anew rename to {table}")
    for index in indexes:
        op.execute(index)
