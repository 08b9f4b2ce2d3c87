"""Usage: credits spent, each report counted exactly once by its key.

On PostgreSQL the plain case is one round trip: a function of the database, whose rule is this one. On SQLite it is
decided from one statement, and written past SQLAlchemy (`on_sqlite`). What is not plain is three statements: what is
locked, what is read under the lock, and what is written. Where grants are due or usage waits to be posted, that comes
first, and takes its own.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, String, and_, bindparam, literal, select

from app import clock
from app.domain.errors import Refused
from app.domain.grants import LiveGrant
from app.domain.journal.entries import Entry
from app.domain.ledger import CREDITS, REVENUE, Posting
from app.domain.money import Credits
from app.extensions import settings
from app.models.database import UtcDateTime, constant, db
from app.models.ledger import Grant, Transfer
from app.models.scope import as_service
from app.models.unit_of_work import detached
from app.models.unit_of_work.functions import Function
from app.services.journal.writing import row_of
from app.services.ledger import burn_down, grants, posting
from app.services.ledger.posting import Books
from app.services.transaction import transaction
from app.services.usage import on_sqlite

_CUSTOMER: BindParameter[Any] = bindparam("customer", type_=String())
_NOW: BindParameter[Any] = bindparam("now", type_=UtcDateTime())
_EARLIER = (
    select(Transfer.id)
    .where(
        Transfer.customer_id == _CUSTOMER,
        Transfer.source_type == "usage",
        Transfer.source_id == bindparam("key"),
        Transfer.kind == "usage",
    )
    .scalar_subquery()
)
_UNDER_THE_LOCK = select(
    select(Grant.id)
    .where(Grant.customer_id == _CUSTOMER, Grant.is_due(_NOW))
    .correlate(None)  # the grants that are joined are others
    .exists()
    .label("is_due"),
    _EARLIER.label("earlier"),
    *(Grant.id, Grant.kind, Grant.remaining_micros, Grant.priority, Grant.effective_at, Grant.expires_at),
).select_from(
    select(literal(1).label("one"))
    .subquery()
    .outerjoin(Grant, and_(Grant.customer_id == _CUSTOMER, Grant.remaining_micros > constant(0)))
)
"""A row for each grant of which something is left, or one without a grant; each says the rest as well."""
_RECORD = Function("purser_record", "text", "text", "bigint", "text", "text", "timestamptz")


def record(
    customer_id: str,
    *,
    key: str,
    credits: Credits,  # noqa: A002  # the product's word
    description: str,
) -> Transfer:
    """Take the credits out of the balance once for this key, and return the transfer.

    The same key with the same amount gives the transfer that is there; with another amount it is refused (409).
    Below the floor, or into what is held, it is refused (402, `insufficient_credits`) and nothing is written.
    """
    if credits.micros <= 0:
        raise Refused("Usage must be more than zero.", "credits_too_small", 422, "credits")
    if not key or len(key) > 120:
        raise Refused("A usage key has 1 to 120 characters.", "key_malformed", 422, "key")
    now = clock.now()
    with as_service("record usage"):
        plain = _plain if settings().on_postgresql else on_sqlite.plain
        found = plain(customer_id, key, credits.micros, description, now)
        return found or _whatever_it_takes(customer_id, key, credits.micros, description, now)


def _plain(customer_id: str, key: str, micros: int, description: str, now: datetime) -> Transfer | None:
    """Record it in one round trip; None: it is not plain, or the database did not answer. Recorded it may be even so.

    Then the usual way finds it by its key.
    """
    name = posting.new_transfer_id()
    said = customer_id, key, str(micros), description, name, now.isoformat()
    row = _RECORD.call(db.engine, [each.encode() for each in said])
    if row is None or row[0] != b"recorded":
        return None
    unit, place, after = (each.decode() for each in row[1:] if each is not None)
    used = Posting(unit, CREDITS, REVENUE, micros, "usage", "usage", key, description)
    return detached.made(Transfer, row_of(customer_id, Entry(name, used, now, int(place), int(after))))


def _whatever_it_takes(customer_id: str, key: str, micros: int, description: str, now: datetime) -> Transfer:
    with transaction() as session:
        books = posting.lock(session, customer_id)
        rows = session.execute(_UNDER_THE_LOCK, {"customer": customer_id, "now": now, "key": key}).all()
        if rows[0].earlier is not None:
            earlier = session.get_one(Transfer, rows[0].earlier)
            if earlier.amount != micros:
                raise Refused("This key was used for another amount.", "key_reused")
            return earlier
        live = [LiveGrant(*row[2:]) for row in rows if row.id is not None]
        if rows[0].is_due or books.spending.unposted_micros:
            grants.catch_up(books, now)
            live = burn_down.live_grants(books)
        _check(books, micros)
        used = Posting(books.unit, CREDITS, REVENUE, micros, "usage", "usage", key, description)
        return burn_down.debit_new(books, used, now, live)


def _check(books: Books, micros: int) -> None:
    """Refuse what would take credit that open authorizations hold. Whatever was used is posted by now."""
    account, held = books.credits, books.spending.held_micros
    if held and account.balance - held - micros < (account.floor or 0):
        raise Refused("There is not enough credit for this.", "insufficient_credits", 402)
