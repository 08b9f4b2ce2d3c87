"""A member's sessions, as they see and end them: their own sign-ins, and those that host products began for them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, and_, delete, or_, select, true, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.errors import NotFound
from app.models.customers import Customer
from app.models.database import db
from app.models.members import BrowserSession, Member, Membership, PortalSession
from app.models.scope import as_service
from app.services import audit, member_addresses
from app.services.access import sessions
from app.services.transaction import transaction

log = structlog.get_logger()
_IS_HALF = and_(
    BrowserSession.member_id.is_(None), BrowserSession.link_id.is_(None), BrowserSession.customer_id.is_not(None)
)
"""A visitor's session with a customer: a sign-in that waits for the second factor, with the member in its data."""
SHOWN = 50
"""So many are listed, the last seen first. Whoever has more ends them all."""


@dataclass(frozen=True)
class OwnSession:
    """One session, as its member reads it."""

    id: str
    """Names the session to its member; no token can be made of it."""
    browser: str
    network: str
    customer: str
    begun_at: datetime
    seen_at: datetime
    is_here: bool
    embedded: str


def current(member_id: str, token: str) -> list[OwnSession]:
    """Return the member's sessions that are in force: the one that asks first, then the last seen."""
    here = sessions.hash_of(token)
    asked = (
        select(BrowserSession, Customer.name)
        .outerjoin(Customer, Customer.customer_id == BrowserSession.customer_id)
        .where(BrowserSession.member_id == member_id, BrowserSession.expires_at > clock.now())
        .order_by((BrowserSession.token_hash == here).desc(), BrowserSession.seen_at.desc(), BrowserSession.token_hash)
        .limit(SHOWN)
    )
    with as_service("list a member's sessions"):
        return [_shown(row, customer or "", here) for row, customer in db.session.execute(asked)]


def end(member_id: str, customer_id: str, token: str, session_id: str, *, address: str) -> None:
    """End one of the member's other sessions at once, or `NotFound`: it ended meanwhile, or is nobody's of theirs."""
    with as_service("end a session"), transaction() as session:
        hashes = session.scalars(select(BrowserSession.token_hash).where(BrowserSession.member_id == member_id))
        found = next((each for each in hashes if _id_of(each) == session_id), None)
        if found is None or found == sessions.hash_of(token):
            raise NotFound("session")
        session.execute(delete(BrowserSession).where(BrowserSession.token_hash == found))
        audit.record(session, customer_id, member_id, "session.ended", session_id, address=address)
    log.info("session_ended", member=member_id)


def end_others(member_id: str, customer_id: str, token: str, *, address: str) -> int:
    """End all the member's sessions but the one that asks, at once; return how many."""
    with as_service("end other sessions"), transaction() as session:
        ended = end_all(session, member_id, but=token)
        if ended:
            audit.record(
                session, customer_id, member_id, "sessions.ended", member_id, after={"sessions": ended}, address=address
            )
    log.info("sessions_ended", member=member_id, count=ended)
    return ended


def end_all(session: Session, member_id: str, *, but: str = "") -> int:
    """End the member's sessions but that of the token, in the caller's transaction; return how many.

    A host product's links that were not opened yet open nothing any more, and a sign-in under way is over: the member
    is counted first, and so locked until the transaction ends.
    """
    _count(session, Member.id == member_id)
    kept = sessions.hash_of(but) if but else b""
    ended = session.execute(
        delete(BrowserSession)
        .where(BrowserSession.member_id == member_id, BrowserSession.token_hash != kept)
        .returning(BrowserSession.token_hash)
    ).all()
    acts_for = select(Membership.customer_id).where(Membership.member_id == member_id)
    _end_half(session, member_id, BrowserSession.customer_id.in_(acts_for))
    _end_links(session, PortalSession.member_id == member_id)
    return len(ended)


def end_under_way(session: Session, member_id: str, customer_id: str) -> None:
    """End the member's sign-ins for the customer that are under way, in the caller's transaction."""
    _count(session, Member.id == member_id)
    _end_half(session, member_id, BrowserSession.customer_id == customer_id)


def end_begun_with(session: Session, member_id: str, identity_id: str) -> None:
    """End the member's sign-ins under way that the linked account began, in the caller's transaction.

    One that is not in the rows yet finds the account gone (`session_facts.ask_none_ended`): the member is locked.
    """
    acts_for = select(Membership.customer_id).where(Membership.member_id == member_id)
    begun = BrowserSession.data.contains(identity_id, autoescape=True)
    _end_half(session, member_id, BrowserSession.customer_id.in_(acts_for) & begun)


def _count(session: Session, whose: ColumnElement[bool]) -> None:
    counted = update(Member).where(whose).values(sessions_ended=Member.sessions_ended + 1)
    session.execute(counted.execution_options(synchronize_session=False))


def _end_half(session: Session, member_id: str, whose: ColumnElement[bool]) -> None:
    half = delete(BrowserSession).where(_IS_HALF, whose)
    session.execute(half.where(BrowserSession.data.contains(member_id, autoescape=True)))


def _end_links(session: Session, whose: ColumnElement[bool]) -> None:
    now = clock.now()
    unused = update(PortalSession).where(whose, PortalSession.expires_at > now, PortalSession.used_at.is_(None))
    session.execute(unused.values(expires_at=now))


def end_by_seller(email: str, *, by: str) -> int:
    """End all sessions of the member with this address at once; return how many. Or `NotFound`."""
    with as_service("end a member's sessions for the seller"), transaction() as session:
        member_id = session.scalar(select(member_addresses.whose(email)))
        if member_id is None:
            raise NotFound("member")
        ended = end_all(session, member_id)
        write_for_all(session, member_id, by, "sessions.ended", {"sessions": ended})
    log.info("sessions_ended", member=member_id, count=ended, by=by)
    return ended


def end_everybodys(*, by: str) -> int:
    """End the sessions of all members at once; return how many. The log says who did it."""
    with as_service("end all sessions for the seller"), transaction() as session:
        _count(session, true())
        theirs = delete(BrowserSession).where(or_(BrowserSession.member_id.is_not(None), _IS_HALF))
        ended = len(session.execute(theirs.returning(BrowserSession.token_hash)).all())
        _end_links(session, PortalSession.member_id.is_not(None))
    log.info("sessions_ended", count=ended, by=by)
    return ended


def write_for_all(session: Session, member_id: str, by: str, action: str, after: dict[str, object]) -> None:
    """Write into the audit trail of each customer of the member's what was done, in the caller's transaction."""
    acts_for = select(Membership.customer_id).where(Membership.member_id == member_id)
    for customer_id in session.scalars(acts_for.order_by(Membership.customer_id)).all():
        audit.record(session, customer_id, by, action, member_id, after=after)


def _shown(row: BrowserSession, customer: str, here: bytes) -> OwnSession:
    return OwnSession(
        id=_id_of(row.token_hash),
        browser=row.browser,
        network=row.network,
        customer=customer,
        begun_at=row.created_at,
        seen_at=row.seen_at,
        is_here=row.token_hash == here,
        embedded=row.embedded or "",
    )


def _id_of(token_hash: bytes) -> str:
    return hashlib.sha256(b"session " + token_hash).hexdigest()[:24]
