"""Corrections: a wrong debit is undone by a new, opposite transfer that names it, and its grants get it back."""

from datetime import datetime

from sqlalchemy import func, literal, or_, select

from app import clock
from app.domain.errors import NotFound, Refused
from app.domain.invoices.documents import State
from app.domain.invoices.lines import LineKind
from app.domain.ledger import CREDITS, Posting
from app.domain.reversals import BOOKED_REFUNDS, STANDING_DISPUTES
from app.models.documents import Document, DocumentLine
from app.models.ledger import Allocation, Grant, Transfer
from app.models.reversals import Dispute, Refund
from app.models.scope import as_service
from app.services import audit
from app.services.ledger import arrivals, burn_down, grants, kept_credit, posting
from app.services.ledger.posting import Books
from app.services.transaction import transaction


def correct(transfer_id: str, *, by: str, reason: str) -> Transfer:
    """Undo usage by an opposite transfer that names it, and give its credit back to the grants it came from (AC-34).

    The same transfer corrected twice is corrected once: the correction that is there is returned.

    Refuses (409) anything but usage, and usage of bought credit that is over by now and whose money has gone back: the
    refund took from other credit what the usage had used, so that giving it back here would let it expire once more.
    """
    audit.ask_who_and_why(by, reason, "Give a name and a reason for the correction.")
    now = clock.now()
    with as_service("correct a transfer"), transaction() as session:
        wrong = session.get(Transfer, transfer_id)
        if wrong is None:
            raise NotFound("movement")
        if wrong.kind != "usage":
            words = "Only usage is corrected. A grant is voided, and money goes back by a refund."
            raise Refused(words, "not_correctable")
        books = posting.lock(session, wrong.customer_id)
        there = _correction(books, wrong)
        if there is not None:
            return there
        grants.catch_up(books, now)
        if _is_invoiced(books, wrong):
            words = "This usage is on an invoice. Give a credit note, or void the invoice before you correct it."
            raise Refused(words, "on_an_invoice")
        if _was_settled_elsewhere(books, wrong, now):
            words = (
                "It used credit that has ended and whose payment was refunded or disputed. Grant the amount instead."
            )
            raise Refused(words, "credit_went_back")
        opposite = Posting(
            wrong.unit,
            wrong.credit_account,
            wrong.debit_account,
            wrong.amount,
            "correction",
            "transfer",
            wrong.id,
            f"Correction: {wrong.description}"[:300],
            wrong.id,
        )
        (made,) = books.post([opposite], now)
        audit.record(
            session,
            wrong.customer_id,
            by,
            "transfer.corrected",
            wrong.id,
            after={"correction": made.id, "reason": reason},
        )
        give_back(books, wrong, made, now)
        session.flush()
        arrivals.came(books, now)
        return made


def give_back(books: Books, wrong: Transfer, opposite: Transfer, now: datetime, own: str = "") -> None:
    """Give the grants back what a debit took, now that its opposite is posted; what expired meanwhile goes at once.

    What open holds keep of it goes when they end. `own` is the grant whose purchase a refund or dispute was about.
    """
    gone = burn_down.give_back(books, wrong, opposite, now, own)
    lost = {grant.id: micros for grant, micros, _stays in kept_credit.lost(books, now)} if gone else {}
    for kind, grant, returned in gone:
        micros = min(returned, lost.get(grant.id, 0)) if kind == "expired" else returned
        if micros == 0:
            continue
        words = "Credit expired" if kind == "expired" else "Credit taken back"
        to = "breakage" if kind == "expired" else burn_down.source_account(grant)
        source = f"{grant.id}:{opposite.id}"
        again = Posting(wrong.unit, CREDITS, to, micros, kind, "grant", source, words)
        books.post([again], now, burn_down.taking(books, grant, micros))


def _was_settled_elsewhere(books: Books, wrong: Transfer, now: datetime) -> bool:
    """Say whether the usage took from a bought grant that is over, and money of its payment has gone back."""
    taken = select(Allocation.grant_id).where(
        Allocation.customer_id == wrong.customer_id, Allocation.transfer_id == wrong.id
    )
    bought = select(Grant.payment_id).where(
        Grant.customer_id == wrong.customer_id,
        Grant.id.in_(taken),
        or_(Grant.voided_at.is_not(None), Grant.expires_at <= now),
    )
    return any(
        books.session.scalar(
            select(model.id)
            .where(model.customer_id == wrong.customer_id, model.payment_id.in_(bought), model.state.in_(states))
            .limit(1)
        )
        is not None
        for model, states in ((Refund, BOOKED_REFUNDS), (Dispute, STANDING_DISPUTES))
    )


def _is_invoiced(books: Books, wrong: Transfer) -> bool:
    """Say whether the usage is on the invoice of a period, which would go on asking for it, and for its tax."""
    took = books.session.scalar(
        select(func.sum(Allocation.micros)).where(
            Allocation.customer_id == wrong.customer_id, Allocation.transfer_id == wrong.id
        )
    )
    sold = select(DocumentLine.place).where(
        DocumentLine.customer_id == Document.customer_id,
        DocumentLine.document_id == Document.id,
        DocumentLine.kind == LineKind.USAGE.value,
    )
    is_on = select(Document.id).where(
        Document.customer_id == wrong.customer_id,
        Document.period_number.is_not(None),
        Document.state != State.VOID.value,
        Document.issued_at >= wrong.booked_at,
        or_(sold.exists(), literal(int(took or 0) < wrong.amount)),
    )
    return books.session.scalar(is_on.limit(1)) is not None


def _correction(books: Books, wrong: Transfer) -> Transfer | None:
    return books.session.scalars(
        select(Transfer).where(Transfer.customer_id == wrong.customer_id, Transfer.corrects_id == wrong.id)
    ).one_or_none()
