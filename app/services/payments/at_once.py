"""The plain case of settling: a paid top-up is decided from plain values, and written past the ORM.

On PostgreSQL it is decided ahead and written in one round trip. All that a settlement is decided from is read before
the processor is asked. Where the processor says that it is paid, the rows are decided from that (`decided_ahead`) and
handed to a function of the database. It takes the locks, makes sure that nothing was written since of what was read,
fills in what only the locks can say (balances, places, the document's number), and writes all of it; or nothing, and
the usual way follows. On SQLite it is read, decided and written under the lock (`on_sqlite`).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm.attributes import set_committed_value

from app.domain.journal.entries import Entry
from app.domain.ledger import Posting
from app.domain.payments import Intent
from app.extensions import settings
from app.models.bulk import as_handed
from app.models.customers import Customer
from app.models.database import db
from app.models.invoicing import InvoiceAddress, InvoiceRecipient
from app.models.payments import Payment, PaymentMethod
from app.models.unit_of_work import detached
from app.models.unit_of_work.functions import Function
from app.services import wake_ups
from app.services.journal.writing import row_of
from app.services.ledger import budgets, posting
from app.services.payments import decided_ahead, on_sqlite
from app.services.payments.decided_ahead import Decided, Found

_READ = Function("purser_to_settle", "text")
_WRITE = Function("purser_settle", "text", "text", "text", "jsonb", "timestamptz")


def read(payment_id: str) -> Found | None:
    """Return the payment with all that its settlement is decided from; None: it is not there, or nothing answered."""
    return _read(payment_id) if settings().on_postgresql else on_sqlite.read(payment_id)


def settle(found: Found, intent: Intent, now: datetime) -> Payment | None:
    """Settle a payment that the processor says is paid; None: the usual way has to do it, or finds it done."""
    done = _settled(found, intent, now) if settings().on_postgresql else on_sqlite.settle(found, intent, now)
    if done is None:
        return None
    payment, decided = done
    for name, value in decided.moved.items():
        set_committed_value(payment, name, value)
    wake_ups.send_each(decided.jobs)
    return payment


def _read(payment_id: str) -> Found | None:
    row = _READ.call(db.engine, [payment_id.encode()])
    if row is None or row[0] is None:
        return None
    payment, customer, own, newest, last, decided_from = (each or b"" for each in row[:6])
    method, address, recipients = row[6:]
    buyer = detached.one(Customer, customer)
    return Found(
        detached.one(Payment, payment),
        buyer,
        detached.if_any(PaymentMethod, method),
        detached.if_any(InvoiceAddress, address),
        detached.each(InvoiceRecipient, recipients),
        ((buyer.catalog_version, own.decode()), (int(newest), last.decode())),
        decided_from,
    )


def _settled(found: Found, intent: Intent, now: datetime) -> tuple[Payment, Decided] | None:
    payment, decided = found.payment, decided_ahead.decided(found, intent, now)
    if decided is None:
        return None
    rows = as_handed("postgresql", _said(payment, decided, now)).encode()
    key = payment.customer_id.encode(), payment.id.encode()
    done = _WRITE.call(db.engine, [*key, found.decided_from, rows, now.isoformat().encode()])
    return (payment, decided) if done is not None and done[0] == b"settled" else None


def _said(payment: Payment, decided: Decided, now: datetime) -> dict[str, Any]:
    """Return what the function is handed: the rows, by the names of their changes, and what accounts move by."""
    entries = [Entry(posting.new_transfer_id(), each, now, None, None) for each in decided.postings]
    return {
        **decided.rows,
        "mark": decided.mark,
        "unit": decided.postings[-1].unit,
        "moved_payments": [decided.moved],
        "moves": _moves(decided.postings),
        "new_transfers": [row_of(payment.customer_id, each) for each in entries],
        "new_events": [{**each, "sequence": place} for place, each in enumerate(decided.rows["new_events"], 1)],
        "spent_budgets": [] if payment.budget_period is None else [budgets.spent(payment)],
    }


def _moves(postings: Sequence[Posting]) -> list[dict[str, Any]]:
    """Return by how much each account moves, and how often."""
    change, many = defaultdict[tuple[str, str], int](int), defaultdict[tuple[str, str], int](int)
    for each in postings:
        for key, amount in ((each.debited, -each.amount), (each.credited, each.amount)):
            change[key] += amount
            many[key] += 1
    return [{"unit": unit, "name": name, "change": change[unit, name], "many": many[unit, name]} for unit, name in many]
