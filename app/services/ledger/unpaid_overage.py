"""Overage on invoices that are not paid yet goes on using the overage protection: here, and nowhere else.

Of an invoice that is paid or credited in part it is the share that is still due.
The protection of the customer's row is what the balance may go below zero *now*. Authorizations of both databases, the
accounts' floor, pages, forecasts and rules read it there, so that all of them say the same.
"""

from datetime import datetime

from sqlalchemy import select

from app.domain import ledger as rule
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.period_sums import unpaid_overage
from app.models.customers import Customer
from app.models.documents import Document
from app.services.ledger import budgets, exposure, spending
from app.services.ledger.posting import Books

UNPAID = (State.OPEN.value, State.UNCOLLECTIBLE.value)


def agreed(books: Books) -> int:
    """Return the overage protection that was agreed with the customer, whatever of it invoices use; no exposure."""
    return agreed_by(books.customer)


def agreed_by(customer: Customer) -> int:
    """Return the same by the customer's row."""
    return customer.overage_protection_micros + customer.invoiced_overage_micros - customer.exposure_micros


def restate(books: Books, agreed_micros: int) -> None:
    """Let the customer's row say what is left below zero, after invoices, methods, standing or terms changed.

    That is the protection that was agreed, and the exposure: how far a customer with a method is served without credit.
    """
    due = Document.payable_minor - Document.paid_minor - Document.credited_minor
    books.session.flush()
    rows = books.session.execute(
        select(Document.overage_micros, due, Document.payable_minor).where(
            Document.customer_id == books.customer_id,
            Document.kind == Kind.INVOICE.value,
            Document.state.in_(UNPAID),
            Document.overage_micros > 0,
        )
    )
    unpaid = sum(unpaid_overage(*each) for each in rows)
    customer, account = books.customer, books.credits
    customer.exposure_micros = exposure.in_force(books)
    line = agreed_micros + customer.exposure_micros
    customer.invoiced_overage_micros = min(unpaid, line)
    customer.overage_protection_micros = line - customer.invoiced_overage_micros
    account.floor = -customer.overage_protection_micros
    account.debt = rule.debt(account.balance, account.floor)
    books.session.flush()
    spending.touch(books.session, books.customer_id)


def changed(books: Books, now: datetime) -> None:
    """Restate after an invoice was written, paid, credited or voided, and let automatic charges be decided again."""
    restate(books, agreed(books))
    budgets.look_again(books.outbox, now)


def lending_changed(books: Books, now: datetime) -> None:
    """Restate where a customer is lent to no more, or again."""
    books.session.flush()
    if exposure.in_force(books) != books.customer.exposure_micros:
        changed(books, now)
