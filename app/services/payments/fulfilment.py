"""What a payment was for: one function for each purpose posts the money and gives the customer what it has bought.

A payment names its purpose, and how it ends (`outcomes`) does not learn what that means. A room above registers the
function of its own purpose here, so that payments never import it (docs/decisions/0015-books-and-fulfilment.md).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Executable
from sqlalchemy.orm import Session

from app.domain.amounts_in_json import credits_text
from app.domain.errors import ensure
from app.domain.language import in_english
from app.domain.ledger import UNAPPLIED, Posting, money_unit
from app.domain.mails import RECEIPT
from app.domain.methods import Rail
from app.domain.money import Credits, Money
from app.domain.payments import Purpose, method_name
from app.domain.top_ups import credits_for
from app.models.bulk import Row
from app.models.customers import Customer
from app.models.payments import Payment, PaymentMethod
from app.models.unit_of_work import waiting
from app.services.ledger import arrivals, documentation, grants
from app.services.ledger.posting import Books
from app.services.outbox import billing_mails

Kept = TypeVar("Kept", bound=Executable)
Fulfil = Callable[[Books, Payment, Money, datetime], Mapping[str, object]]
"""Takes the customer's books, the locked payment, what was received for it, and now; returns what the audit says."""
_purposes: dict[str, Fulfil] = {}
_asked: list[Any] = [grants.BOUGHT, grants.DUE, billing_mails.RECIPIENTS]
Ended = Callable[[Session, Payment], None]
"""Takes the session that holds the payment, and the payment, of which nothing was charged and nothing will be."""
_ends: dict[str, Ended] = {}


def asks(statement: Kept, passes_by: Mapping[str, Callable[[Row], bool]] | None = None) -> Kept:
    """Keep a statement, as `waiting.reads` does, that is asked of the customer wherever a top-up is fulfilled.

    It is sent with those that lock the payment and the books (`asked`), and answered when it is asked.
    """
    kept = waiting.reads(statement, passes_by)
    _asked.append(kept)
    return kept


def asked() -> Sequence[Any]:
    """Return what is asked of the customer wherever a top-up is fulfilled, by this room and by those above."""
    return _asked


def fulfils(purpose: str) -> Callable[[Fulfil], Fulfil]:
    """Register the function that fulfils payments of this purpose; there is one for each."""

    def registered(function: Fulfil) -> Fulfil:
        ensure(purpose not in _purposes, f"{purpose} is fulfilled already")
        _purposes[purpose] = function
        return function

    return registered


def ends(purpose: str) -> Callable[[Ended], Ended]:
    """Register what is done when a payment of this purpose ends uncharged; most purposes need nothing."""

    def registered(function: Ended) -> Ended:
        ensure(purpose not in _ends, f"{purpose} is ended already")
        _ends[purpose] = function
        return function

    return registered


def ended(session: Session, payment: Payment) -> None:
    """Let the order of a payment know, in the same transaction, that it has ended uncharged."""
    if payment.purpose in _ends:
        _ends[payment.purpose](session, payment)


def fulfil(books: Books, payment: Payment, received: Money, now: datetime) -> Mapping[str, object]:
    """Give what the payment was for, in the transaction that settles it; return what the audit trail says of it.

    A purpose that nobody fulfils settles nothing: the payment stays open and is looked at again.
    """
    ensure(payment.purpose in _purposes, f"nobody fulfils payments for {payment.purpose!r}")
    return _purposes[payment.purpose](books, payment, received, now)


def arrived(payment: Payment, received: Money, words: str) -> Posting:
    """Return the posting of the money that is at the processor now. What was sold takes it on from `clearing`.

    What came by bank transfer was there before, and was the customer's.
    """
    unit, source = money_unit(received.currency), UNAPPLIED if payment.rail == Rail.BANK_TRANSFER else "processor"
    return Posting(unit, source, "clearing", received.amount_minor, "payment", "payment", payment.id, words)


@fulfils(Purpose.TOP_UP.value)
def top_up(books: Books, payment: Payment, received: Money, now: datetime) -> Mapping[str, object]:
    """Give the credit that was promised for the amount, and less or more where another amount was received (AC-18)."""
    promised, method = Credits(payment.credits_micros), paid_with(books, payment)
    words = words_of(method)
    bought = credits_for(received, Money(payment.amount_minor, payment.currency), promised)
    grant = grants.add(
        books,
        kind="purchased",
        credits=bought,
        now=now,
        payment_id=payment.id,
        description=words,
        expires_at=lasts_until(payment, now),
        beside=bought_by(payment, received, words),
    )
    books.outbox.write(GRANTED, grant.id, facts_of(books.customer, payment, grant.id, bought))
    number = documentation.writer().settled(books, payment, received, method, now)
    to, key = books.customer.email, receipt_of(payment)
    billing_mails.write(books.session, books.customer_id, RECEIPT, key=key, to=to, payment=payment.id)
    arrivals.came(books, now)
    return given(bought, number)


def words_of(method: str) -> str:
    """Return what the balance history says of credit that was bought so."""
    return f"Credits bought with {method}"


def bought_by(payment: Payment, received: Money, words: str) -> list[Posting]:
    """Return the postings of the money that credit was bought with: it has arrived, and it is a sale."""
    money = arrived(payment, received, words)
    return [money, Posting(money.unit, "clearing", "prepaid", money.amount, "sale", "payment", payment.id, words)]


def lasts_until(payment: Payment, now: datetime) -> datetime | None:
    """Return when the credit expires that a payment buys; None: never."""
    lasts = payment.expires_after_days
    return now + timedelta(days=lasts) if lasts else None


def facts_of(customer: Customer, payment: Payment, grant_id: str, bought: Credits) -> dict[str, object]:
    """Return what hosts are sent of the credit."""
    facts = {"grant": grant_id, "payment": payment.id, "credits": credits_text(bought)}
    return {**facts, "credit_unit": customer.credit_unit}


def receipt_of(payment: Payment) -> str:
    """Return the key of the mail that says that a payment has arrived."""
    return f"receipt:{payment.id}"


def given(bought: Credits, number: str) -> dict[str, object]:
    """Return what the audit trail says of credit that was bought, and of its document."""
    return {"credits_micros": bought.micros, "document": number}


GRANTED = "credits.granted"


@in_english
def paid_with(books: Books, payment: Payment) -> str:
    """Return the way to pay as the customer knows it."""
    if payment.method_id is None:
        return method_name(payment.rail)
    return named(payment, books.session.get_one(PaymentMethod, payment.method_id))  # read with the payment


@in_english
def named(payment: Payment, method: PaymentMethod | None) -> str:
    """Return the same, of a payment that was made with this method."""
    if method is None:
        return method_name(payment.rail)
    ensure(method.customer_id == payment.customer_id, f"{payment.id} was paid with a method of another customer's")
    return method_name(method.brand, method.last4)
