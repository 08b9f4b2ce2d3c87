"""The standing of a customer: judged from the rows by one rule, and written here alone.

Whatever ends an invoice has it judged in its own transaction, so that who has paid the last one is served at once.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import ids
from app.domain import processor_amounts
from app.domain.dunning import standing as rule
from app.domain.dunning.schedule import Attempt, Outcome
from app.domain.dunning.standing import GOOD, PAST_DUE, SUSPENDED, Unpaid
from app.domain.invoices.documents import Kind, State
from app.domain.mails import ACCOUNT_RESTORED, ACCOUNT_SUSPENDED
from app.domain.payments import DUNNING
from app.models.collection import CollectionAttempt
from app.models.customers import Customer
from app.models.documents import Document
from app.models.payments import OPEN_STATES, Payment
from app.services import audit
from app.services.catalog import versions
from app.services.customers import rests
from app.services.ledger import budgets, unpaid_overage
from app.services.ledger.posting import Books
from app.services.outbox import billing_mails

_EVENTS = {PAST_DUE: "account.past_due", SUSPENDED: "account.suspended", GOOD: "account.restored"}


def due_alone(session: Session, customer_id: str) -> list[Document]:
    """Return the customer's open invoices that are collected by themselves, the oldest first.

    What is left alone (`rests`) is not among them.
    """
    return [each for each in due(session, customer_id) if not rests.is_left_alone(session, each)]


def due(session: Session, customer_id: str) -> list[Document]:
    """Return the customer's open invoices that have a day and are paid by themselves, the oldest first.

    What is too small for a charge, with what is collected with it, is not among them.
    """
    rows = session.scalars(
        select(Document)
        .where(
            Document.customer_id == customer_id,
            Document.kind == Kind.INVOICE.value,
            Document.state == State.OPEN.value,
        )
        .order_by(Document.issued_at, Document.id)
        .execution_options(populate_existing=True)
    ).all()
    asked = defaultdict[str, int](int)
    to = {each.id: each.carried_to_id for each in rows}
    for each in rows:
        last: str | None = each.id
        while last is not None and (after := to.get(last)) is not None:
            last = after
        asked[last or each.id] += each.payable_minor - each.paid_minor - each.credited_minor
    return [
        each
        for each in rows
        if each.due_on is not None
        and each.carried_to_id is None
        and asked[each.id] >= processor_amounts.bounds(each.currency)[0].amount_minor
    ]


def unpaid(session: Session, documents: Sequence[Document]) -> list[Unpaid]:
    """Return how these open invoices of one customer stand, with the attempts on them."""
    if not documents:
        return []
    customer_id, names = documents[0].customer_id, [each.id for each in documents]
    attempts = defaultdict[str, list[Attempt]](list)
    for row in session.scalars(
        select(CollectionAttempt)
        .where(CollectionAttempt.customer_id == customer_id, CollectionAttempt.document_id.in_(names))
        .order_by(CollectionAttempt.document_id, CollectionAttempt.number)
    ):
        attempts[row.document_id].append(Attempt(row.place, row.due_at, Outcome(row.state), row.ended_at))
    began = session.execute(
        select(Payment.document_id, func.min(Payment.created_at))
        .where(Payment.customer_id == customer_id, Payment.document_id.in_(names), OPEN_STATES)
        .group_by(Payment.document_id)
    )
    paying = {name: at for name, at in began}  # noqa: C416  # rows of two, as mypy reads them
    return [
        Unpaid(each.id, each.issued_at, each.due_on, tuple(attempts[each.id]), paying.get(each.id))
        for each in documents
        if each.issued_at is not None and each.due_on is not None
    ]


def paid(books: Books, now: datetime) -> None:
    """Judge the standing after an invoice was paid or ended, where it was not good before: it makes no other worse."""
    if books.customer.standing in {PAST_DUE, SUSPENDED}:
        books.session.flush()
        judge(books, unpaid(books.session, due_alone(books.session, books.customer_id)), now)


def judge(books: Books, invoices: Sequence[Unpaid], now: datetime) -> str:
    """Write the standing that follows from the customer's unpaid invoices, and report it where it is another one."""
    customer = books.customer
    terms = versions.of(customer).dunning
    before, after = customer.standing, rule.standing(customer.standing, terms, invoices, now)
    if after == before:
        return after
    customer.standing = after
    unpaid_overage.restate(books, unpaid_overage.agreed(books))  # who is not served has no exposure
    budgets.look_again(books.outbox, now)
    late = [each.document_id for each in invoices if _is_past(each, now)]
    audit.record(
        books.session, books.customer_id, DUNNING, _EVENTS[after], books.customer_id,
        {"standing": before}, {"standing": after, "invoices": late},
    )  # fmt: skip
    books.session.flush()
    change = ids.new("std")
    books.outbox.write(_EVENTS[after], change, {"standing": after, "before": before, "invoices": late})
    if after == SUSPENDED:
        _mail(books, customer, ACCOUNT_SUSPENDED, change)
    elif before == SUSPENDED:
        _mail(books, customer, ACCOUNT_RESTORED, change)
    return after


def _is_past(invoice: Unpaid, now: datetime) -> bool:
    moment = rule.past_due_at(invoice)
    return moment is not None and moment <= now


def _mail(books: Books, customer: Customer, template: str, change: str) -> None:
    key = f"{template}:{change}"
    billing_mails.write(books.session, books.customer_id, template, key=key, to=customer.email)
