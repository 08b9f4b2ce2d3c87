"""The members of a customer: listed, given another role, and removed with all that lets them in."""

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.people.members import Role
from app.domain.people.team import TeamMember, last_owner, may_invite
from app.models.api_keys import ApiKey
from app.models.database import db
from app.models.members import BrowserSession, Member, Membership, PortalSession
from app.models.people import Invitation
from app.models.scope import as_service
from app.services import audit
from app.services.access import memberships, own_sessions, read_only_links, ssh_keys
from app.services.customers import directory
from app.services.outbox import events
from app.services.transaction import transaction

A_PAGE = 50


def listed(customer_id: str, *, after: str = "") -> tuple[list[TeamMember], str]:
    """Return the members, who came first first, behind the one with the id `after`; and the last id if more follow."""
    wanted = (
        select(Member, Membership)
        .join(Membership, Membership.member_id == Member.id)
        .where(Membership.customer_id == customer_id, Membership.member_id > after)
        .order_by(Membership.member_id)
        .limit(A_PAGE + 1)
    )
    with as_service("list the members of a customer"):  # a customer's own role reads no members
        found = [_of(member, membership) for member, membership in db.session.execute(wanted)]
    rows = found[:A_PAGE]
    return rows, rows[-1].id if len(found) > A_PAGE else ""


def one(customer_id: str, member_id: str) -> TeamMember:
    """Return a member of the customer's, or refuse (404)."""
    return _of(*memberships.one(customer_id, member_id))


def change_role(customer_id: str, member_id: str, role: Role, *, by: str, address: str = "") -> TeamMember:
    """Give the member another role, from the next request on; refuse (409) to leave the customer without an owner."""
    with as_service("change a member's role"), transaction() as session:
        directory.locked(session, customer_id)  # two owners who step down at once: the second one sees the first
        member, membership = memberships.found(session, customer_id, member_id)
        before = Role(membership.role)
        if before is not role:
            if before is Role.OWNER:
                _ask_another_owner(session, customer_id, member_id)
            membership.role = role.value
            end_invitations(session, customer_id, member_id, role)
            if not role.may_manage:
                read_only_links.end_those_of(session, customer_id, member_id, by=by, address=address)
            was, now = {"role": before.value}, {"role": role.value}
            audit.record(session, customer_id, by, "member.role_changed", member_id, was, now, address=address)
            _notify(session, "member.role_changed", customer_id, member, role=role.value, role_before=before.value)
        return _of(member, membership)


def remove(customer_id: str, member_id: str, *, by: str, address: str = "") -> None:
    """Take the member off the customer, and end at once what lets them in there; refuse (409) for the last owner.

    The sessions are deleted, and not merely asked about: who is invited again signs in again.
    """
    with as_service("remove a member"), transaction() as session:
        directory.locked(session, customer_id)
        member, membership = memberships.found(session, customer_id, member_id)
        role = Role(membership.role)
        if role is Role.OWNER:
            _ask_another_owner(session, customer_id, member_id)
        session.delete(membership)
        for kind in (BrowserSession, PortalSession):
            session.execute(delete(kind).where(kind.member_id == member_id, kind.customer_id == customer_id))
        own_sessions.end_under_way(session, member_id, customer_id)
        tokens = update(ApiKey).where(ApiKey.member_id == member_id, ApiKey.customer_id == customer_id)
        session.execute(tokens.where(ApiKey.revoked_at.is_(None)).values(revoked_at=clock.now()))
        ssh_keys.member_went(session, customer_id, member_id)
        read_only_links.end_those_of(session, customer_id, member_id, by=by, address=address)
        end_invitations(session, customer_id, member_id)
        was: dict[str, object] = {"role": role.value}
        audit.record(session, customer_id, by, "member.removed", member_id, before=was, address=address)
        _notify(session, "member.removed", customer_id, member, role=role.value)


def end_invitations(session: Session, customer_id: str, member_id: str, role: Role | None = None) -> None:
    """End what the member has invited: all of it, or what somebody of this role could not have."""
    ended = [each.value for each in Role if role is None or not may_invite(role, each)]
    theirs = delete(Invitation).where(Invitation.customer_id == customer_id, Invitation.invited_by == member_id)
    session.execute(theirs.where(Invitation.role.in_(ended)))


def notify_joined(session: Session, customer_id: str, member: Member, role: Role, *, invited_by: str) -> None:
    """Write for the host that somebody has joined, in the caller's transaction."""
    _notify(session, "member.joined", customer_id, member, role=role.value, invited_by=invited_by)


def notify_left(session: Session, customer_id: str, member: Member, role: Role) -> None:
    """Write for the host that somebody is no member any more, in the caller's transaction."""
    _notify(session, "member.removed", customer_id, member, role=role.value)


def _ask_another_owner(session: Session, customer_id: str, member_id: str) -> None:
    others = (
        select(func.count())
        .select_from(Membership)
        .join(Member, Member.id == Membership.member_id)
        .where(
            Membership.customer_id == customer_id,
            Membership.role == Role.OWNER.value,
            Membership.member_id != member_id,
            Member.disabled_at.is_(None),
        )
    )
    if not session.scalar(others):
        raise last_owner()


def _notify(session: Session, kind: str, customer_id: str, member: Member, **more: object) -> None:
    said = {"member": member.id, "email": member.email, "name": member.name, **more}
    events.write(session, customer_id, kind, ids.new("chg"), said)


def _of(member: Member, membership: Membership) -> TeamMember:
    return TeamMember(
        id=member.id,
        name=member.name,
        email=member.email,
        role=Role(membership.role),
        disabled=member.disabled_at is not None,
        joined_at=membership.created_at,
        seen_at=membership.seen_at,
    )
