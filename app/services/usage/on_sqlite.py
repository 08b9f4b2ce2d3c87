"""Usage in credits on SQLite: the plain case is decided from one statement, and written past SQLAlchemy.

It takes what `purser_record` takes on PostgreSQL, and leaves the rest to the usual way, as that does. The rule is the
domain's own, and what writes the rows are the unit of work's statements.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from app.domain import grants
from app.domain.grants import LiveGrant
from app.domain.journal.entries import Accounts, Balance
from app.domain.ledger import CREDITS, REVENUE, Posting
from app.models.database import db
from app.models.ledger import Transfer
from app.models.unit_of_work import detached, waiting
from app.services.journal.writing import Writes, row_of
from app.services.ledger import posting
from app.services.writing_turn import writing_to

_STANDS = """
select s.unposted_micros, s.held_micros, s.dirty, c.unit, c.balance, c.version, c.floor, r.balance, r.version, r.floor,
    exists (select 1 from transfers t where t.customer_id = s.customer_id and t.source_type = 'usage'
        and t.source_id = :key and t.kind = 'usage')
    or exists (select 1 from grants w where w.customer_id = s.customer_id and w.posted_at is null
        and w.voided_at is null and w.effective_at <= :now)
    or exists (select 1 from grants o where o.customer_id = s.customer_id and o.remaining_micros > 0
        and o.expires_at <= :now),
    exists (select 1 from balance_days d where d.customer_id = s.customer_id and d.day > :today),
    g.id, g.kind, g.remaining_micros, g.priority, g.effective_at, g.expires_at
from spending s
join accounts c on c.customer_id = s.customer_id and c.name = 'credits'
join accounts r on r.customer_id = s.customer_id and r.unit = c.unit and r.name = 'revenue'
left join grants g on g.customer_id = s.customer_id and g.remaining_micros > 0
where s.customer_id = :customer
"""
"""A row for each grant of which something is left, or one without a grant; each says the rest as well."""


def plain(customer_id: str, key: str, micros: int, description: str, now: datetime) -> Transfer | None:
    """Record it in one transaction; None: it is not plain, or SQLite did not let us. The usual way then says why."""
    with writing_to(db.engine):
        try:
            with closing(db.engine.raw_connection()) as pooled, closing(pooled.cursor()) as cursor:
                cursor.execute("BEGIN IMMEDIATE")
                made = _recorded(cursor, customer_id, key, micros, description, now)  # type: ignore[arg-type]  # SQLite's
                cursor.execute("COMMIT" if made is not None else "ROLLBACK")
                return made
        except sqlite3.Error:  # the pool has rolled back what was not committed
            return None


def _recorded(
    cursor: sqlite3.Cursor, customer_id: str, key: str, micros: int, description: str, now: datetime
) -> Transfer | None:
    moment = now.astimezone(UTC)
    asked = {"now": moment.replace(tzinfo=None).isoformat(" ", "microseconds"), "today": moment.date().isoformat()}
    rows = cursor.execute(_STANDS, {"customer": customer_id, "key": key, **asked}).fetchall()
    if not rows:
        return None
    to_post, held, is_noted, unit, funds, version, floor, earned, its_version, its_floor, is_unfit, has_later = rows[0][
        :12
    ]
    if to_post or is_unfit or floor is None or funds - held - micros < floor:
        return None
    accounts = Accounts(
        {(unit, CREDITS): Balance(funds, version, floor), (unit, REVENUE): Balance(earned, its_version, its_floor)}
    )
    used = Posting(unit, CREDITS, REVENUE, micros, "usage", "usage", key, description)
    (entry,) = accounts.post([used], now, posting.new_transfer_id)
    shares, _debt = grants.allocate(micros, [_live(row[12:]) for row in rows if row[12] is not None])
    writes = Writes()
    writes.transfer(customer_id, entry)
    writes.taken(customer_id, entry.id, shares)
    writes.accounts(customer_id, accounts)
    writes.counted(customer_id, [entry])
    if not is_noted:
        writes.spent(customer_id, 0)
    decided = writes.taken_over()
    if not has_later:
        del decided["later_days"]
    waiting.write_on(db.engine.dialect, cursor, decided)
    return detached.made(Transfer, row_of(customer_id, entry))


def _live(row: Sequence[Any]) -> LiveGrant:
    name, kind, left, priority, begun, over = row
    return LiveGrant(name, kind, left, priority, _moment(begun), None if over is None else _moment(over))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
