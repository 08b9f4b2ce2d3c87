"""A member's e-mail address: another one is used once it was confirmed by a link that was mailed there."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import ids, mailboxes
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.mails import CONFIRM_SIGN_IN_EMAIL, SIGN_IN_EMAIL_CHANGED
from app.domain.people.acting import By
from app.models.customers import Customer
from app.models.database import db
from app.models.members import Member, Membership
from app.models.scope import as_service
from app.services import audit, member_addresses
from app.services.catalog import versions
from app.services.outbox import events, member_mails
from app.services.sign_in import links
from app.services.transaction import transaction

log = structlog.get_logger()
MOST_AN_HOUR = 5


@dataclass(frozen=True)
class Pending:
    """An address that is to be confirmed, and until when its link works."""

    email: str
    until: datetime


@dataclass(frozen=True)
class Asked:
    """What a link leads to, as whoever holds it may see it."""

    email: str
    seller: str


def pending(member_id: str) -> Pending | None:
    """Return the address that the member asked for and has not confirmed yet."""
    with as_service("read a pending address"):
        found = links.pending(db.session(), member_id)
    return Pending(*found) if found else None


def ask(by: By, wanted: str) -> str:
    """Mail a link to the new address, and return it; nothing changes before it is confirmed.

    An address that another member has is answered alike: its owner reads in that mail that nothing has changed. Refuses
    (422) what is no address, and the one that is used already, and (409) more than five links within an hour.
    """
    try:
        email = mailboxes.for_sign_in(wanted)
    except Refused as refusal:
        raise Refused(refusal.sentence, refusal.reason, refusal.status, "new_email") from None
    with as_service("ask a new address"), transaction() as session:
        member = session.get_one(Member, by.member_id, with_for_update=True, populate_existing=True)
        if email == mailboxes.kept(member.email):
            raise Refused(_("This is your e-mail address already."), "email_same", 422, "new_email")
        row = links.make(session, member, links.EMAIL_CHANGE, email, most=MOST_AN_HOUR)
        if row is None:
            words = _("Five links were sent within an hour. Use the last one, or try again in an hour.")
            raise Refused(words, "asked_too_often", 409, "new_email")
        member_mails.write(session, by.customer_id, CONFIRM_SIGN_IN_EMAIL, member, to=email, key=row.id, link=row.id)
        audit.record(session, by.customer_id, member.id, "email.change_asked", member.id, address=by.address)
    log.info("email_change_asked", member=by.member_id)
    return email


def cancel(by: By) -> None:
    """Let the mailed link be dead: the address stays."""
    with as_service("cancel a new address"), transaction() as session:
        session.get_one(Member, by.member_id, with_for_update=True)
        links.kill(session, by.member_id, links.EMAIL_CHANGE)
        audit.record(session, by.customer_id, by.member_id, "email.change_canceled", by.member_id, address=by.address)


def look(hashed: str, member_id: str = "") -> Asked:
    """Return what the link would change; looking changes nothing. Refuse as `links.find`, and (403) another member."""
    with as_service("look at a link for an address"):
        row, member = links.look(db.session(), links.EMAIL_CHANGE, hashed)
        if member_id:
            _ask_own(member, member_id)
        customer_id, email = member_mails.customer_of(db.session(), member.id), mailboxes.kept(row.email)
        if customer_id is None:
            raise NotFound("link")
        return Asked(email, versions.of(db.session.get_one(Customer, customer_id)).seller_name)


def confirm(hashed: str, by_member: str, *, address: str, browser: str) -> str:
    """Let the member sign in with the new address from now on, and return it; the one before is sent a mail.

    All the member's mailed links are dead then. Refuses (409) an address that another member has, and (403) whoever is
    not the member that asked: the address may be mistyped, and its mailbox a stranger's.
    """
    try:
        with as_service("confirm a new address"), transaction() as session:
            row, member = links.find(session, links.EMAIL_CHANGE, hashed)
            _ask_own(member, by_member)
            customer_id = member_mails.customer_of(session, member.id)
            if customer_id is None:  # acts for nobody any more, and could not sign in
                raise NotFound("link")
            before, email, member_id = member.email, mailboxes.kept(row.email), member.id
            if session.scalar(select(member_addresses.whose(email))) not in {None, member_id}:
                raise _taken()
            member.email = email
            links.kill(session, member_id)
            session.flush()
            audit.record(session, customer_id, member_id, "email.changed", member_id, address=address)
            _notify_hosts(session, member)
            member_mails.write(
                session, customer_id, SIGN_IN_EMAIL_CHANGED, member,
                to=before, email=before, new_email=email, address=address, browser=browser,
            )  # fmt: skip
    except IntegrityError:
        raise _taken() from None
    log.info("email_changed", member=member_id)
    return email


def _taken() -> Refused:
    words = _("You have an account with this address already. Sign in with it, or choose another address here.")
    return Refused(words, "email_taken", 409)


def _notify_hosts(session: Session, member: Member) -> None:
    said: dict[str, object] = {"member": member.id, "email": member.email, "name": member.name}
    acts_for = select(Membership.customer_id).where(Membership.member_id == member.id)
    for each in session.scalars(acts_for.order_by(Membership.customer_id)).all():
        events.write(session, each, "member.email_changed", ids.new("chg"), said)


def _ask_own(member: Member, member_id: str) -> None:
    if member.id != member_id:
        words = _("Another member asked for it. Sign out, and sign in as the one whose address is to change.")
        raise Refused(words, "another_member", 403)
