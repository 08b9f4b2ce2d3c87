"""What a seller does with an invoice that is not paid: void it, give a credit note on it, or stop collecting it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import or_, select

from app import clock, ids
from app.domain.amounts import money_words
from app.domain.errors import NotFound, Refused
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.lines import OF_PLANS
from app.domain.ledger import (
    CREDIT_APPLIED,
    CREDIT_RETURNED,
    CREDITS,
    OVERAGE_INVOICED,
    OVERAGE_RETURNED,
    Posting,
)
from app.domain.money import Money
from app.domain.payments import OPEN
from app.models.documents import Document, DocumentLine
from app.models.ledger import Transfer
from app.models.payments import Payment
from app.models.scope import as_service
from app.models.subscriptions import Subscription
from app.services import audit
from app.services.customers import standing
from app.services.invoices import carrying, credit_notes, finalization
from app.services.ledger import arrivals, burn_down, corrections, grants, posting, unpaid_overage
from app.services.ledger.posting import Books
from app.services.receivables import closing, from_credit, settling, superseding
from app.services.reversals import taken_off
from app.services.transaction import transaction

_OPEN = [state.value for state in OPEN]
SELLERS = "seller"
"""The source of a credit note that a seller gives."""


def void(document_id: str, *, by: str, reason: str) -> Document:
    """Void an invoice of which nothing is paid; it keeps its number. Twice is once.

    What was used below zero is taken off the balance again, and credit that paid its tax comes back: the period can be
    closed anew. Refuses (409) one that is paid, in part or by a payment under way, or collected with a later one, and
    one that bills a plan: the plan was had, and nothing would bill it anew.
    """
    audit.ask_who_and_why(by, reason, "Give a name and a reason for voiding the invoice.")
    now = clock.now()
    with _at(document_id, "void an invoice") as (books, document):
        if document.state == State.VOID:
            return document
        _ask_unpaid(books, document)
        if document.source_type == "correction":
            words = "This invoice stands in the place of one that was corrected. Give a credit note."
            raise Refused(words, "corrects_another")
        if document.paid_minor > document.credit_paid_minor or document.returned_minor:
            raise Refused("A part of this invoice is paid or returned already. Give a credit note.", "partly_paid")
        if document.carried_to_id:
            raise Refused("This invoice is collected with a later one. Give a credit note.", "carried_over")
        if _bills_a_plan(books, document):
            words = "This invoice bills a plan, which no other one would. Correct it, or give a credit note."
            raise Refused(words, "bills_a_plan")
        if document.source_type == closing.INTERIM and _month_was_run(books, document):
            words = "The month of this invoice was run, so that no other one would bill its usage."
            raise Refused(f"{words} Correct it, or give a credit note.", "period_was_run")
        grants.catch_up(books, now)
        _return_overage(books, document, now)
        _return_credit(books, document, now)
        from_credit.give_back(books, document, now)
        _release(books, document)
        document.state, document.voided_at = State.VOID.value, now
        _write(books, document, by, "invoice.voided", reason)
        unpaid_overage.changed(books, now)
        standing.paid(books, now)
        finalization.report(books, document, "invoice.voided")
        arrivals.came(books, now)
        return document


def give_up(document_id: str, *, by: str, reason: str) -> Document:
    """Stop collecting an invoice that is due. Its overage goes on using the overage protection. Twice is once.

    Who used it below zero is lent nothing until the invoice is paid, or a credit note takes it off. Small ones that
    were to be collected with it are collected with the next one.
    """
    audit.ask_who_and_why(by, reason, "Give a name and a reason.")
    with _at(document_id, "stop collecting an invoice") as (books, document):
        if document.state != State.UNCOLLECTIBLE:
            _ask_unpaid(books, document)
            document.state = State.UNCOLLECTIBLE.value
            _release(books, document)
            superseding.end_others(books)
            _write(books, document, by, "invoice.uncollectible", reason)
            unpaid_overage.lending_changed(books, clock.now())
            standing.paid(books, clock.now())
        return document


def credit(document_id: str, amount: Money | None, *, by: str, reason: str, key: str = "") -> Document:
    """Give a credit note on an invoice: it takes off so much (none: all) of what is to be paid.

    Of one that is paid it gives back what credit has paid, as credit. `key` makes it one credit note. Refuses (409)
    what a payment has paid: that is refunded, which writes the credit note; and (422) more than there is.
    """
    audit.ask_who_and_why(by, reason, "Give a name and a reason for the credit note.")
    audit.ask_short(reason, "reason")
    now = clock.now()
    with _at(document_id, "give a credit note") as (books, document):
        there = _given(books, key) if key else None
        if there is not None:
            return _same_note(there, document, amount)
        fact = key or ids.new("cn")
        if document.state == State.PAID:
            left = from_credit.left(books.session, document)
            if not left.amount_minor:
                raise Refused(_how_it_goes_back(books, document), "invoice_paid")
            part = _part(books, document, amount, left, "which credit has paid")
            return from_credit.note(books, document, (SELLERS, fact, reason.strip()), part, by=by, now=now)
        _ask_unpaid(books, document)
        left = Money(carrying.own_due(document), document.currency)
        part = _part(books, document, amount, left, "which is to be paid")
        note = credit_notes.write_on(books, document, (SELLERS, fact, reason.strip()), part, now)
        books.session.refresh(document)
        document.credited_minor += part.amount_minor
        is_over = not carrying.own_due(document)
        if is_over:
            _release(books, document)
        settling.end(books, [document] if is_over else [], "", now, {document.id})
        after = {"number": note.number, "amount_minor": part.amount_minor, "reason": reason}
        audit.record(books.session, books.customer_id, by, "credit_note.given", document.id, after=after)
        books.session.flush()
        return note


def _part(books: Books, document: Document, wanted: Money | None, left: Money, what: str) -> Money:
    """Return how much of what is left the credit note is for, or refuse it."""
    part = wanted if wanted is not None else left
    if part.currency != left.currency:
        raise Refused(f"This invoice is in {left.currency}.", "another_currency", 422, "amount")
    if not 0 < part.amount_minor <= left.amount_minor:
        words = f"Enter an amount above zero and at most {money_words(left)}, {what}."
        raise Refused(words, "amount_out_of_range", 422, "amount")
    most = taken_off.most_of_document(books.session, document, left.amount_minor)
    if part.amount_minor > most:
        raise taken_off.refuse(Money(most, left.currency))
    return part


@contextmanager
def _at(document_id: str, what: str) -> Iterator[tuple[Books, Document]]:
    """Lock an invoice that has a number, and its customer's books."""
    with as_service(what), transaction() as session:
        found = session.scalar(
            select(Document.customer_id).where(
                Document.id == document_id, Document.number.is_not(None), Document.kind == Kind.INVOICE.value
            )
        )
        if found is None:
            raise NotFound("invoice")
        books = posting.lock(session, found)
        yield books, settling.locked(books, document_id)


def _how_it_goes_back(books: Books, document: Document) -> str:
    """Return how money of an invoice that is paid goes back: with its payment, which writes the credit note."""
    collectors = carrying.collectors(books.session, document)
    has_paid = or_(Payment.id == document.payment_id, Payment.document_id.in_(collectors))
    found = books.session.scalars(
        select(Payment.id)
        .where(Payment.customer_id == books.customer_id, Payment.received_minor > 0, has_paid)
        .order_by(Payment.created_at.desc(), Payment.id.desc())
        .limit(1)
    ).first()
    if found is None and document.credited_minor:
        return "Credit notes have taken all of this invoice off already: there is nothing left to credit."
    if found is None:
        return "This invoice was paid from credit, and all of that has come back already."
    return f"This invoice is paid. Refund its payment {found}: that writes the credit note."


def _ask_unpaid(books: Books, document: Document) -> None:
    if document.state not in settling.PAYABLE:
        raise Refused("This invoice is not to be paid any more.", "not_payable")
    under_way = select(Payment.id).where(
        Payment.customer_id == books.customer_id,
        Payment.document_id.in_(carrying.collectors(books.session, document)),
        Payment.state.in_(_OPEN),
    )
    if books.session.scalar(under_way.limit(1)) is not None:
        raise Refused("A payment of this invoice is under way. Wait until it has ended.", "payment_under_way")


def _bills_a_plan(books: Books, document: Document) -> bool:
    wanted = select(DocumentLine.document_id).where(
        DocumentLine.customer_id == books.customer_id,
        DocumentLine.document_id == document.id,
        DocumentLine.kind.in_(OF_PLANS),
    )
    return books.session.scalar(wanted.limit(1)) is not None


def _month_was_run(books: Books, document: Document) -> bool:
    """Say whether the billing period has had its own invoice, or its turn for one."""
    run = books.session.scalar(select(Subscription.run_number).where(Subscription.customer_id == document.customer_id))
    closed = select(Document.id).where(
        Document.customer_id == document.customer_id,
        Document.source_type == closing.SOURCE,
        Document.period_number == document.period_number,
        Document.state != State.VOID.value,
    )
    return (run or 0) > (document.period_number or 0) or books.session.scalar(closed.limit(1)) is not None


def _release(books: Books, document: Document) -> None:
    """Let what was carried over to an invoice that nobody pays any more wait for the next one, or go where that goes.

    What is paid stays: money that goes back is found by it.
    """
    for each in carrying.carried_to(books.session, document):
        if each.state != State.PAID:
            each.carried_to_id = document.carried_to_id
    books.session.flush()


def _return_overage(books: Books, document: Document, now: datetime) -> None:
    """Take what was used below zero off the balance again: credit that came since pays it."""
    if not document.overage_micros:
        return
    (wrong,) = _posted(books, document, OVERAGE_INVOICED)
    words = "Usage below zero, of an invoice that is void"
    back = Posting(
        books.unit, CREDITS, "purchases", document.overage_micros, OVERAGE_RETURNED, "document", document.id, words,
        wrong.id, claw_back=True,
    )  # fmt: skip
    burn_down.debit(books, back, now)


def _return_credit(books: Books, document: Document, now: datetime) -> None:
    """Give credit back that has paid the tax."""
    for wrong in _posted(books, document, CREDIT_APPLIED):
        words = "Credit returned from an invoice that is void"
        back = Posting(
            books.unit, "purchases", CREDITS, wrong.amount, CREDIT_RETURNED, "document", document.id, words, wrong.id
        )
        (made,) = books.post([back], now)
        corrections.give_back(books, wrong, made, now)


def _posted(books: Books, document: Document, kind: str) -> list[Transfer]:
    return list(
        books.session.scalars(
            select(Transfer).where(
                Transfer.customer_id == books.customer_id,
                Transfer.source_type == "document",
                Transfer.source_id == document.id,
                Transfer.kind == kind,
            )
        )
    )


def _write(books: Books, document: Document, by: str, action: str, reason: str) -> None:
    after = {"number": document.number, "reason": reason}
    audit.record(books.session, books.customer_id, by, action, document.id, after=after)
    books.session.flush()


def _given(books: Books, key: str) -> Document | None:
    return books.session.scalars(
        select(Document).where(
            Document.customer_id == books.customer_id, Document.source_type == SELLERS, Document.source_id == key
        )
    ).one_or_none()


def _same_note(there: Document, document: Document, amount: Money | None) -> Document:
    if there.returns_id != document.id or (amount is not None and amount.amount_minor != there.total_minor):
        raise Refused("This key was used for another credit note.", "key_reused")
    return there
