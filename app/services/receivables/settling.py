"""An invoice is paid in the transaction that settles its payment; what it used of the overage protection comes back."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from app.domain.invoices.documents import State
from app.domain.ledger import Posting
from app.domain.mails import RECEIPT
from app.domain.money import Money
from app.domain.payments import Purpose
from app.models.documents import Document
from app.models.payments import Payment
from app.services.customers import standing
from app.services.invoices import carrying, finalization, payers
from app.services.ledger import unpaid_overage
from app.services.ledger.posting import Books
from app.services.outbox import billing_mails
from app.services.papers import papers
from app.services.payments import fulfilment
from app.services.receivables import superseding

NOT_APPLIED = "more_than_was_due"
"""Money came for an invoice that was not to be paid any more, or more of it: a person must look."""
PAYABLE = (State.OPEN.value, State.UNCOLLECTIBLE.value)


@fulfilment.fulfils(Purpose.INVOICE.value)
def pay(books: Books, payment: Payment, received: Money, now: datetime) -> Mapping[str, object]:
    """Pay the invoice, and what is carried over to it before: the oldest first. What is left over a person looks at."""
    paid_with = fulfilment.paid_with(books, payment)
    money = fulfilment.arrived(payment, received, f"Invoice paid with {paid_with}")
    sale = Posting(money.unit, "clearing", "prepaid", money.amount, "sale", "payment", payment.id, money.description)
    books.post([money, sale], now)
    document = locked(books, payment.document_id or "")
    left = received.amount_minor
    paid, in_parts = list[Document](), set[str]()
    for each in carrying.paid_by(books.session, document):
        part = min(left, carrying.own_due(each))
        left -= part
        each.paid_minor += part
        if part and not carrying.own_due(each):
            paid.append(each)
            in_parts |= {each.id} if each.paid_minor > part else set()
    end(books, paid, paid_with, now, in_parts)
    if left:
        payment.problem = NOT_APPLIED
    papers.ask(books.session, books.customer, papers.RECEIPT, payment.id)
    to, key, of = books.customer.email, f"receipt:{payment.id}", payment.id
    billing_mails.write(books.session, books.customer_id, RECEIPT, key=key, to=to, payment=of, document=document.id)
    return {"document": document.number, "paid": [each.id for each in paid], "left_over_minor": left}


def end(books: Books, paid: Sequence[Document], paid_with: str, now: datetime, in_parts: Collection[str] = ()) -> None:
    """Mark invoices of which nothing is due any more as paid, and report it. What is due of others may be less now.

    Those `in_parts` something else had paid, or nobody has: they say which payments it was.
    """
    for each in paid:
        each.state, each.paid_at, each.paid_with = State.PAID.value, now, paid_with[:100]
    books.session.flush()
    for each in paid:
        if each.id in in_parts:
            each.paid_at, each.paid_with = payers.settled(each)
    books.session.flush()
    unpaid_overage.changed(books, now)
    superseding.end_others(books)
    standing.paid(books, now)
    for each in paid:
        finalization.report(books, each, "invoice.paid")


def locked(books: Books, document_id: str) -> Document:
    """Lock and return an invoice of the customer of the books, whose row is locked before."""
    return books.session.scalars(
        select(Document)
        .where(Document.customer_id == books.customer.customer_id, Document.id == document_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
