"""Corrections: a wrong debit is undone by a new, opposite transfer that names it, and its grants get it back."""

from datetime import datetime

from sqlalchemy import select

from app import clock
from app.domain.errors import NotFound, Refused
from app.domain.ledger import CREDITS, Posting
from app.models.ledger import Transfer
from app.models.scope import as_service
from app.services import audit
from app.services.ledger import burn_down, grants, posting
from app.services.ledger.posting import Books
from app.services.transaction import transaction


def correct(transfer_id: str, *, by: str, reason: str) -> Transfer:
    """Undo usage by an opposite transfer that names it, and give its credit back to the grants it came from (AC-34).

    The same transfer corrected twice is corrected once: the correction that is there is returned.
    """
    audit.ask_who_and_why(by, reason, "Give a name and a reason for the correction.")
    now = clock.now()
    with as_service("correct a transfer"), transaction() as session:
        wrong = session.get(Transfer, transfer_id)
        if wrong is None:
            raise NotFound("transfer")
        if wrong.kind != "usage":
            words = "Only usage is corrected. A grant is voided, and money goes back by a refund."
            raise Refused(words, "not_correctable")
        books = posting.lock(session, wrong.customer_id)
        there = _correction(books, wrong)
        if there is not None:
            return there
        grants.catch_up(books, now)
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
        return made


def give_back(books: Books, wrong: Transfer, opposite: Transfer, now: datetime) -> None:
    """Give the grants back what a debit took, now that its opposite is posted; what expired meanwhile goes at once."""
    for kind, grant, micros in burn_down.give_back(books, wrong, opposite, now):
        words = "Credit expired" if kind == "expired" else "Credit taken back"
        to = "breakage" if kind == "expired" else burn_down.source_account(grant)
        source = f"{grant.id}:{opposite.id}"
        (gone,) = books.post([Posting(wrong.unit, CREDITS, to, micros, kind, "grant", source, words)], now)
        burn_down.take(books, gone, grant, micros)


def _correction(books: Books, wrong: Transfer) -> Transfer | None:
    return books.session.scalars(
        select(Transfer).where(Transfer.customer_id == wrong.customer_id, Transfer.corrects_id == wrong.id)
    ).one_or_none()
