"""What a paid top-up comes to, decided from plain values that were read: its postings, and the rows written with them.

It is decided by the rules of the usual way. What only the locks can say is not in it: balances, places and the number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app import ids
from app.domain import grants
from app.domain.catalog import Catalog
from app.domain.ledger import CREDITS, Posting, credits_unit
from app.domain.mails import RECEIPT
from app.domain.money import Credits
from app.domain.payments import Intent, Purpose
from app.domain.sold_terms import as_sold
from app.models.bulk import Row
from app.models.customers import Customer
from app.models.invoicing import InvoiceAddress, InvoiceRecipient
from app.models.ledger import Grant
from app.models.payments import Payment, PaymentMethod
from app.models.unit_of_work import waiting
from app.services import audit, wake_ups
from app.services.catalog import versions
from app.services.ledger import budgets, documentation
from app.services.outbox import billing_mails, events, mails
from app.services.payments import fulfilment, outcomes


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
    decided_from: bytes = b""

    @property
    def sold(self) -> dict[str, object]:
        """Return by which version of which catalog the customer buys."""
        return {"name": self.customer.catalog, "version": self.customer.catalog_version}

    @property
    def catalog(self) -> Catalog:
        """Return the catalog as the customer has it."""
        own, newest = (versions.remembered(self.customer.catalog, *each) for each in self.versions)
        return as_sold(own, newest)


@dataclass(frozen=True)
class Decided:
    """What is written of a settlement."""

    moved: Row
    """What becomes of the payment."""
    postings: Sequence[Posting]
    rows: dict[str, Sequence[Row]]
    """By the names of their changes. The events are in their order."""
    mark: str
    """Stands for the document's number in the rows of events and of the trail."""
    jobs: frozenset[str]
    """What workers are woken for when it is committed."""


def decided(found: Found, intent: Intent, now: datetime) -> Decided | None:
    """Return what a payment comes to that the processor says is paid; None: the usual way has to decide it."""
    payment, customer, mark = found.payment, found.customer, ids.new("num")
    if payment.purpose != Purpose.TOP_UP.value or intent.received.amount_minor != payment.amount_minor:
        return None
    moved = outcomes.succeeded(payment, intent, now)
    name, method = customer.customer_id, fulfilment.named(payment, found.method)
    words, bought = fulfilment.words_of(method), Credits(payment.credits_micros)
    document = documentation.writer().rows(customer, (found.catalog, found.address), payment, method, mark, now)
    if document is None:
        return None
    grant, given = _granted(customer, payment, bought, words, now)
    facts = fulfilment.facts_of(customer, payment, grant["id"], bought)
    written = [events.row(name, fulfilment.GRANTED, grant["id"], facts), *document["new_events"]]
    jobs = {events.JOB, mails.JOB, wake_ups.FILES}
    if payment.budget_period is not None:
        written.append(events.row(name, budgets.SUCCEEDED, payment.id, budgets.facts_of(payment, payment.amount_minor)))
        jobs.add(budgets.JOB)
    after = outcomes.facts_of(intent.received, fulfilment.given(bought, mark))
    rows: dict[str, Sequence[Row]] = {
        **document,
        "closed_attempts": [outcomes.paid(payment, now)],
        "new_grants": [grant],
        "new_events": written,
        "new_mails": _mails(found),
        "new_audit_entries": [audit.row(name, "processor", "payment.succeeded", payment.id, after=after)],
    }
    return Decided(moved, [*fulfilment.bought_by(payment, intent.received, words), given], rows, mark, frozenset(jobs))


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


def _mails(found: Found) -> list[Row]:
    customer, payment = found.customer, found.payment
    whom = billing_mails.reached(found.recipients, RECEIPT, fulfilment.receipt_of(payment), customer.email)
    return [
        mails.row(customer.customer_id, template, key=key, to=to, payment=payment.id, **dict[str, Any](more))
        for template, key, to, more in whom
    ]
