"""Members as a host product names them: found by their address, and made where the seller's catalog says so."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, ids, mailboxes
from app.domain.errors import Refused
from app.domain.people.members import Role
from app.models.members import Member, Membership
from app.services import audit, member_addresses


def named(
    session: Session,
    customer_id: str,
    *,
    email: str | None,
    role: Role | None,
    name: str | None,
    may_create: bool,
    by: str,
) -> str:
    """Return the id of the customer's member with this address, or refuse; without an address that of its only one."""
    if email is None:
        return _only_one(session, customer_id)
    address = mailboxes.normal(email)
    member = session.scalars(select(Member).where(Member.id == member_addresses.whose(email))).one_or_none()
    if member is not None and member.disabled_at is not None:
        raise Refused("This member is disabled.", "member_disabled", 409, "member_email")
    if member is not None and session.get(Membership, (member.id, customer_id)) is not None:
        return member.id
    if not may_create:
        words = (
            "This customer has no member with this e-mail address. Make one with `POST /v1/customers/{id}/members`, "
            "or let portal sessions make members: `embedding.creates_members` in the catalog."
        )
        raise Refused(words, "member_not_found", 404, "member_email")
    return _create(session, customer_id, member, address, role or Role.VIEWER, name, by)


def _create(
    session: Session, customer_id: str, member: Member | None, address: str, role: Role, name: str | None, by: str
) -> str:
    now = clock.now()
    if member is None:
        mailboxes.for_sign_in(address)
        shown = (name or "").strip() or address.partition("@")[0]
        if len(shown) > 200 or not shown.isprintable():
            raise Refused("Enter a name of at most 200 characters.", "name_malformed", 422, "member_name")
        # Without a password: whoever wants to sign in without the host asks for one.
        member = Member(id=ids.new("mem"), email=address, name=shown, theme="system", created_at=now)
        session.add(member)
        session.flush()
    session.add(Membership(member_id=member.id, customer_id=customer_id, role=role.value, created_at=now))
    session.flush()
    audit.record(session, customer_id, by, "member.created", member.id, after={"role": role.value})
    return member.id


def _only_one(session: Session, customer_id: str) -> str:
    found = session.scalars(
        select(Member.id)
        .join(Membership, Membership.member_id == Member.id)
        .where(Membership.customer_id == customer_id, Member.disabled_at.is_(None))
        .order_by(Membership.created_at, Member.id)
        .limit(2)
    ).all()
    if not found:
        words = (
            "This customer has no member. Make one with `POST /v1/customers/{id}/members`, "
            "or name one by `member_email` where the catalog lets portal sessions make members."
        )
        raise Refused(words, "member_not_found", 404, "member_email")
    if len(found) > 1:
        words = "This customer has several members. Say by `member_email` which one it is."
        raise Refused(words, "member_ambiguous", 409, "member_email")
    return found[0]
