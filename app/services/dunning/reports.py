"""What is mailed of unpaid invoices: once for each, that it is past due; and what a new method did not pay."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app.domain.dunning import standing as rule
from app.domain.dunning.standing import Unpaid
from app.domain.mails import INVOICE_UNPAID, PAYMENT_FAILED
from app.models.mails import Mail
from app.models.payments import Payment
from app.services.ledger.posting import Books
from app.services.outbox import billing_mails


def late(books: Books, invoices: Sequence[Unpaid], now: datetime) -> None:
    """Report and mail that an invoice is past due, once: after the first failure, or when its day is over."""
    keys = {f"{INVOICE_UNPAID}:{each.document_id}": each for each in invoices if _is_late(each, now)}
    if not keys:
        return
    known = set(
        books.session.scalars(select(Mail.key).where(Mail.customer_id == books.customer_id, Mail.key.in_(keys)))
    )
    for key, each in keys.items():
        if key not in known:
            to, of = books.customer.email, each.document_id
            billing_mails.write(books.session, books.customer_id, INVOICE_UNPAID, key=key, to=to, document=of)
            books.session.flush()
            books.outbox.write("invoice.overdue", of, {"invoice": of})


def mail_failed(books: Books, payment: Payment) -> None:
    """Mail that a charge outside of the schedule was declined."""
    to, key = books.customer.email, f"{PAYMENT_FAILED}:{payment.id}"
    billing_mails.write(books.session, books.customer_id, PAYMENT_FAILED, key=key, to=to, payment=payment.id)


def _is_late(invoice: Unpaid, now: datetime) -> bool:
    moment = rule.past_due_at(invoice)
    return moment is not None and moment <= now
