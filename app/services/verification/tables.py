"""Which rows of each table a proof reads: those of all customers, of one, or of the long tables what came since."""

import re
from collections.abc import Mapping, Sequence
from functools import cache

from sqlalchemy import Date, TextClause, bindparam, text

from app.models.database import Base, UtcDateTime
from app.services.verification.ledger_proofs import LONG, Proof

MOST = 1_000
"""So many rows of one proof are named; that there are more is said."""
CUSTOMERS = """(select customer_id from customers union all select distinct w.customer_id from accounts w
  where not exists (select 1 from customers o where o.customer_id = w.customer_id))"""
"""Each that may have rows, once: of each the rows of an age are found by the key that begins with it.

Both databases would go through all of a long table otherwise: PostgreSQL, to join a day's transfers by their ids with
ten million allocations, took 25 s.
"""
OF_THESE = f"""{CUSTOMERS} c {{join_each}} allocations a
  on a.customer_id = c.customer_id and a.transfer_id >= :from_key and a.transfer_id < :before_key"""
METERS = """(with recursive pairs(customer_id, meter) as (
    select '', ''
    union all select n.customer_id, n.meter from pairs p cross join main.usage_events n on n.rowid = (
      select x.rowid from main.usage_events x where (x.customer_id, x.meter) > (p.customer_id, p.meter)
      order by x.customer_id, x.meter limit 1))
  select * from pairs where customer_id > '')"""
"""Each customer and meter that has events, once, found by stepping through the key: SQLite has no index by time."""
IN_TURN = {
    "sqlite": {
        "{join_each}": "cross join",
        "{is_new}": "likelihood(id >= :before_id, 0.001)",
        "{is_later}": "likelihood(id >= :before_key, 0.001)",
        "{is_new_hold}": "likelihood(id >= :holds_since, 0.001)",
        "{is_new_event}": "likelihood(id >= :outbox_since, 0.001)",
        "{allocations}": "allocations",
        "{events_since}": f"""select e.* from {METERS} p cross join all_usage_events e
            on e.customer_id = p.customer_id and e.meter = p.meter and e.day >= date(:events_since, '-1 day')
            where e.received_at >= :events_since""",  # noqa: S608  # put together from constants, like all below
    },
    "postgresql": {
        "{allocations}": f"(select a.* from {OF_THESE})",  # noqa: S608
        "{join_each}": "join",
        "{is_new}": "id >= :before_id",
        "{is_later}": "id >= :before_key",
        "{is_new_hold}": "id >= :holds_since",
        "{is_new_event}": "id >= :outbox_since",
        "{events_since}": "select * from all_usage_events where received_at >= :events_since",
    },
}
"""How a join says that the rows of its right side are looked up by key for each of its left one, and that few are new.

SQLite knows the length of tables only after `analyze`, which nobody runs. It begins with the other table, or takes
from `a = t.id and t.id >= :from` that `a >= :from` and reads, for each row, all that follows it: for 8,000 rows 38 s.
"""
_WORDS = {
    "sqlite": {
        "{day}": "date(booked_at)",
        "{day_of_plan}": "date(a.starts_at)",
        "{shortly_before}": "datetime(e.created_at, '-1 minute')",
        "{two_days_after_expiry}": "datetime(g.expires_at, '+2 days')",
        "{two_days_after_begin}": "datetime(g.effective_at, '+2 days')",
        "{hex_of}": "lower(hex(",
        "{in_hex}": "))",
    },
    "postgresql": {
        "{day}": "to_char(booked_at at time zone 'UTC', 'YYYY-MM-DD')",
        "{day_of_plan}": "(a.starts_at at time zone 'UTC')::date",
        "{shortly_before}": "e.created_at - interval '1 minute'",
        "{two_days_after_expiry}": "g.expires_at + interval '2 days'",
        "{two_days_after_begin}": "g.effective_at + interval '2 days'",
        "{hex_of}": "encode(",
        "{in_hex}": ", 'hex')",
    },
}
"""What the two databases say differently. An endpoint that was saved in the minute before may not have been seen, and a
grant may end a day late, when the last hold ends."""
MOMENTS = ("ids_since", "deliveries_since", "booked_since", "events_since")
_DAYS = ("days_since", "usage_since")
_EVERY, _ALL, _SAME, _DATED = "every_", "all_", "same_", "dated_"
_PROVED = ("proved_accounts", "proved_grants", "proved_usage")
_SCHEMA = {"sqlite": "main.", "postgresql": ""}
"""How a table is named where a part of it has its name: SQLite would look for itself in itself."""
_OF_ONE_FACT = """o.customer_id = t.customer_id and o.source_type = t.source_type and o.source_id = t.source_id
          and o.kind = t.kind"""
_SINCE = {
    "transfers": "select * from all_transfers where {is_new}",
    "allocations": f"""select a.* from {CUSTOMERS} c
        {{join_each}} all_allocations a on a.customer_id = c.customer_id and a.transfer_id >= :before_id""",  # noqa: S608
    "same_transfers": f"""select o.* from (
          select distinct customer_id, source_type, source_id, kind from transfers t
          where 1 < (select count(*) from all_transfers o where {_OF_ONE_FACT})) t
        {{join_each}} all_transfers o on {_OF_ONE_FACT}""",  # noqa: S608
    "dated_transfers": f"""select t.* from {CUSTOMERS} c
        {{join_each}} all_transfers t on t.customer_id = c.customer_id and t.booked_at >= :booked_since""",  # noqa: S608
    "usage_events": "{events_since}",
    "usage_event_keys": "select * from all_usage_event_keys where received_at >= :events_since",
    "authorizations": "select * from all_authorizations where {is_new_hold}",
    "outbox_events": "select * from all_outbox_events where {is_new_event}",
}
"""What is read of the long tables where everything before was proved: each names those above it."""
_WORD = re.compile(r"\w+")
_ALONE = {
    "sqlite": f"select {{}} as place, f.* from ({{}} limit {MOST + 1}) f",  # noqa: S608  # planned as if it were alone
    "postgresql": f"select {{}} as place, f.* from (with v as materialized ({{}}) select * from v limit {MOST + 1}) f",  # noqa: S608
}
"""PostgreSQL plans all of it, too: for the first thousand it would go through whole indexes, and there are none."""


@cache
def statement(proofs: tuple[Proof, ...], dialect: str, rows_of: str) -> tuple[TextClause, Sequence[str]]:
    """Return the proofs' statement in the database's own words, and what it asks for."""
    own_rows = {"customer": _of_one, "since": _of_new, "all": _of_all}[rows_of]
    sql = " union all ".join(
        _ALONE[dialect].format(place, own_rows(proof.sql, dialect)) for place, proof in enumerate(proofs)
    )
    for name, own in _WORDS[dialect].items():
        sql = sql.replace(name, own)
    sql = in_turn(sql, dialect)
    moments = [bindparam(name, type_=UtcDateTime()) for name in MOMENTS if f":{name}" in sql]
    days = [bindparam(name, type_=Date()) for name in _DAYS if f":{name}" in sql]
    asked = text(sql).bindparams(*moments, *days)
    return asked, list(asked.compile().params)


def in_turn(sql: str, dialect: str) -> str:
    """Return the SQL with what each database needs to know of the order of its joins."""
    for name, own in IN_TURN[dialect].items():
        sql = sql.replace(name, own)
    return sql


def _of_all(sql: str, dialect: str) -> str:
    """Return the proof of all customers, whenever their rows were written."""
    nothing = {name: f"select * from {_SCHEMA[dialect]}{name} where 1 = 0" for name in _PROVED}  # noqa: S608
    return _with(nothing, _WORD.sub(lambda word: _plain(word[0]), sql), sql)


def _of_new(sql: str, dialect: str) -> str:
    """Return the proof of all customers, where of the long tables all before was proved."""
    tables = {f"{_ALL}{name}": f"select * from {_SCHEMA[dialect]}{name}" for name in sorted(LONG)}  # noqa: S608
    since = {name: in_turn(part, dialect) for name, part in _SINCE.items()}
    return _with(tables | since, _WORD.sub(lambda word: _of_every(word[0]), sql), sql)


def _of_every(name: str) -> str:
    """Return the rows of every customer: of a long table, whatever their age."""
    table = name.removeprefix(_EVERY)
    return f"{_ALL}{table}" if table != name and table in LONG else table


def _of_one(sql: str, dialect: str) -> str:
    """Return the proof of `:customer_id`: each table is what the customer has of it, but for what is named by `every_`.

    Databases carry a customer's id into much of a statement, but not into every sum over a union: SQLite read the whole
    ledger to prove a customer without a row.
    """
    named, schema = dict.fromkeys(_WORD.findall(sql)), _SCHEMA[dialect]
    # Those of all come first: PostgreSQL takes a name for the part of the table from there on.
    parts = {
        name: f"select * from {schema}{_plain(name)}"  # noqa: S608  # names of our own schema
        for name in named
        if name.startswith(_EVERY) and _plain(name) != name
    }
    for name in named:
        if name not in parts and _plain(name) in _owned():
            none = " and 1 = 0" if name in _PROVED else ""
            parts[name] = f"select * from {schema}{_plain(name)} where customer_id = :customer_id{none}"  # noqa: S608
    return f"{_with(parts, f'select * from ({sql}) v where v.customer_id = :customer_id', sql)}"  # noqa: S608


def _with(parts: Mapping[str, str], select: str, asked: str) -> str:
    """Return the SELECT with the parts that it asks for, and those that they ask for."""
    named = {each for word in _WORD.findall(asked) for each in (word, _of_every(word))}
    for name in reversed([*parts]):
        if name in named:
            named.update(_WORD.findall(parts[name]))
    own = [f"{name} as not materialized ({parts[name]})" for name in parts if name in named]
    return f"with {', '.join(own)} {select}" if own else select


@cache
def _owned() -> frozenset[str]:
    return frozenset(table.name for table in Base.metadata.sorted_tables if "customer_id" in table.c)


def _plain(name: str) -> str:
    """Return the table that is meant."""
    for part in (_EVERY, _ALL, _SAME, _DATED):
        if name.removeprefix(part) in _owned():
            return name.removeprefix(part)
    return name
