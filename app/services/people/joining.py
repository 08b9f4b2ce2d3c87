"""Joining a customer by the mailed link of an invitation, which works once and for its own address.

Who has an account already only joins: the link proves the mailbox, and nobody is signed in by it. Whoever has none
chooses a name and a password, and is signed in.
"""

from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock, ids, mailboxes
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.mails import INVITATION
from app.domain.people.members import Role
from app.domain.people.passwords import check_password
from app.domain.people.team import INVITATION_LASTS, may_invite
from app.models.customers import Customer
from app.models.database import db
from app.models.mails import Mail
from app.models.members import Member, Membership
from app.models.people import Invitation
from app.models.scope import as_service
from app.services import audit, link_tokens, member_addresses
from app.services.access import members, ssh_keys
from app.services.catalog import versions
from app.services.customers import directory
from app.services.people import team
from app.services.transaction import transaction


@dataclass(frozen=True)
class Invited:
    """What the link leads to, as whoever holds it may see it."""

    customer_id: str
    customer: str
    seller: str
    email: str
    role: Role
    invited_by: str
    has_account: bool


@dataclass(frozen=True)
class Joined:
    """Who has joined what."""

    member_id: str
    customer_id: str


def look(token: str) -> Invited:
    """Return what the link leads to; looking changes nothing.

    Refuses (404) one that is over, (403) one whose sender may not invite any more, and (410) one after seven days.
    """
    with as_service("look at an invitation"):
        session = db.session()
        row = _find(session, token)
        customer = session.get_one(Customer, row.customer_id)
        account = session.scalar(select(member_addresses.whose(row.email)))
        inviter = session.scalar(select(Member.name).where(Member.id == row.invited_by)) or ""
        seller, email = versions.of(customer).seller_name, mailboxes.kept(row.email)
        return Invited(customer.customer_id, customer.name, seller, email, Role(row.role), inviter, account is not None)


def join(token: str, *, address: str = "") -> Joined:
    """Let the member who has the invited address act for the customer; the link is used up."""
    with as_service("join a customer"), transaction() as session:
        row = _take(session, token)
        member = session.scalars(select(Member).where(Member.id == member_addresses.whose(row.email))).one_or_none()
        if member is None:
            raise _changed()
        return _join(session, row, member, address)


def sign_up(token: str, name: str, password: str, *, address: str = "") -> Joined:
    """Make a member of the invited address, with this name and password, who acts for the customer."""
    invited = look(token)
    named = " ".join(name.split())
    if not 1 <= len(named) <= 200 or not named.isprintable():
        raise Refused(_("Enter your full name, of at most 200 characters."), "name_malformed", 422, "name")
    check_password(password, invited.email)
    hashed, now = members.hashed(password), clock.now()  # slow: before the transaction
    try:
        with as_service("join a customer as somebody new"), transaction() as session:
            row = _take(session, token)
            if session.scalar(select(member_addresses.whose(row.email))) is not None:
                raise _changed()
            member = Member(
                id=ids.new("mem"), email=invited.email, name=named, password_hash=hashed, theme="system", created_at=now
            )
            session.add(member)
            session.flush()
            return _join(session, row, member, address)
    except IntegrityError:  # somebody made a member of this address at this moment
        raise _changed() from None


def _join(session: Session, row: Invitation, member: Member, address: str) -> Joined:
    if member.disabled_at is not None:
        raise NotFound("link")
    done, role = Joined(member.id, row.customer_id), Role(row.role)
    mailed = update(Mail).where(Mail.customer_id == row.customer_id, Mail.recipient == row.email)
    session.execute(mailed.where(Mail.template == INVITATION).values(member_id=member.id))  # theirs, from now on
    if session.get(Membership, (member.id, row.customer_id)) is not None:  # the host has made them one meanwhile
        return done
    session.add(Membership(member_id=member.id, customer_id=row.customer_id, role=role.value, created_at=clock.now()))
    session.flush()
    said: dict[str, object] = {"role": role.value}
    audit.record(session, row.customer_id, member.id, "member.joined", member.id, after=said, address=address)
    ssh_keys.member_came(session, row.customer_id, member.id)
    team.notify_joined(session, row.customer_id, member, role, invited_by=row.invited_by)
    return done


def _take(session: Session, token: str) -> Invitation:
    """Use the link up, in the caller's transaction: of two who send it at once one finds it."""
    customer_id = _find(session, token).customer_id
    directory.locked(session, customer_id)
    row = _find(session, token)
    gone = session.scalar(
        delete(Invitation)
        .where(Invitation.customer_id == row.customer_id, Invitation.token_hash == row.token_hash)
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    )
    if gone is None:
        raise NotFound("link")
    session.expunge(row)
    return row


def _find(session: Session, token: str) -> Invitation:
    if not token or len(token) > link_tokens.LONGEST:
        raise NotFound("link")
    wanted = select(Invitation).where(Invitation.token_hash == link_tokens.hash_of(token))
    row = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound("link")
    if not _inviter_may(session, row):
        customer = session.get_one(Customer, row.customer_id).name
        words = _(
            "Whoever sent this invitation may not invite any more. Ask another member of {customer} for a new one.",
            customer=customer,
        )
        raise Refused(words, "inviter_may_not", 403)
    if row.asked_at + INVITATION_LASTS <= clock.now():
        words = _("This invitation was valid for seven days. Ask for another one.")
        raise Refused(words, "link_expired", 410)
    return row


def _inviter_may(session: Session, row: Invitation) -> bool:
    """Say whether who invited, or sent it again, could do so now: an invitation is as good as they are."""
    asked = select(Membership.role).join(Member, Member.id == Membership.member_id)
    role = session.scalar(
        asked.where(
            Membership.member_id == row.invited_by,
            Membership.customer_id == row.customer_id,
            Member.disabled_at.is_(None),
        )
    )
    return role is not None and may_invite(Role(role), Role(row.role))


def _changed() -> Refused:
    return Refused(_("This changed meanwhile. Open the link from the e-mail again."), "changed_meanwhile", 409)
