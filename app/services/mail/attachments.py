"""What is attached to a mail: the PDF of the invoice, receipt, pro-forma or mandate that it is about, as it was made.

The receipt of a payment of an open invoice is a paper of its own: the invoice's PDF is of the day on which it was to be
paid.

A mail waits for a file that is being made. It goes without one that cannot be made, or that takes longer than a day:
the page of the document has it as soon as it is there.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, select

from app.domain.errors import NotOffered
from app.domain.invoices.documents import Kind
from app.domain.mails import OF_DOCUMENTS, OF_PAPERS, PRO_FORMA, RECEIPT, YEAR_FILES
from app.models.database import db
from app.models.documents import Document
from app.models.mails import Mail
from app.models.scope import as_customer
from app.services.bank_transfers import pro_forma_files
from app.services.invoices import files
from app.services.papers import papers, stored
from app.services.papers.stored import NotMade, StoredFile
from app.services.receivables import receipts, year_archive
from app.services.receivables.receipts import ReceiptFile

LONGEST = timedelta(days=1)
SOONEST, LATEST = timedelta(seconds=2), timedelta(minutes=10)


@dataclass(frozen=True)
class BeingMade:
    """The file is not there yet; the mail is looked at again then."""

    again_at: datetime


def of(mail: Mail, context: dict[str, Any], now: datetime) -> StoredFile | BeingMade | None:
    """Return what is attached to the mail, nothing, or when to look again."""
    if mail.template == YEAR_FILES:
        return _year(mail, context, now)
    if mail.template in OF_PAPERS:
        return _paper(mail, context, now)
    if mail.template not in {*OF_DOCUMENTS, RECEIPT} or not files.are_offered():
        return None
    with as_customer(mail.customer_id):
        document = _document(context)
        if document is None:
            return None
        receipt = _receipt(mail, context, document)
        if receipt is None and mail.template == RECEIPT and "document" in context:
            return None  # the invoice's own PDF asks for what this mail says was paid
        state = receipt.state if receipt else files.states(document.id)[files.PDF]
        waited = now - mail.created_at
        if state == files.MADE:
            made = receipts.of_payment(receipt.payment_id, receipt.number) if receipt else None
            return made or files.of(document.id, files.PDF)
    if state != files.PENDING or waited > LONGEST:
        return None
    return _again(waited, now)


def _paper(mail: Mail, context: dict[str, Any], now: datetime) -> StoredFile | BeingMade | None:
    """Return the pro-forma or mandate, which the mail asks for if nobody has; nothing where none is made."""
    subject, waited = str(context[mail.template]), now - mail.created_at
    with as_customer(mail.customer_id):
        try:
            if mail.template == PRO_FORMA:
                return pro_forma_files.file(mail.customer_id, subject)
            return papers.wanted(mail.customer_id, papers.MANDATE, subject)
        except NotMade:
            found = papers.latest(mail.template, subject)
            is_dead = found is not None and found.state == stored.DEAD
            return None if is_dead or waited > LONGEST else _again(waited, now)
        except NotOffered:  # no PDFs are made, or it waits for no money any more
            return None


def _again(waited: timedelta, now: datetime) -> BeingMade:
    return BeingMade(now + min(max(waited / 4, SOONEST), LATEST))


def _year(mail: Mail, context: dict[str, Any], now: datetime) -> BeingMade | None:
    """Return when to look again whether all files of the year are there; nothing is attached: they may be thousands."""
    waits = year_archive.is_pending(mail.customer_id, int(context["year"]))
    return _again(now - mail.created_at, now) if waits else None


def _receipt(mail: Mail, context: dict[str, Any], document: Document) -> ReceiptFile | None:
    """Return the receipt of the payment that a mail says has arrived for an invoice, which asks for it for ever."""
    if mail.template != RECEIPT or "document" not in context:
        return None
    payment_id = str(context.get("payment", ""))
    return next((each for each in receipts.of_invoice(document) if each.payment_id == payment_id), None)


def _document(context: dict[str, Any]) -> Document | None:
    """Return the document that the mail is about: named, or the invoice of its payment that stands, or its receipt."""
    wanted = select(Document).where(Document.number.is_not(None))
    if "document" in context:
        wanted = wanted.where(Document.id == str(context["document"]))
    else:
        kinds = (Kind.INVOICE.value, Kind.RECEIPT.value)
        wanted = wanted.where(Document.payment_id == str(context.get("payment", "")), Document.kind.in_(kinds))
    ranked = (case((Document.kind == Kind.INVOICE.value, 0), else_=1), Document.is_corrected, Document.id)
    return db.session.scalars(wanted.order_by(*ranked).limit(1)).first()
