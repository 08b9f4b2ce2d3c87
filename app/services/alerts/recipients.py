"""Addresses that usage alerts go to: each is asked once by mail, and confirms or stops by the link in it.

The link's token is made from the row and the portal's secret, so that no token waits anywhere: only its hash is kept,
and a mail that is sent again holds the same link.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock, mailboxes
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.models.customers import Customer
from app.models.database import db
from app.models.limits import AlertRecipient, AlertSettings
from app.models.scope import as_service
from app.services import audit, link_tokens
from app.services.catalog import versions
from app.services.ledger import spending
from app.services.link_tokens import token
from app.services.outbox import confirmations
from app.services.transaction import transaction

LASTS, AGAIN_AFTER, MOST_A_DAY = confirmations.LASTS, confirmations.AGAIN_AFTER, confirmations.MOST_A_DAY


@dataclass(frozen=True)
class Asked:
    """What a mailed link leads to, as whoever holds it may see it."""

    email: str
    customer: str
    seller: str
    is_confirmed: bool


def ask(session: Session, customer_id: str, email: str) -> None:
    """Add the address in the caller's transaction, which is a service's, and write the mail that asks it."""
    now = clock.now()
    confirmations.refuse_too_often(session, customer_id, email)
    hashed = _hash(token(customer_id, email, now))
    session.add(
        AlertRecipient(customer_id=customer_id, email=email, token_hash=hashed, asked_at=now, confirmed_at=None)
    )
    session.flush()
    confirmations.write(session, customer_id, email, hashed)


def ask_again(customer_id: str, email: str, *, actor: str, address: str = "") -> None:
    """Send a new link to an address that has not confirmed yet; the old link is over."""
    now = clock.now()
    with as_service("ask an address again"), transaction() as session:
        spending.lock(session, [customer_id])
        same = (AlertRecipient.customer_id == customer_id, AlertRecipient.email.in_(mailboxes.forms(email)))
        row = session.scalars(select(AlertRecipient).where(*same).order_by(AlertRecipient.email).limit(1)).first()
        if row is None:
            raise NotFound("address")
        if row.confirmed_at is not None:
            raise Refused(_("This address is confirmed already."), "email_confirmed", 409, "email")
        if now < row.asked_at + AGAIN_AFTER:
            raise Refused(_(confirmations.TOO_SOON), "asked_too_soon", 409, "email")
        confirmations.refuse_flood(session, customer_id)
        email = row.email
        row.asked_at, row.token_hash = now, _hash(token(customer_id, email, now))
        audit.record(session, customer_id, actor, "usage_alerts.asked_again", email, address=address)
        session.flush()
        confirmations.write(session, customer_id, email, row.token_hash)


def look(text: str) -> Asked:
    """Return what the link leads to; looking changes nothing, because programs open mailed links too.

    Refuses (404) a link that never was or whose address was removed, and (410) one that is over.
    """
    with as_service("look at a mailed link"):
        row, customer = _find(db.session(), text)
        catalog = versions.of(customer)
    return Asked(row.email, customer.name, catalog.seller_name, row.confirmed_at is not None)


def seller_of(text: str) -> str:
    """Return the name of the seller whose mail holds the link, also when it has expired; empty: nobody knows it."""
    with as_service("name the seller of a mailed link"):
        found = _row(db.session(), text)
        return versions.of(found[1]).seller_name if found is not None else ""


def confirm(text: str, address: str) -> Asked:
    """Confirm the address. Confirming twice changes nothing."""
    with as_service("confirm an address"), transaction() as session:
        row, _customer = _find(session, text)
        confirmed = session.execute(
            update(AlertRecipient)
            .where(
                AlertRecipient.customer_id == row.customer_id,
                AlertRecipient.email == row.email,
                AlertRecipient.token_hash == row.token_hash,
                AlertRecipient.confirmed_at.is_(None),
            )
            .values(confirmed_at=clock.now())
            .returning(AlertRecipient.email)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()
        if confirmed is not None:
            audit.record(session, row.customer_id, "mailed link", "usage_alerts.confirmed", row.email, address=address)
    return look(text)


def stop(text: str, address: str) -> Asked:
    """Take the address off the list: whoever reads its mail may always do so. Return what it was."""
    found = look(text)
    with as_service("stop alerts to an address"), transaction() as session:
        row, _customer = _find(session, text)
        session.delete(row)
        session.execute(
            update(AlertSettings)
            .where(AlertSettings.customer_id == row.customer_id)
            .values(version=AlertSettings.version + 1, changed_at=clock.now())
            .execution_options(synchronize_session=False)
        )
        audit.record(session, row.customer_id, "mailed link", "usage_alerts.stopped", row.email, address=address)
    return found


def hash_of(customer_id: str, email: str, asked_at: datetime) -> str:
    """Return what is kept of the link that was mailed when the address was asked."""
    return _hash(token(customer_id, email, asked_at))


def link_token(session: Session, customer_id: str, email: str) -> str | None:
    """Return the token of the link by which the address may confirm or stop; None where it is not in the list."""
    row = session.get(AlertRecipient, (customer_id, email))
    return None if row is None else token(customer_id, email, row.asked_at)


def _row(session: Session, text: str) -> tuple[AlertRecipient, Customer] | None:
    if not text or len(text) > link_tokens.LONGEST:
        return None
    found = session.execute(
        select(AlertRecipient, Customer)
        .join(Customer, Customer.customer_id == AlertRecipient.customer_id)
        .where(AlertRecipient.token_hash == _hash(text))
        .execution_options(populate_existing=True)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def _find(session: Session, text: str) -> tuple[AlertRecipient, Customer]:
    found = _row(session, text)
    if found is None:
        raise NotFound("link")
    row, customer = found
    if row.confirmed_at is None and row.asked_at + LASTS <= clock.now():
        words = _("This link was valid for seven days. Ask for a new one on the Usage page.")
        raise Refused(words, "link_expired", 410)
    return row, customer


def _hash(text: str) -> str:
    return link_tokens.hash_of(text)
