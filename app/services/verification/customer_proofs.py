"""The proofs of `verify` about what every customer has: terms, accounts with floors, billing periods, live credit.

And about rows that name each other: a row that was deleted is still named by those that stay.
"""

from collections.abc import Iterator

from sqlalchemy import Column, ForeignKeyConstraint, LargeBinary, Table

from app.domain.ledger import CREDIT_ACCOUNTS, MONEY_ACCOUNTS
from app.models.database import Base
from app.services.verification.ledger_proofs import LONG, Proof

_NAMES = " union all ".join(
    f"select '{unit}' as kind, '{name}' as name"
    for unit, names in (("money", MONEY_ACCOUNTS), ("credits", CREDIT_ACCOUNTS))
    for name in names
)
_WANTED = f"""(select c.customer_id, n.name, case n.kind when 'money' then 'money:' || c.currency
      else 'credits:' || c.credit_unit end as unit from customers c cross join ({_NAMES}) n)"""  # noqa: S608
_PERIODS = """(select customer_id, count(*) n, min(number) low, max(number) top,
      sum(case when closed_at is null then 1 else 0 end) open, max(case when closed_at is null then number end) open_one
    from billing_periods group by customer_id)"""

CUSTOMER_PROOFS = (
    Proof(
        "terms",
        "the customer keeps a version of the catalog that is not there",
        """
        select c.customer_id, c.customer_id as row_id from customers c
        left join catalog_versions v on v.catalog = c.catalog and v.version = c.catalog_version
        where v.version is null""",
    ),
    Proof(
        "terms",
        "a closed billing period does not say by which version and plan it closed, or says another than there is",
        """
        select p.customer_id, 'period ' || cast(p.number as text) as row_id from billing_periods p
        join customers c on c.customer_id = p.customer_id
        left join catalog_versions v on v.catalog = c.catalog and v.version = p.catalog_version
        where p.closed_at is not null and (v.version is null or p.plan is null)""",
    ),
    Proof(
        "I6",
        "an account's floor is not minus the customer's overage protection, or it has one and must not",
        """
        select a.customer_id, a.unit || '/' || a.name as row_id from accounts a
        join customers c on c.customer_id = a.customer_id
        where (a.name = 'credits' and (a.floor is null or a.floor <> -c.overage_protection_micros))
          or (a.name <> 'credits' and a.floor is not null)""",
    ),
    Proof(
        "units",
        "an account of the customer's currency or credit unit is missing",
        f"""
        select w.customer_id, w.unit || '/' || w.name as row_id from {_WANTED} w
        left join accounts a on a.customer_id = w.customer_id and a.unit = w.unit and a.name = w.name
        where a.name is null""",  # noqa: S608
    ),
    Proof(
        "units",
        "an account is in another unit than the customer's currency and credit unit",
        """
        select a.customer_id, a.unit || '/' || a.name as row_id from accounts a
        left join customers c on c.customer_id = a.customer_id
        where c.customer_id is null or a.unit not in ('money:' || c.currency, 'credits:' || c.credit_unit)""",
    ),
    Proof(
        "units",
        "a payment is in another currency than its customer's",
        """
        select p.customer_id, p.id from payments p
        join customers c on c.customer_id = p.customer_id where c.currency <> p.currency""",
    ),
    Proof(
        "I18",
        "the customer has no open billing period, more than one, or one that is not the last, or a period is missing",
        f"""
        select c.customer_id, c.customer_id as row_id from customers c
        left join {_PERIODS} p on p.customer_id = c.customer_id
        where p.n is null or p.open <> 1 or p.low <> 1 or p.top <> p.n or p.open_one <> p.top""",  # noqa: S608
    ),
    Proof(
        "I18",
        "a billing period does not begin where the one before it ends, or has another anchor day",
        """
        select p.customer_id, 'period ' || cast(p.number as text) as row_id from billing_periods p
        join billing_periods b on b.customer_id = p.customer_id and b.number = p.number - 1
        where p.starts_at <> b.ends_at or p.anchor_day <> b.anchor_day or p.ends_at <= p.starts_at""",
    ),
    Proof(
        "grants",
        "a grant that was taken back or has expired still has credit",
        """
        select g.customer_id, g.id from grants g
        where g.remaining_micros > 0 and (g.voided_at is not null or exists (
          select 1 from all_transfers t where t.customer_id = g.customer_id and t.source_type = 'grant'
            and t.source_id = g.id and t.kind in ('expired','voided')))""",
    ),
    Proof(
        "grants",
        "a grant has not begun or expired, and the customer's history goes on more than two days later",
        """
        select g.customer_id, g.id from grants g
        where (g.remaining_micros > 0 and {two_days_after_expiry} < (
            select max(t.booked_at) from all_transfers t where t.customer_id = g.customer_id))
          or (g.posted_at is null and g.voided_at is null and {two_days_after_begin} < (
            select max(t.booked_at) from all_transfers t where t.customer_id = g.customer_id))""",
    ),
)

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
    part = "" if (table.name, other) == ("allocations", "transfers") else "all_"  # both by the transfer's id
    is_owners = (_OWNER, _OWNER) in pairs or _OWNER not in key.referred_table.c
    same = " and ".join(f"o.{theirs} = t.{ours}" for ours, theirs in pairs)
    names = [f"t.{ours}" for ours, _theirs in pairs]
    (key_of_row,) = (each.primary_key for each in Base.registry.mappers if each.local_table is table)
    shown = [_text(table.c[str(each.key)]) for each in key_of_row if each.key != _OWNER] or [f"t.{_OWNER}"]
    named = " || ' ' || ".join(f"cast({name} as text)" for name in names if name != f"t.{_OWNER}") or f"t.{_OWNER}"
    row_id = " || ' ' || ".join(shown)
    return Proof(
        "rows",
        f"a row of {table.name} names a row of {other} that is not there",
        f"""
        select t.{_OWNER}, {row_id} || ' names ' || {named} as row_id from {table.name} t
        left join {"every_" if not is_owners else part if other in LONG else ""}{other} o on {same}
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
