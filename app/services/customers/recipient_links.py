"""The mailed link by which an address takes a customer's bills, or some of the mails about them, and may stop them."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.mails import BILLING_EMAIL_CHANGED, Topic
from app.models.customers import Customer
from app.models.database import db
from app.models.invoicing import InvoiceNotifications, InvoiceRecipient
from app.models.scope import as_service
from app.services import audit, link_tokens
from app.services.catalog import versions
from app.services.customers import directory
from app.services.outbox import confirmations, mails
from app.services.processor import profiles
from app.services.transaction import transaction

Row = InvoiceNotifications | InvoiceRecipient


@dataclass(frozen=True)
class Asked:
    """What a mailed link leads to, as whoever holds it may see it."""

    email: str
    customer: str
    seller: str
    is_billing: bool
    topics: frozenset[Topic]
    is_confirmed: bool


def look(text: str) -> Asked:
    """Return what the link leads to; looking changes nothing, because programs open mailed links too.

    Refuses (404) a link that never was, was used or was replaced, and (410) one that is over.
    """
    with as_service("look at a mailed link"):
        return _asked(_find(db.session(), text))


def confirm(text: str, address: str) -> Asked:
    """Let the address be used from now on; a billing e-mail takes the place of the one before, which is notified."""
    with as_service("confirm an address"), transaction() as session:
        customer = directory.locked(session, _find(session, text).customer_id)
        row = _find(session, text)  # as it stands now: it may have been cancelled or asked again in this very moment
        found = _asked(row)
        if isinstance(row, InvoiceNotifications):
            _use(session, customer, row, found.email, address)
        elif row.confirmed_at is None:
            row.confirmed_at = clock.now()
            audit.record(
                session, row.customer_id, "mailed link", "invoice_recipient.confirmed", row.email, address=address
            )
        return found


def stop(text: str, address: str) -> Asked:
    """Take the recipient off the list: whoever reads its mail may always do so. Return what it was."""
    with as_service("stop mails to an address"), transaction() as session:
        directory.locked(session, _find(session, text).customer_id)
        row = _find(session, text)
        found = _asked(row)
        if isinstance(row, InvoiceNotifications):
            raise NotFound("link")
        settings = session.get(InvoiceNotifications, row.customer_id, populate_existing=True)
        if settings is not None:
            settings.version, settings.changed_at = settings.version + 1, clock.now()
        session.delete(row)
        audit.record(session, row.customer_id, "mailed link", "invoice_recipient.stopped", row.email, address=address)
        return found


def _use(session: Session, customer: Customer, row: InvoiceNotifications, email: str, address: str) -> None:
    """Let the customer's bills go to the address that has confirmed."""
    old, now, mark = customer.email, clock.now(), row.token_hash
    customer.email = email
    row.pending_email = row.token_hash = row.asked_at = None
    row.version, row.changed_at = row.version + 1, now
    more = session.get(InvoiceRecipient, (customer.customer_id, email))
    if more is not None:  # it is sent everything now
        session.delete(more)
    profiles.changed(session, customer, now)
    audit.record(
        session,
        customer.customer_id,
        "mailed link",
        "billing_email.changed",
        customer.customer_id,
        before={"email": old},
        after={"email": email},
        address=address,
    )
    session.flush()
    key = f"{BILLING_EMAIL_CHANGED}:{mark}"
    mails.write(session, customer.customer_id, BILLING_EMAIL_CHANGED, key=key, to=old, new_email=email)


def _find(session: Session, text: str) -> Row:
    if not text or len(text) > link_tokens.LONGEST:
        raise NotFound("link")
    hashed = link_tokens.hash_of(text)
    billing = select(InvoiceNotifications).where(InvoiceNotifications.token_hash == hashed)
    more = select(InvoiceRecipient).where(InvoiceRecipient.token_hash == hashed)
    row: Row | None = session.scalars(billing.execution_options(populate_existing=True)).one_or_none()
    row = row or session.scalars(more.execution_options(populate_existing=True)).one_or_none()
    if row is None or row.asked_at is None:
        raise NotFound("link")
    is_confirmed = isinstance(row, InvoiceRecipient) and row.confirmed_at is not None
    if not is_confirmed and row.asked_at + confirmations.LASTS <= clock.now():
        words = _("This link was valid for seven days. Ask for a new one on the page Invoice notifications.")
        raise Refused(words, "link_expired", 410)
    return row


def _asked(row: Row) -> Asked:
    customer = db.session.get_one(Customer, row.customer_id)
    seller = versions.of(customer).seller_name
    if isinstance(row, InvoiceNotifications):
        return Asked(row.pending_email or "", customer.name, seller, True, frozenset(), False)
    topics = frozenset(each for each in Topic if getattr(row, each.value))
    return Asked(row.email, customer.name, seller, False, topics, row.confirmed_at is not None)
