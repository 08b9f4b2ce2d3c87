"""The proofs of `verify` about rows that name each other: a row that was deleted is still named by those that stay."""

from collections.abc import Iterator

from sqlalchemy import Column, ForeignKeyConstraint, LargeBinary, Table

from app.models.database import Base
from app.services.verification.ledger_proofs import Proof

_OWNER = "customer_id"


def _of_foreign_keys() -> Iterator[Proof]:
    """Yield a proof for each foreign key of a customer's rows: the row that is named is there."""
    for table in Base.metadata.sorted_tables:
        if _OWNER in table.c:
            for key in sorted(table.foreign_key_constraints, key=lambda each: list(each.column_keys)):
                yield _of_one(table, key)


def _of_one(table: Table, key: ForeignKeyConstraint) -> Proof:
    pairs = [(each.parent.name, each.column.name) for each in key.elements]
    other = key.referred_table.name
    same = " and ".join(f"o.{theirs} = t.{ours}" for ours, theirs in pairs)
    names = [f"t.{ours}" for ours, _theirs in pairs]
    shown = [_text(each) for each in table.primary_key.columns if each.name != _OWNER] or [f"t.{_OWNER}"]
    named = " || ' ' || ".join(f"cast({name} as text)" for name in names if name != f"t.{_OWNER}") or f"t.{_OWNER}"
    row_id = " || ' ' || ".join(shown)
    return Proof(
        "rows",
        f"a row of {table.name} names a row of {other} that is not there",
        f"""
        select t.{_OWNER}, {row_id} || ' names ' || {named} as row_id from {table.name} t
        left join {other} o on {same}
        where o.{pairs[0][1]} is null and {" and ".join(f"{name} is not null" for name in names)}""",  # noqa: S608  # names of our own schema
    )


def _text(column: Column[object]) -> str:
    """Return the SQL of a column as text: bytes in hexadecimal digits, as they are no text."""
    name = f"t.{column.name}"
    return f"{{hex_of}}{name}{{in_hex}}" if isinstance(column.type, LargeBinary) else f"cast({name} as text)"


def _source(source: str, table: str) -> Proof:
    """Return the proof that what a transfer was posted for is there. A grant's may go on with the transfer's id."""
    whose = "case when t.source_id like '%:%' then substr(t.source_id, 1, 30) else t.source_id end"
    return Proof(
        "rows",
        f"a transfer was posted for a {source} that is not there",
        f"""
        select t.customer_id, t.id || ' names ' || t.source_id as row_id from transfers t
        left join {table} o on o.customer_id = t.customer_id and o.id = {whose}
        where t.source_type = '{source}' and o.id is null""",  # noqa: S608  # put together from constants
    )


REFERENCE_PROOFS = (*_of_foreign_keys(), _source("payment", "payments"), _source("grant", "grants"))
