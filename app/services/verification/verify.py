"""Prove the ledger again from its raw rows, by another way than it was written, and name the rows that fail."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from itertools import islice

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock
from app.domain.rating import KEPT
from app.models.database import UtcDateTime, db
from app.models.scope import as_service
from app.services.verification import proved, series, tables
from app.services.verification.authorization_proofs import AUTHORIZATION_PROOFS
from app.services.verification.charge_proofs import (
    ATTEMPT_PROOFS,
    BUDGET_PROOFS,
    COLLECTION_PROOFS,
    REVERSAL_PROOFS,
)
from app.services.verification.customer_proofs import CUSTOMER_PROOFS, REFERENCE_PROOFS
from app.services.verification.document_proofs import DOCUMENT_PROOFS
from app.services.verification.event_proofs import AUDIT_PROOFS, EVENT_PROOFS
from app.services.verification.ledger_proofs import CASH_PROOFS, PROOFS, Found, Proof
from app.services.verification.looks import LOOKS
from app.services.verification.proved import NOTHING, Mark, Why
from app.services.verification.referral_proofs import REFERRAL_PROOFS
from app.services.verification.subscription_proofs import SUBSCRIPTION_PROOFS
from app.services.verification.tables import MOST
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
_AGO = {
    "ids_since": KEPT - timedelta(days=1),
    "deliveries_since": timedelta(days=89),
}
"""How far back a proof looks: a day less than what it looks at is kept."""
_NEWEST = text("select booked_at from transfers where id < 'txo' order by id desc limit 1").columns(
    booked_at=UtcDateTime()
)
"""When the last transfer was booked; each is called `txn_…`."""
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
    """What does not hold, and what was proved before and not read again."""

    violations: list[Violation]
    before: Mark
    said: tuple[str, ...] = field(default=(), compare=False)
    """Why everything is read in any case, and what could not be compared."""
    runs: int = field(default=0, compare=False)
    """Within so many runs each digest is compared that was kept before this one."""


def verify_since(*, everything: bool = False, accept: bool = False) -> Verdict:
    """Prove all customers' books, but for rows that were proved before and never change; keep how far they are proved.

    Where anything is found, everything is proved again, so that all of it is named. What was kept then stays, and each
    later run reads everything, until nothing is found. Whenever everything is read, it is compared with all that was
    kept, also by another release; with `accept` it is not, and kept as it is where every invariant holds.
    """
    proofs = _digest_of_proofs()
    with as_service("prove the ledger"):
        session = db.session()
        session.rollback()
        if session.get_bind().dialect.name == "postgresql":  # of one moment: another may keep more meanwhile
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        found, said, before, runs = list[Violation](), list[str](), NOTHING, 0
        if not accept:
            why, before = proved.why_everything(session, proofs), proved.last(session, proofs)
            if everything or why:
                said = [*_why(session, proofs, why)]
                found, before = [*_compared(session, proofs, before)], NOTHING
            else:
                found, runs = [*violations_since(session, before)], proved.runs_for_all(session)
        if found or not before.before_id:
            found, before = [*dict.fromkeys([*found, *violations(session)])], NOTHING
        archived = series.archived_before(session)
        if not found:
            proved.keep(session, before, proofs)
        session.rollback()
        has_left = bool(found) and series.archived_before(session) != archived
        session.rollback()
        if found and not has_left:
            proved.keep_open(clock.now())
    # PostgreSQL drops a month for who reads of an earlier moment, too: what was found may be just that.
    return verify_since(everything=everything, accept=accept) if has_left else Verdict(found, before, tuple(said), runs)


def violations_since(session: Session, before: Mark) -> Iterator[Violation]:
    """Yield what shows that proved rows were changed, and what does not hold of what came since."""
    _plan(session, before)
    yield from _named("proved", TAMPERED, proved.tampered(session, before, proved.whose_turn(session)))
    yield from violations(session, since=before)


def _compared(session: Session, proofs: str, before: Mark) -> Iterator[Violation]:
    """Yield what is not as it was kept, whoever has kept it: numbers and all digests, and sums of these very proofs."""
    segments, _unseen = proved.all_kept(session, proofs)
    yield from _named("proved", TAMPERED, proved.tampered(session, proved.reached(session), segments))
    if before.before_id:
        yield from violations(session, since=before)


def _why(session: Session, proofs: str, why: Why | None) -> Iterator[str]:
    """Yield why everything is read, and what is compared with nothing."""
    segments, unseen = proved.all_kept(session, proofs)
    if why:
        yield f"{why.value}: everything was read, and compared with {len(segments):,} digests."
    if unseen:
        rows = sum(each.rows for each in unseen)
        yield (
            f"{len(unseen):,} digests, of {rows:,} rows, could not be compared, because another release has made them "
            "in another way: these rows were kept anew as they are."
        )


@cache
def _digest_of_proofs() -> str:
    """Return the digest of the proofs of this release: another release has proved nothing by these."""
    return hashlib.sha256(repr([(each.invariant, each.sql) for each in EVERY]).encode()).hexdigest()


def violations(session: Session, customer_id: str | None = None, since: Mark = NOTHING) -> Iterator[Violation]:
    """Yield them as the session sees its rows, whose scope is a service's."""
    _plan(session, since)
    proofs_of = EVERY if customer_id is None else OF_CUSTOMERS
    together = 1 if customer_id is None and _is_large(session) else _TOGETHER
    for first in range(0, len(proofs_of), together):
        yield from violations_of(session, proofs_of[first : first + together], customer_id, since)
    for look in LOOKS:
        rows = (
            look.find_since(session, since.holds)
            if look.find_since and since.holds
            else look.find(session, customer_id)
        )
        yield from _named(look.invariant, look.sentence, rows)


def violations_of(
    session: Session, proofs: tuple[Proof, ...], customer_id: str | None, since: Mark
) -> Iterator[Violation]:
    """Yield what does not hold of these proofs, which are asked in one statement."""
    asked = {
        "customer_id": customer_id,
        "before_id": since.before_id,
        "days_since": since.days_before,
        "booked_since": since.began,
        "holds_since": since.holds,
        "outbox_since": since.outbox,
        "usage_since": since.usage_before,
        "events_since": since.events_from,
    }
    rows_of = "customer" if customer_id is not None else "since" if since.before_id else "all"
    statement, names = tables.statement(proofs, session.get_bind().dialect.name, rows_of)
    if not _AGO.keys().isdisjoint(names):
        # What is kept for a while is trimmed by the clock: one that was set back says nothing of what is there yet.
        now = max(clock.now(), session.scalar(_NEWEST) or clock.now())
        asked |= {name: now - ago for name, ago in _AGO.items()}
    found: dict[int, list[Found]] = defaultdict(list)
    for place, owner, row_id in session.execute(statement, {name: asked[name] for name in names}):
        found[place].append((owner, str(row_id)))
    for place, proof in enumerate(proofs):
        yield from _named(proof.invariant, proof.sentence, found[place])


def _plan(session: Session, since: Mark) -> None:
    """Set what PostgreSQL would guess wrong: to compile a statement of many proofs takes longer than to run it."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_WITHOUT_JIT)
        session.execute(_LOOKING_UP[bool(since.before_id)])


def _is_large(session: Session) -> bool:
    """Say whether each proof of all customers is asked by itself: the memory of one is not held while others run."""
    size: int = session.scalars(_SIZE).one()
    return size >= _SMALL


def _named(invariant: str, sentence: str, rows: Iterable[Found]) -> Iterator[Violation]:
    for place, (owner, row_id) in enumerate(islice(rows, MOST + 1)):
        yield Violation(invariant, owner, sentence, row_id if place < MOST else "and more rows than are named here")
