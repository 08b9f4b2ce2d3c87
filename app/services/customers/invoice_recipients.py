"""Where a customer's invoices and mails about payments are sent: the billing e-mail, and more recipients.

A new address is asked by mail first; until it confirms, what was there before is used. The token of the mailed link is
made from the row and the portal's secret, so that only its hash is kept (`app.services.link_tokens`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, mailboxes
from app.domain.errors import NotFound, Refused
from app.domain.language import ENGLISH, _
from app.domain.mails import CONFIRM_BILLING_EMAIL, Topic
from app.models.customers import Customer
from app.models.database import db
from app.models.invoicing import InvoiceNotifications, InvoiceRecipient
from app.models.scope import as_service
from app.services import audit, link_tokens
from app.services.customers import directory
from app.services.outbox import confirmations
from app.services.transaction import transaction

CHANGED_MEANWHILE = "version_gone_by"
MOST = 20
"""So many more recipients at most."""


@dataclass(frozen=True)
class Waiting:
    """An address that has not confirmed yet."""

    email: str
    asked_at: datetime

    @property
    def has_expired(self) -> bool:
        """Whether nobody confirmed while the mailed link worked."""
        return self.asked_at + confirmations.LASTS <= clock.now()

    @property
    def again_from(self) -> datetime | None:
        """The whole minute from which the address may be asked again; None: now."""
        return confirmations.again_from(self.asked_at)


@dataclass(frozen=True)
class Recipient:
    """One more recipient, and what is sent there once the address is confirmed."""

    email: str
    topics: frozenset[Topic]
    waiting: Waiting | None


@dataclass(frozen=True)
class Notifications:
    """Where everything goes. `version` counts the changes; `pending` is the billing e-mail that is to be confirmed."""

    billing_email: str
    pending: Waiting | None
    recipients: tuple[Recipient, ...]
    version: int
    language: str = ENGLISH
    """The language of documents and billing e-mails."""


def current(customer_id: str) -> Notifications:
    """Return what the customer in scope has chosen. Three small statements."""
    session = db.session()
    return _read(session, session.get_one(Customer, customer_id, populate_existing=True))


def replace(
    customer_id: str,
    billing_email: str,
    recipients: Mapping[str, frozenset[Topic]],
    version: int,
    *,
    by: str,
    address: str = "",
    keeps_pending: bool = False,
    language: str | None = None,
) -> Notifications:
    """Put this set in the place of the one of the version, or refuse it whole; each new address is asked by mail.

    The billing e-mail stays what it is until the new one confirms; naming the present one ends what is to be confirmed,
    unless it is said that that stays (`keeps_pending`): who reads the set and sends it back has changed nothing.
    Who stays a recipient keeps the confirmation. A new address that is both is asked once, as the billing e-mail.
    Without a `language` that of documents stays.
    """
    email = _normal(billing_email, "billing_email")
    wanted = {_normal(each, "recipients"): topics for each, topics in recipients.items()}
    if len(wanted) != len(recipients):
        raise Refused(_("An address is there twice. Enter it once."), "email_twice", 422, "recipients")
    with as_service("change who is sent invoices"), transaction() as session:
        customer = directory.locked(session, customer_id)
        before = _read(session, customer)
        email = mailboxes.among(email, [customer.email, *([before.pending.email] if before.pending else [])])
        there = [each.email for each in before.recipients]
        wanted = {mailboxes.among(each, there): topics for each, topics in wanted.items()}
        if version != before.version:
            words = _("These addresses were changed meanwhile. Read them again before you save.")
            raise Refused(words, CHANGED_MEANWHILE)
        _check(customer.email, wanted)
        spoken = directory.checked_language(language, before.language)
        pending = before.pending.email if before.pending else None
        is_new = email not in {customer.email, pending}
        ends = pending is not None and email == customer.email and not keeps_pending
        if mailboxes.among(email, there) not in there:
            wanted.pop(mailboxes.kept(email), None)
        are_same = wanted == {each.email: each.topics for each in before.recipients}
        if not is_new and not ends and are_same and spoken == before.language:
            return before
        customer.language = spoken
        row = _counted(session, customer_id, by)
        if is_new:
            _ask_billing(session, row, email)
        elif ends:
            row.pending_email = row.token_hash = row.asked_at = None
        _write(session, customer_id, wanted)
        session.flush()
        after = _read(session, customer)
        audit.record(
            session,
            customer_id,
            by,
            "invoice_notifications.changed",
            customer_id,
            before=_audited(before),
            after=_audited(after),
            address=address,
        )
        return after


def choose_language(customer_id: str, language: str, *, by: str, address: str = "") -> None:
    """Let the customer's documents and billing e-mails from now on be in the language, or refuse it (422)."""
    with as_service("choose the language of documents"), transaction() as session:
        customer = directory.locked(session, customer_id)
        before = {"language": customer.language}
        customer.language = directory.checked_language(language, customer.language)
        after = {"language": customer.language}
        if before != after:
            _counted(session, customer_id, by)
            named = (session, customer_id, by, "invoice_notifications.changed", customer_id)
            audit.record(*named, before=before, after=after, address=address)


def cancel(customer_id: str, *, by: str, address: str = "") -> Notifications:
    """Leave the billing e-mail as it is: the link that was mailed to the new one is over."""
    with as_service("leave the billing e-mail as it is"), transaction() as session:
        customer = directory.locked(session, customer_id)
        before = _read(session, customer)
        if before.pending is None:
            return before
        row = _counted(session, customer_id, by)
        row.pending_email = row.token_hash = row.asked_at = None
        audit.record(
            session, customer_id, by, "billing_email.cancelled", customer_id, before=_audited(before), address=address
        )
        session.flush()
        return _read(session, customer)


def ask_again(customer_id: str, email: str, *, by: str, address: str = "") -> None:
    """Send a new link to an address that has not confirmed yet; the old link is over. Refuse (404) any other."""
    with as_service("ask an address again"), transaction() as session:
        customer = directory.locked(session, customer_id)
        before = _read(session, customer)
        waiting = [each.email for each in (before.pending, *(one.waiting for one in before.recipients)) if each]
        email = mailboxes.among(email, waiting)
        if email not in waiting:
            raise NotFound("address")
        confirmations.refuse_too_often(session, customer_id, email)
        if before.pending is not None and before.pending.email == email:
            _ask_billing(session, session.get_one(InvoiceNotifications, customer_id), email, is_checked=True)
        else:
            _ask(session, session.get_one(InvoiceRecipient, (customer_id, email)), is_checked=True)
        audit.record(session, customer_id, by, "invoice_notifications.asked_again", email, address=address)


def _normal(text: str, field: str) -> str:
    try:
        return mailboxes.normal(text)
    except Refused as refusal:
        raise Refused(refusal.sentence, refusal.reason, refusal.status, field) from None


def _check(billing_email: str, wanted: Mapping[str, frozenset[Topic]]) -> None:
    if len(wanted) > MOST:
        raise Refused(
            _("There may be {most} more recipients at most.", most=MOST), "too_many_recipients", 422, "recipients"
        )
    if mailboxes.kept(billing_email) in {mailboxes.kept(each) for each in wanted}:
        words = _("The billing e-mail is sent everything already. Leave it out of the other recipients.")
        raise Refused(words, "is_billing_email", 422, "recipients")
    for email, topics in wanted.items():
        if not topics:
            words = _("Choose what is sent to {email}, or remove it.", email=email)
            raise Refused(words, "nothing_chosen", 422, "recipients")


def _ask_billing(session: Session, row: InvoiceNotifications, email: str, *, is_checked: bool = False) -> None:
    if not is_checked:
        confirmations.refuse_too_often(session, row.customer_id, email, "billing_email")
    now = clock.now()
    hashed = link_tokens.hash_of(link_tokens.token(row.customer_id, email, now, link_tokens.BILLING_EMAIL))
    row.pending_email, row.asked_at, row.token_hash = email, now, hashed
    session.flush()
    confirmations.write(session, row.customer_id, email, hashed, template=CONFIRM_BILLING_EMAIL, part="billing")


def _ask(session: Session, row: InvoiceRecipient, *, is_checked: bool = False) -> None:
    if not is_checked:
        confirmations.refuse_too_often(session, row.customer_id, row.email, "recipients")
    row.asked_at = clock.now()
    token = link_tokens.token(row.customer_id, row.email, row.asked_at, link_tokens.INVOICE_RECIPIENT)
    row.token_hash = link_tokens.hash_of(token)
    session.add(row)
    session.flush()
    confirmations.write(
        session, row.customer_id, row.email, row.token_hash, template=CONFIRM_BILLING_EMAIL, part="recipient"
    )


def _write(session: Session, customer_id: str, wanted: Mapping[str, frozenset[Topic]]) -> None:
    """Let the rows be those that are wanted; each new one is asked."""
    rows = {each.email: each for each in _rows(session, customer_id)}
    for email, row in rows.items():
        if email not in wanted:
            session.delete(row)
    for email, topics in wanted.items():
        row = rows.get(email) or InvoiceRecipient(customer_id=customer_id, email=email, confirmed_at=None)
        row.receipts, row.invoices = Topic.RECEIPTS in topics, Topic.INVOICES in topics
        row.payment_problems = Topic.PAYMENT_PROBLEMS in topics
        if email not in rows:
            _ask(session, row)


def _counted(session: Session, customer_id: str, by: str) -> InvoiceNotifications:
    """Return the customer's row, as one more version of it."""
    row = session.get(InvoiceNotifications, customer_id, populate_existing=True)
    if row is None:
        row = InvoiceNotifications(customer_id=customer_id, version=0)
        session.add(row)
    row.version += 1
    row.changed_at, row.changed_by = clock.now(), by
    return row


def _rows(session: Session, customer_id: str) -> list[InvoiceRecipient]:
    wanted = select(InvoiceRecipient).where(InvoiceRecipient.customer_id == customer_id)
    ordered = wanted.order_by(InvoiceRecipient.email).execution_options(populate_existing=True)
    return list(session.scalars(ordered))


def _read(session: Session, customer: Customer) -> Notifications:
    row = session.get(InvoiceNotifications, customer.customer_id, populate_existing=True)
    pending = Waiting(row.pending_email, row.asked_at) if row and row.pending_email and row.asked_at else None
    found = tuple(_recipient(each) for each in _rows(session, customer.customer_id))
    return Notifications(customer.email, pending, found, row.version if row else 0, customer.language)


def _recipient(row: InvoiceRecipient) -> Recipient:
    topics = frozenset(each for each in Topic if getattr(row, each.value))
    return Recipient(row.email, topics, None if row.confirmed_at else Waiting(row.email, row.asked_at))


def _audited(now: Notifications) -> dict[str, object]:
    return {
        "billing_email": now.billing_email,
        "pending": now.pending.email if now.pending else None,
        "recipients": {each.email: sorted(each.topics) for each in now.recipients},
        "language": now.language,
    }
