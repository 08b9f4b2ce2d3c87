"""Prove the ledger again from its raw rows, by another way than it was written, and name the rows that fail."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import islice

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.orm import Session

from app import clock
from app.domain.rating import KEPT
from app.models.database import Base, UtcDateTime, db
from app.models.scope import as_service
from app.services.verification.audit_proofs import AUDIT_PROOFS
from app.services.verification.authorization_proofs import AUTHORIZATION_PROOFS
from app.services.verification.charge_proofs import ATTEMPT_PROOFS, BUDGET_PROOFS, COLLECTION_PROOFS
from app.services.verification.customer_proofs import CUSTOMER_PROOFS, REFERENCE_PROOFS
from app.services.verification.document_proofs import DOCUMENT_PROOFS
from app.services.verification.event_proofs import EVENT_PROOFS
from app.services.verification.ledger_proofs import CASH_PROOFS, PROOFS, Found, Proof
from app.services.verification.looks import LOOKS
from app.services.verification.referral_proofs import REFERRAL_PROOFS
from app.services.verification.reversal_proofs import REVERSAL_PROOFS
from app.services.verification.subscription_proofs import SUBSCRIPTION_PROOFS
from app.services.verification.usage_proofs import USAGE_PROOFS

EVERY = (
    *PROOFS,
    *CASH_PROOFS,
    *ATTEMPT_PROOFS,
    *BUDGET_PROOFS,
    *REVERSAL_PROOFS,
    *USAGE_PROOFS,
    *CUSTOMER_PROOFS,
    *AUTHORIZATION_PROOFS,
    *EVENT_PROOFS,
    *AUDIT_PROOFS,
    *DOCUMENT_PROOFS,
    *COLLECTION_PROOFS,
    *REFERENCE_PROOFS,
    *SUBSCRIPTION_PROOFS,
    *REFERRAL_PROOFS,
)
OF_CUSTOMERS = tuple(proof for proof in EVERY if not proof.is_of_all)
MOST = 1_000
"""So many rows of one proof are named; that there are more is said."""
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
_AGO = {
    "ids_since": KEPT - timedelta(days=1),
    "deliveries_since": timedelta(days=89),
}
"""How far back a proof looks: a day less than what it looks at is kept."""
_EVERY = "every_"
_SCHEMA = {"sqlite": "main.", "postgresql": ""}
"""How a table is named where a part of it has its name: SQLite would look for itself in itself."""
_WORD = re.compile(r"\w+")
_ALONE = f"select {{}} as place, f.* from ({{}} limit {MOST + 1}) f"  # noqa: S608  # planned as if it were alone
_WITHOUT_JIT = text("set local jit = off")
_TOGETHER = 24
"""So many proofs are asked in one statement: what a statement costs by itself is most of a small ledger's proof."""
_SMALL = 10_000
_SIZE = text(f"""
select (select count(*) from (select 1 from transfers limit {_SMALL}) t)
  + (select count(*) from (select 1 from usage_events limit {_SMALL}) e)""")  # noqa: S608


@dataclass(frozen=True)
class Violation:
    """An invariant that does not hold: which, whose, in words, and the row that shows it."""

    invariant: str
    customer_id: str
    sentence: str
    row_id: str

    def __str__(self) -> str:
        whose = " ".join(filter(None, (self.invariant, self.customer_id)))
        return f"{whose}: {self.sentence} ({self.row_id})"


def verify(customer_id: str | None = None) -> list[Violation]:
    """Return the violations for one customer, or for all: of each proof the first thousand, and whether there are more.

    Each proof is one query over whole sets, or looks at a thousand rows at a time.
    """
    with as_service("prove the ledger"):
        found = list(violations(db.session(), customer_id))
        db.session.rollback()
    return found


def violations(session: Session, customer_id: str | None = None) -> Iterator[Violation]:
    """Yield them as the session sees its rows, whose scope is a service's."""
    dialect, now = session.get_bind().dialect.name, clock.now()
    asked = {"customer_id": customer_id, **{name: now - ago for name, ago in _AGO.items()}}
    if dialect == "postgresql":  # to compile a statement of many proofs takes longer than to run it
        session.execute(_WITHOUT_JIT)
    proofs_of = EVERY if customer_id is None else OF_CUSTOMERS
    together = 1 if customer_id is None and _is_large(session) else _TOGETHER
    for first in range(0, len(proofs_of), together):
        proofs = proofs_of[first : first + together]
        statement, names = _statement(proofs, dialect, customer_id is not None)
        found: dict[int, list[Found]] = defaultdict(list)
        for place, owner, row_id in session.execute(statement, {name: asked[name] for name in names}):
            found[place].append((owner, str(row_id)))
        for place, proof in enumerate(proofs):
            yield from _named(proof.invariant, proof.sentence, found[place])
    for look in LOOKS:
        yield from _named(look.invariant, look.sentence, look.find(session, customer_id))


def _is_large(session: Session) -> bool:
    """Say whether each proof of all customers is asked by itself: the memory of one is not held while others run."""
    size: int = session.scalars(_SIZE).one()
    return size >= _SMALL


@cache
def _statement(proofs: tuple[Proof, ...], dialect: str, of_one: bool) -> tuple[TextClause, list[str]]:
    """Return the proofs' statement in the database's own words, of one customer or of all, and what it asks for."""
    own_rows = _of_one if of_one else _of_all
    sql = " union all ".join(_ALONE.format(place, own_rows(proof.sql, dialect)) for place, proof in enumerate(proofs))
    for name, own in _WORDS[dialect].items():
        sql = sql.replace(name, own)
    times = [bindparam(name, type_=UtcDateTime()) for name in _AGO if f":{name}" in sql]
    statement = text(sql).bindparams(*times)
    return statement, list(statement.compile().params)


def _of_all(sql: str, _dialect: str) -> str:
    """Return the proof of all customers."""
    owned = _owned()
    return _WORD.sub(lambda word: _plain(word[0]) if _plain(word[0]) in owned else word[0], sql)


def _of_one(sql: str, dialect: str) -> str:
    """Return the proof of `:customer_id`: each table is what the customer has of it, but for what is named by `every_`.

    Databases carry a customer's id into much of a statement, but not into every sum over a union: SQLite read the whole
    ledger to prove a customer without a row.
    """
    named, owned, schema = dict.fromkeys(_WORD.findall(sql)), _owned(), _SCHEMA[dialect]
    # Those of all come first: PostgreSQL takes a name for the part of the table from there on.
    every = [
        f"{name} as not materialized (select * from {schema}{_plain(name)})"  # noqa: S608  # names of our own schema
        for name in named
        if _is_every(name)
    ]
    own = [
        f"{name} as not materialized (select * from {schema}{name} where customer_id = :customer_id)"  # noqa: S608
        for name in named
        if name in owned
    ]
    return f"with {', '.join([*every, *own])} select * from ({sql}) v where v.customer_id = :customer_id"  # noqa: S608


@cache
def _owned() -> frozenset[str]:
    return frozenset(table.name for table in Base.metadata.sorted_tables if "customer_id" in table.c)


def _is_every(name: str) -> bool:
    return name.startswith(_EVERY) and _plain(name) in _owned()


def _plain(name: str) -> str:
    return name.removeprefix(_EVERY)


def _named(invariant: str, sentence: str, rows: Iterable[Found]) -> Iterator[Violation]:
    for place, (owner, row_id) in enumerate(islice(rows, MOST + 1)):
        yield Violation(invariant, owner, sentence, row_id if place < MOST else "and more rows than are named here")
