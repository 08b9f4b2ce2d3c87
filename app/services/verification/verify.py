"""Prove the ledger again from its raw rows, by another way than it was written, and name the rows that fail."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from itertools import islice

from sqlalchemy import Date, TextClause, bindparam, text
from sqlalchemy.orm import Session

from app import clock
from app.domain.rating import KEPT
from app.models.database import Base, UtcDateTime, db
from app.models.scope import as_service
from app.services.verification import proved
from app.services.verification.audit_proofs import AUDIT_PROOFS
from app.services.verification.authorization_proofs import AUTHORIZATION_PROOFS
from app.services.verification.charge_proofs import ATTEMPT_PROOFS, BUDGET_PROOFS, COLLECTION_PROOFS
from app.services.verification.customer_proofs import CUSTOMER_PROOFS, REFERENCE_PROOFS
from app.services.verification.document_proofs import DOCUMENT_PROOFS
from app.services.verification.event_proofs import EVENT_PROOFS
from app.services.verification.ledger_proofs import CASH_PROOFS, LONG, PROOFS, Found, Proof
from app.services.verification.looks import LOOKS
from app.services.verification.proved import CUSTOMERS, IN_TURN, NOTHING, Mark
from app.services.verification.referral_proofs import REFERRAL_PROOFS
from app.services.verification.reversal_proofs import REVERSAL_PROOFS
from app.services.verification.subscription_proofs import SUBSCRIPTION_PROOFS
from app.services.verification.usage_proofs import USAGE_PROOFS
from app.values import dataclass

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
_EVERY, _ALL, _SAME, _DATED = "every_", "all_", "same_", "dated_"
_PROVED = ("proved_accounts", "proved_grants")
_SCHEMA = {"sqlite": "main.", "postgresql": ""}
"""How a table is named where a part of it has its name: SQLite would look for itself in itself."""
_SINCE = {
    "transfers": "select * from all_transfers where {is_new}",
    "allocations": f"""select a.* from {CUSTOMERS} c
        {{join_each}} all_allocations a on a.customer_id = c.customer_id and a.transfer_id >= :before_id""",  # noqa: S608
    "same_transfers": """select o.* from transfers t {join_each} all_transfers o on o.customer_id = t.customer_id
        and o.source_type = t.source_type and o.source_id = t.source_id and o.kind = t.kind""",
    "dated_transfers": f"""select t.* from {CUSTOMERS} c
        {{join_each}} all_transfers t on t.customer_id = c.customer_id and t.booked_at >= :booked_since""",  # noqa: S608
}
"""What is read of the long tables where everything before was proved: each names those above it."""
_WORD = re.compile(r"\w+")
_ALONE = {
    "sqlite": f"select {{}} as place, f.* from ({{}} limit {MOST + 1}) f",  # noqa: S608  # planned as if it were alone
    "postgresql": f"select {{}} as place, f.* from (with v as materialized ({{}}) select * from v limit {MOST + 1}) f",  # noqa: S608
}
"""PostgreSQL plans all of it, too: for the first thousand it would go through whole indexes, and there are none."""
_WITHOUT_JIT = text("set local jit = off")
_LOOKING_UP = {True: text("set local random_page_cost = 1.1"), False: text("set local random_page_cost to default")}
"""What came since is looked up by key. As if a row by key cost four in a row, PostgreSQL reads long tables whole."""
_TOGETHER = 24
"""So many proofs are asked in one statement: what a statement costs by itself is most of a small ledger's proof."""
_SMALL = 10_000
_SIZE = text(f"""
select (select count(*) from (select 1 from transfers limit {_SMALL}) t)
  + (select count(*) from (select 1 from usage_events limit {_SMALL}) e)""")  # noqa: S608


TAMPERED = "rows that were proved are not as they were"


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


@dataclass(frozen=True)
class Verdict:
    """What does not hold, and of the ledger what was proved before and not read again."""

    violations: list[Violation]
    before: Mark


def verify_since(*, everything: bool = False) -> Verdict:
    """Prove all customers' books, but for transfers that were proved before; keep how far they are proved now.

    Where anything is found, everything is proved again, so that all of it is named, and nothing is kept.
    """
    proofs = _digest_of_proofs()
    with as_service("prove the ledger"):
        session = db.session()
        session.rollback()
        if session.get_bind().dialect.name == "postgresql":  # of one moment: another may keep more meanwhile
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        before = NOTHING if everything else proved.last(session, proofs)
        found = [*violations_since(session, before)] if before.before_id else []
        if found or not before.before_id:
            found, before = [*dict.fromkeys([*found, *violations(session)])], NOTHING
        if found:
            proved.forget()
        else:
            proved.keep(session, before, proofs)
        db.session.rollback()
    return Verdict(found, before)


def violations_since(session: Session, before: Mark) -> Iterator[Violation]:
    """Yield what shows that proved rows were changed, and what does not hold of what came since."""
    _plan(session, before)
    yield from _named("proved", TAMPERED, proved.tampered(session, before))
    yield from violations(session, since=before)


@cache
def _digest_of_proofs() -> str:
    """Return the digest of the proofs of this release: another release has proved nothing by these."""
    return hashlib.sha256(repr([(each.invariant, each.sql) for each in EVERY]).encode()).hexdigest()


def violations(session: Session, customer_id: str | None = None, since: Mark = NOTHING) -> Iterator[Violation]:
    """Yield them as the session sees its rows, whose scope is a service's."""
    dialect, now = session.get_bind().dialect.name, clock.now()
    asked = {
        "customer_id": customer_id,
        "before_id": since.before_id,
        "days_since": since.days_before,
        "booked_since": since.began,
        **{name: now - ago for name, ago in _AGO.items()},
    }
    rows_of = "customer" if customer_id is not None else "since" if since.before_id else "all"
    _plan(session, since)
    proofs_of = EVERY if customer_id is None else OF_CUSTOMERS
    together = 1 if customer_id is None and _is_large(session) else _TOGETHER
    for first in range(0, len(proofs_of), together):
        proofs = proofs_of[first : first + together]
        statement, names = _statement(proofs, dialect, rows_of)
        found: dict[int, list[Found]] = defaultdict(list)
        for place, owner, row_id in session.execute(statement, {name: asked[name] for name in names}):
            found[place].append((owner, str(row_id)))
        for place, proof in enumerate(proofs):
            yield from _named(proof.invariant, proof.sentence, found[place])
    for look in LOOKS:
        yield from _named(look.invariant, look.sentence, look.find(session, customer_id))


def _plan(session: Session, since: Mark) -> None:
    """Set what PostgreSQL would guess wrong: to compile a statement of many proofs takes longer than to run it."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_WITHOUT_JIT)
        session.execute(_LOOKING_UP[bool(since.before_id)])


def _is_large(session: Session) -> bool:
    """Say whether each proof of all customers is asked by itself: the memory of one is not held while others run."""
    size: int = session.scalars(_SIZE).one()
    return size >= _SMALL


@cache
def _statement(proofs: tuple[Proof, ...], dialect: str, rows_of: str) -> tuple[TextClause, list[str]]:
    """Return the proofs' statement in the database's own words, and what it asks for."""
    own_rows = {"customer": _of_one, "since": _of_new, "all": _of_all}[rows_of]
    sql = " union all ".join(
        _ALONE[dialect].format(place, own_rows(proof.sql, dialect)) for place, proof in enumerate(proofs)
    )
    for name, own in (_WORDS[dialect] | IN_TURN[dialect]).items():
        sql = sql.replace(name, own)
    times = [bindparam(name, type_=UtcDateTime()) for name in (*_AGO, "booked_since") if f":{name}" in sql]
    days = [bindparam("days_since", type_=Date())] if ":days_since" in sql else []
    statement = text(sql).bindparams(*times, *days)
    return statement, list(statement.compile().params)


def _of_all(sql: str, dialect: str) -> str:
    """Return the proof of all customers, whenever their rows were written."""
    nothing = {name: f"select * from {_SCHEMA[dialect]}{name} where 1 = 0" for name in _PROVED}  # noqa: S608
    return _with(nothing, _WORD.sub(lambda word: _plain(word[0]), sql), sql)


def _of_new(sql: str, dialect: str) -> str:
    """Return the proof of all customers, where of the long tables all before was proved."""
    tables = {f"{_ALL}{name}": f"select * from {_SCHEMA[dialect]}{name}" for name in sorted(LONG)}  # noqa: S608
    return _with(tables | _SINCE, _WORD.sub(lambda word: word[0].removeprefix(_EVERY), sql), sql)


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
    named = set(_WORD.findall(asked))
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


def _named(invariant: str, sentence: str, rows: Iterable[Found]) -> Iterator[Violation]:
    for place, (owner, row_id) in enumerate(islice(rows, MOST + 1)):
        yield Violation(invariant, owner, sentence, row_id if place < MOST else "and more rows than are named here")
