"""The plain case of settling, on SQLite: read, decided and written under the write lock, past the ORM.

It takes what `purser_settle` takes on PostgreSQL, but for automatic charges, and leaves the rest to the usual way. What
is decided is decided by the same functions, and what writes the rows are the unit of work's statements.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

from app.domain.errors import Refused
from app.domain.invoices.numbers import written
from app.domain.journal.entries import Accounts, Balance
from app.domain.ledger import CREDITS
from app.domain.payments import OPEN, Intent
from app.models.bulk import Row
from app.models.customers import Customer
from app.models.database import db
from app.models.invoicing import InvoiceAddress, InvoiceRecipient
from app.models.payments import Payment, PaymentMethod
from app.models.unit_of_work import detached, waiting
from app.services.journal.writing import Writes
from app.services.ledger import posting
from app.services.payments import decided_ahead
from app.services.payments.decided_ahead import Decided, Found
from app.services.transaction import no_transaction
from app.services.writing_turn import writing_to

_VERSIONS = """
select version, digest from catalog_versions where catalog = :catalog and (version = :version
    or version = (select max(l.version) from catalog_versions l where l.catalog = :catalog))
order by version
"""
_STANDS = """
select s.unposted_micros <> 0
    or exists (select 1 from grants w where w.customer_id = s.customer_id and w.posted_at is null
        and w.voided_at is null and w.effective_at <= :now)
    or exists (select 1 from grants o where o.customer_id = s.customer_id and o.remaining_micros > 0
        and o.expires_at <= :now)
    or exists (select 1 from grants p where p.customer_id = s.customer_id and p.payment_id = :payment)
    or exists (select 1 from documents i where i.customer_id = s.customer_id and i.kind = 'invoice'
        and i.state = 'open'),
    s.dirty,
    exists (select 1 from balance_days d where d.customer_id = s.customer_id and d.day > :today)
from spending s where s.customer_id = :customer
"""
"""Says whether anything is not plain, whether the customer's notices are to be decided, and whether a day is later."""
_ACCOUNTS = "select unit, name, balance, version, floor from accounts where customer_id = :customer"
_THEIRS = "customer_id = :customer"
_WITH_THE_NUMBER = "numbered_documents", "new_document_files", "new_events", "new_mails", "new_audit_entries"


def read(payment_id: str) -> Found | None:
    """Return the payment with all that its settlement is decided from; None: it is not there."""
    try:
        with cursor_of() as cursor:
            return _found(cursor, payment_id)
    except sqlite3.Error:
        return None


def settle(known: Found, intent: Intent, now: datetime) -> tuple[Payment, Decided] | None:
    """Settle it in one transaction; None: it is not plain, or SQLite did not let us. The usual way then says why."""
    if known.payment.budget_period is not None:
        return None
    _remembered = known.catalog  # it may have to be read, which is done before the lock is taken
    no_transaction()
    with writing_to(db.engine):
        try:
            with cursor_of() as cursor:
                cursor.execute("BEGIN IMMEDIATE")
                done = _settled(cursor, known, intent, now)
                cursor.execute("COMMIT" if done is not None else "ROLLBACK")
                return done
        except (sqlite3.Error, Refused):  # the pool has rolled back what was not committed
            return None


@contextmanager
def cursor_of() -> Iterator[sqlite3.Cursor]:
    """Open SQLite's own cursor; what it has not committed is rolled back at the end."""
    with closing(db.engine.raw_connection()) as pooled, closing(pooled.cursor()) as cursor:
        yield cursor  # type: ignore[misc]  # SQLite's


def _found(cursor: sqlite3.Cursor, payment_id: str) -> Found | None:
    rows = detached.asked(cursor, Payment, "id = :payment", {"payment": payment_id})
    if not rows:
        return None
    payment = rows[0]
    theirs = {"customer": payment.customer_id}
    (customer,) = detached.asked(cursor, Customer, _THEIRS, theirs)
    methods = detached.asked(cursor, PaymentMethod, f"{_THEIRS} and id = :id", {**theirs, "id": payment.method_id})
    addresses = detached.asked(cursor, InvoiceAddress, _THEIRS, theirs)
    recipients = detached.asked(cursor, InvoiceRecipient, f"{_THEIRS} order by email", theirs)
    sold = cursor.execute(_VERSIONS, {"catalog": customer.catalog, "version": customer.catalog_version}).fetchall()
    return Found(
        payment,
        customer,
        methods[0] if methods else None,
        addresses[0] if addresses else None,
        recipients,
        (sold[0], sold[-1]),
    )


def _settled(cursor: sqlite3.Cursor, known: Found, intent: Intent, now: datetime) -> tuple[Payment, Decided] | None:
    found = _found(cursor, known.payment.id)
    if found is None or found.payment.state not in OPEN or found.versions != known.versions:
        return None
    moment = now.astimezone(UTC)
    asked = {"now": moment.replace(tzinfo=None).isoformat(" ", "microseconds"), "today": moment.date().isoformat()}
    key = {"customer": found.payment.customer_id, "payment": found.payment.id}
    stands = cursor.execute(_STANDS, {**key, **asked}).fetchone()
    if stands is None:
        return None
    is_unfit, is_noted, has_later = stands
    rows = cursor.execute(_ACCOUNTS, key).fetchall()
    accounts = Accounts({(unit, name): Balance(*more) for unit, name, *more in rows})
    decided = None if is_unfit else decided_ahead.decided(found, intent, now)
    if decided is None or accounts.rows[decided.postings[-1].unit, CREDITS].balance < 0:
        return None
    before = _posted(found.payment, accounts, decided, now)
    if not is_noted:
        before.spent(found.payment.customer_id, 0)
    _write(cursor, found.payment, decided, before, has_later=bool(has_later), now=now)
    return found.payment, decided


def _posted(payment: Payment, accounts: Accounts, decided: Decided, now: datetime) -> Writes:
    """Return what is written of the ledger; or `Refused`, by its rule."""
    writes = Writes()
    entries = accounts.post(decided.postings, now, posting.new_transfer_id)
    for each in entries:
        writes.transfer(payment.customer_id, each)
    writes.accounts(payment.customer_id, accounts)
    writes.counted(payment.customer_id, entries)
    return writes


def _write(
    cursor: sqlite3.Cursor, payment: Payment, decided: Decided, writes: Writes, *, has_later: bool, now: datetime
) -> None:
    """Write all of it: what the document lists before its number is counted, and where the number stands after that."""
    rows = {**decided.rows, **writes.taken_over()}
    if not has_later:
        del rows["later_days"]
    key = {"customer_id": payment.customer_id, "id": payment.id}
    rows["moved_payments"] = [{**key, **decided.moved, "moved_from": payment.state}]
    numbered = {name: rows.pop(name) for name in _WITH_THE_NUMBER}
    dialect = db.engine.dialect
    place = waiting.write_on(dialect, cursor, rows)["numbers"]
    (series,), (document,) = rows["numbers"], rows["new_documents"]
    number = written(series["prefix"], series["year"], place)
    before = written(series["prefix"], series["year"], max(place - 1, 1))
    said = {"number": number, "place": place, "last_number": before, "now": now}
    whose = {name: document[name] for name in ("customer_id", "catalog", "kind")}
    numbered["numbered_documents"] = [{**whose, **each, **said} for each in numbered["numbered_documents"]]
    numbered["new_events"] = [_said(each, "data", decided.mark, number) for each in numbered["new_events"]]
    trail = numbered["new_audit_entries"]
    numbered["new_audit_entries"] = [_said(each, "after", decided.mark, number) for each in trail]
    waiting.write_on(dialect, cursor, numbered)


def _said(row: Row, column: str, mark: str, number: str) -> Mapping[str, Any]:
    """Return the row with the number in place of the mark."""
    return {**row, column: row[column].replace(mark, number)}
