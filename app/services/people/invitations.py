"""Invitations: an address is asked by mail to act for a customer, asked again, or no longer.

The link's token is made when the mail is sent, and its hash is kept. What the page says is the same whether somebody
has this address or not: whom a customer invites says nothing of who else uses the portal.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app import clock, ids, mailboxes
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.mails import INVITATION
from app.domain.people.members import Actor, Role
from app.domain.people.team import INVITATION_LASTS, MOST_INVITATIONS, ask_may_invite
from app.models.database import db
from app.models.members import Member, Membership
from app.models.people import Invitation
from app.models.scope import as_service
from app.services import audit, link_tokens, member_addresses
from app.services.customers import directory
from app.services.outbox import confirmations, events
from app.services.transaction import transaction


@dataclass(frozen=True)
class Pending:
    """An invitation that waits."""

    id: str
    email: str
    role: Role
    invited_by: str
    ends_at: datetime
    is_over: bool
    """Whether its link leads nowhere: after seven days, or while whoever sent it is disabled."""


def waiting(customer_id: str) -> list[Pending]:
    """Return the customer's invitations that nobody has taken, by address."""
    wanted = (
        select(Invitation, Member.name, Member.disabled_at)
        .outerjoin(Member, Member.id == Invitation.invited_by)
        .where(Invitation.customer_id == customer_id)
        .order_by(Invitation.email)
        .limit(MOST_INVITATIONS)
    )
    now = clock.now()
    with as_service("list the invitations of a customer"):
        return [
            Pending(row.id, row.email, Role(row.role), name or "", ends, ends <= now or disabled_at is not None)
            for row, name, disabled_at in db.session.execute(wanted)
            for ends in (row.asked_at + INVITATION_LASTS,)
        ]


def invite(actor: Actor, email: str, role: Role, *, address: str = "") -> Pending:
    """Ask the address by mail, or refuse: 403 for a role that the actor may not give, 409 for who is here already."""
    ask_may_invite(actor.role, role)
    to = mailboxes.for_sign_in(email)
    with as_service("invite somebody"), transaction() as session:
        directory.locked(session, actor.customer_id)
        if session.scalar(_is_here(actor.customer_id, to)):
            raise Refused(_("This person acts for the customer already."), "already_a_member", 409, "email")
        same = (Invitation.customer_id == actor.customer_id, Invitation.email.in_(mailboxes.forms(to)))
        if session.scalar(select(Invitation.id).where(*same).limit(1)) is not None:
            words = _("This address is invited already. Send the e-mail again below.")
            raise Refused(words, "invited", 409, "email")
        count = select(func.count()).select_from(Invitation).where(Invitation.customer_id == actor.customer_id)
        if (session.scalar(count) or 0) >= MOST_INVITATIONS:
            words = _("{most} invitations wait already. Withdraw one first.", most=MOST_INVITATIONS)
            raise Refused(words, "too_many_invitations", 409, "email")
        now = clock.now()
        row = Invitation(
            customer_id=actor.customer_id,
            email=to,
            id=ids.new("ivt"),
            role=role.value,
            invited_by=actor.member_id,
            created_at=now,
        )
        _ask(session, row)
        session.add(row)
        said: dict[str, object] = {"role": role.value}  # the trail is never erased, and names no address
        audit.record(session, actor.customer_id, actor.member_id, "member.invited", row.id, after=said, address=address)
        facts = {"invitation": row.id, "email": to, **said, "invited_by": actor.member_id}
        events.write(session, actor.customer_id, "member.invited", row.id, facts)
    return Pending(row.id, to, role, actor.name, now + INVITATION_LASTS, is_over=False)


def send_again(actor: Actor, invitation_id: str, *, address: str = "") -> str:
    """Mail another link, good for seven days again; the one before is over. Return the address."""
    with as_service("send an invitation again"), transaction() as session:
        row = _mine(session, actor, invitation_id)
        row.invited_by = actor.member_id  # who sends it again answers for it
        _ask(session, row)
        audit.record(
            session,
            actor.customer_id,
            actor.member_id,
            "member.invited_again",
            row.id,
            after={"role": row.role},
            address=address,
        )
        return row.email


def withdraw(actor: Actor, invitation_id: str, *, address: str = "") -> str:
    """End the invitation: its link leads nowhere from now on. Return the address."""
    with as_service("withdraw an invitation"), transaction() as session:
        row = _mine(session, actor, invitation_id)
        session.delete(row)
        was: dict[str, object] = {"role": row.role}
        audit.record(
            session,
            actor.customer_id,
            actor.member_id,
            "member.invitation_withdrawn",
            row.id,
            before=was,
            address=address,
        )
        return row.email


def _ask(session: Session, row: Invitation) -> None:
    confirmations.refuse_too_often(session, row.customer_id, row.email)
    row.asked_at = clock.now()
    token = link_tokens.token(row.customer_id, row.email, row.asked_at, link_tokens.INVITATION)
    row.token_hash = link_tokens.hash_of(token)
    confirmations.write(session, row.customer_id, row.email, row.token_hash, template=INVITATION, part="invitation")


def _mine(session: Session, actor: Actor, invitation_id: str) -> Invitation:
    """Return the customer's invitation, locked with the customer, or refuse."""
    directory.locked(session, actor.customer_id)
    wanted = select(Invitation).where(Invitation.customer_id == actor.customer_id, Invitation.id == invitation_id)
    row = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound("invitation")
    ask_may_invite(actor.role, Role(row.role))
    return row


def _is_here(customer_id: str, email: str) -> Select[str]:
    return (
        select(Member.id)
        .join(Membership, Membership.member_id == Member.id)
        .where(member_addresses.has(email), Membership.customer_id == customer_id)
    )
