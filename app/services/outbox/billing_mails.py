"""Mails about money: to the billing e-mail, and to each more recipient who has confirmed and wants such mails."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app import mailboxes
from app.domain.mails import INVOICE, RECEIPT, TOPICS
from app.models.invoicing import InvoiceRecipient
from app.models.unit_of_work import waiting
from app.services import link_tokens
from app.services.outbox import mails

_INSTEAD = {RECEIPT: INVOICE}
RECIPIENTS = waiting.reads(
    select(InvoiceRecipient)
    .where(InvoiceRecipient.customer_id == bindparam("customer"))
    .order_by(InvoiceRecipient.email)
)


def write(
    session: Session,
    customer_id: str,
    template: str,
    *,
    key: str,
    to: str,
    after: timedelta = timedelta(0),
    **context: object,
) -> None:
    """Write the mail in the caller's transaction, once for each address; `to` is the billing e-mail.

    Who wants invoices and no receipts is sent the invoice of what is paid, if it has one when the mail is sent.
    """
    for said, own, email, more in reached(_recipients(session, customer_id), template, key, to):
        mails.write(session, customer_id, said, key=own, to=email, after=after, **more, **context)


def reached(
    recipients: Iterable[InvoiceRecipient], template: str, key: str, to: str
) -> Iterator[tuple[str, str, str, Mapping[str, str]]]:
    """Yield which mail goes to whom: its template, its key, the address, and what it says of that beside."""
    yield template, key, to, {}
    known = {mailboxes.kept(to)}
    for row in recipients:
        sent = [each for each in (template, _INSTEAD.get(template, "")) if wants(row, each)]
        if sent and mailboxes.kept(row.email) not in known:
            known.add(mailboxes.kept(row.email))
            yield sent[0], f"{key}:{link_tokens.hash_of(row.email)[:16]}", row.email, {"email": row.email}


def wants(row: InvoiceRecipient | None, template: str) -> bool:
    """Say whether such a mail goes to this recipient, as the row stands."""
    topic = TOPICS.get(template)
    return row is not None and row.confirmed_at is not None and topic is not None and bool(getattr(row, topic.value))


def _recipients(session: Session, customer_id: str) -> list[InvoiceRecipient]:
    return list(session.scalars(RECIPIENTS, {"customer": customer_id}))
