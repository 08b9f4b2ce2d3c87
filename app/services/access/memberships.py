"""Who belongs to a customer, by which role: listed, and made without a password."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock, ids, mailboxes
from app.domain.errors import NotFound, Refused
from app.domain.people.members import Role
from app.models.database import db
from app.models.members import Member, Membership
from app.models.scope import as_service
from app.services import audit, member_addresses
from app.services.transaction import transaction


def listed(customer_id: str, limit: int, *, before: str | None = None) -> list[tuple[Member, Membership]]:
    """Return the customer's members, the newest first; `before` is the id of the last one seen."""
    wanted = (
        select(Member, Membership)
        .join(Membership, Membership.member_id == Member.id)
        .where(Membership.customer_id == customer_id)
        .order_by(Membership.member_id.desc())
        .limit(limit)
    )
    if before is not None:
        wanted = wanted.where(Membership.member_id < before)
    with as_service("list the members of a customer"):  # a customer's own role reads no members
        return [(member, membership) for member, membership in db.session.execute(wanted)]


def one(customer_id: str, member_id: str) -> tuple[Member, Membership]:
    """Return a member of the customer's, or refuse (404)."""
    with as_service("read a member of a customer"):
        return found(db.session(), customer_id, member_id)


def found(session: Session, customer_id: str, member_id: str) -> tuple[Member, Membership]:
    """Return a member of the customer's as they are now, in the caller's scope, or refuse (404)."""
    wanted = (
        select(Member, Membership)
        .join(Membership, Membership.member_id == Member.id)
        .where(Membership.customer_id == customer_id, Member.id == member_id)
    )
    row = session.execute(wanted.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound("member")
    return row[0], row[1]


def make(customer_id: str, *, email: str, name: str, role: Role, by: str) -> tuple[Member, Membership]:
    """Make a member of the customer who has no password: a portal session leads them in.

    Refuses (409) an address that a member has, whoever's.
    """
    address, named, now = mailboxes.for_sign_in(email), name.strip(), clock.now()
    if not 1 <= len(named) <= 200 or not named.isprintable():
        raise Refused("Enter a name of at most 200 characters.", "name_malformed", 422, "name")
    member = Member(id=ids.new("mem"), email=address, name=named, password_hash=None, theme="system", created_at=now)
    membership = Membership(member_id=member.id, customer_id=customer_id, role=role.value, created_at=now)
    try:
        with as_service("make a member"), transaction() as session:
            member_addresses.ask_free(session, address)
            session.add(member)
            session.flush()
            session.add(membership)
            audit.record(session, customer_id, by, "member.created", member.id, after={"role": role.value})
    except IntegrityError:
        raise member_addresses.taken() from None
    return member, membership
