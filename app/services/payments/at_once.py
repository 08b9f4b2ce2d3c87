"""The plain case of settling, on PostgreSQL: a paid top-up is decided ahead and written in one round trip.

All that a settlement is decided from is read before the processor is asked. Where the processor says that it is paid,
the rows are decided from that, by the rules of the usual way, and handed to a function of the database. It takes the
locks, makes sure that nothing was written since of what was read, fills in what only the locks can say (balances,
places, the document's number), and writes all of it; or nothing, and the usual way follows.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm.attributes import set_committed_value

from app import ids
from app.domain import grants
from app.domain.catalog import Catalog
from app.domain.journal.entries import Entry
from app.domain.ledger import CREDITS, Posting, credits_unit
from app.domain.mails import RECEIPT
from app.domain.money import Credits
from app.domain.payments import Intent, Purpose
from app.domain.sold_terms import as_sold
from app.models.bulk import Row, as_handed
from app.models.customers import Customer
from app.models.database import db
from app.models.invoicing import InvoiceAddress, InvoiceRecipient
from app.models.ledger import Grant
from app.models.payments import Payment, PaymentMethod
from app.models.unit_of_work import detached, waiting
from app.models.unit_of_work.functions import Function
from app.services import audit, wake_ups
from app.services.catalog import versions
from app.services.journal.writing import row_of
from app.services.ledger import budgets, documentation, posting
from app.services.outbox import billing_mails, events, mails
from app.services.payments import fulfilment, outcomes

_READ = Function("purser_to_settle", "text")
_WRITE = Function("purser_settle", "text", "text", "text", "jsonb", "timestamptz")


@dataclass(frozen=True)
class Found:
    """A payment and its customer as they were read, and of which transactions that is."""

    payment: Payment
    customer: Customer
    method: PaymentMethod | None
    address: InvoiceAddress | None
    recipients: Sequence[InvoiceRecipient]
    versions: tuple[tuple[int, str], tuple[int, str]]
    """The version of the catalog that the customer has, and the newest, each with its digest."""
    decided_from: bytes

    @property
    def sold(self) -> dict[str, object]:
        """Return by which version of which catalog the customer buys."""
        return {"name": self.customer.catalog, "version": self.customer.catalog_version}

    @property
    def catalog(self) -> Catalog:
        """Return the catalog as the customer has it."""
        own, newest = (versions.remembered(self.customer.catalog, *each) for each in self.versions)
        return as_sold(own, newest)


def read(payment_id: str) -> Found | None:
    """Return the payment with all that its settlement is decided from; None: it is not there, or nothing answered."""
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


def settle(found: Found, intent: Intent, now: datetime) -> Payment | None:
    """Settle a payment that the processor says is paid; None: the usual way has to do it, or finds it done."""
    payment = found.payment
    if payment.purpose != Purpose.TOP_UP.value or intent.received.amount_minor != payment.amount_minor:
        return None
    moved = outcomes.succeeded(payment, intent, now)
    said = _decided(found, moved, intent, now)
    if said is None:
        return None
    rows = as_handed("postgresql", said).encode()
    key = payment.customer_id.encode(), payment.id.encode()
    done = _WRITE.call(db.engine, [*key, found.decided_from, rows, now.isoformat().encode()])
    if done is None or done[0] != b"settled":
        return None
    for name, value in moved.items():
        set_committed_value(payment, name, value)
    jobs = {events.JOB, mails.JOB, wake_ups.FILES} | ({budgets.JOB} if payment.budget_period is not None else set())
    wake_ups.send_each(jobs)
    return payment


def _decided(found: Found, moved: Row, intent: Intent, now: datetime) -> dict[str, Any] | None:
    """Return the rows, by the names of their changes; the mark in them stands for the document's number."""
    payment, customer, mark = found.payment, found.customer, ids.new("num")
    name, method = customer.customer_id, fulfilment.named(payment, found.method)
    words, bought = fulfilment.words_of(method), Credits(payment.credits_micros)
    document = documentation.writer().rows(customer, (found.catalog, found.address), payment, method, mark, now)
    if document is None:
        return None
    grant, given = _granted(customer, payment, bought, words, now)
    postings = [*fulfilment.bought_by(payment, intent.received, words), given]
    facts = fulfilment.facts_of(customer, payment, grant["id"], bought)
    written = [events.row(name, fulfilment.GRANTED, grant["id"], facts), *document["new_events"]]
    if payment.budget_period is not None:
        written.append(events.row(name, budgets.SUCCEEDED, payment.id, budgets.facts_of(payment, payment.amount_minor)))
    after = outcomes.facts_of(intent.received, fulfilment.given(bought, mark))
    return {
        **document,
        "mark": mark,
        "unit": given.unit,
        "moved_payments": [moved],
        "closed_attempts": [outcomes.paid(payment, now)],
        "moves": _moves(postings),
        "new_transfers": [row_of(name, Entry(posting.new_transfer_id(), each, now, None, None)) for each in postings],
        "new_grants": [grant],
        "new_events": [{**each, "sequence": place} for place, each in enumerate(written, 1)],
        "new_mails": _mails(found),
        "new_audit_entries": [audit.row(name, "processor", "payment.succeeded", payment.id, after=after)],
        "spent_budgets": [] if payment.budget_period is None else [budgets.spent(payment)],
    }


def _granted(customer: Customer, payment: Payment, bought: Credits, words: str, now: datetime) -> tuple[Row, Posting]:
    """Return the row of the credit that is bought, and its posting. It begins at once, and there is no debt."""
    kind, unit = grants.PURCHASED, credits_unit(customer.credit_unit)
    key = {"id": ids.new("grt"), "customer_id": customer.customer_id, "kind": kind, "payment_id": payment.id}
    left = {"micros": bought.micros, "remaining_micros": bought.micros}
    begun = {
        "effective_at": now,
        "posted_at": now,
        "created_at": now,
        "expires_at": fulfilment.lasts_until(payment, now),
    }
    posted = Posting(unit, grants.SOURCES[kind], CREDITS, bought.micros, kind, "payment", payment.id, words)
    return waiting.whole(Grant, key | left | begun), posted


def _moves(postings: Sequence[Posting]) -> list[dict[str, Any]]:
    """Return by how much each account moves, and how often."""
    change, many = defaultdict[tuple[str, str], int](int), defaultdict[tuple[str, str], int](int)
    for each in postings:
        for key, amount in ((each.debited, -each.amount), (each.credited, each.amount)):
            change[key] += amount
            many[key] += 1
    return [{"unit": unit, "name": name, "change": change[unit, name], "many": many[unit, name]} for unit, name in many]


def _mails(found: Found) -> list[Row]:
    customer, payment = found.customer, found.payment
    whom = billing_mails.reached(found.recipients, RECEIPT, fulfilment.receipt_of(payment), customer.email)
    return [
        mails.row(customer.customer_id, template, key=key, to=to, payment=payment.id, **dict[str, Any](more))
        for template, key, to, more in whom
    ]
