"""Read-only links: a customer's invoices and statements for whoever holds one, until it is over or revoked.

The token is shown once and kept as its SHA-256. It is swapped for a session, so that it stands in no address of a page.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.errors import Forbidden, NotFound, Refused
from app.domain.language import _
from app.domain.people.members import Actor, Role
from app.domain.people.read_only import MOST_LINKS, checked_days, checked_name
from app.models.database import db
from app.models.members import Member, Membership
from app.models.people import AccessLink
from app.models.scope import as_service
from app.services import audit
from app.services.access import read_only_links, sessions
from app.services.access.read_only_links import are_good
from app.services.access.sessions import hash_of
from app.services.customers import directory
from app.services.transaction import transaction

LONGEST_TOKEN = 100


@dataclass(frozen=True)
class Link:
    """A link that is good."""

    id: str
    name: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    opened_at: datetime | None


@dataclass(frozen=True)
class Made:
    """A link that was made: its token is shown once."""

    id: str
    token: str
    name: str
    expires_at: datetime


def good_ones(customer_id: str) -> list[Link]:
    """Return the links that are good now, the newest first."""
    wanted = (
        select(AccessLink, Member.name)
        .outerjoin(Member, Member.id == AccessLink.created_by)
        .where(*are_good(customer_id))
        .order_by(AccessLink.id.desc())
        .limit(MOST_LINKS)
    )
    with as_service("list the read-only links of a customer"):
        return [
            Link(row.id, row.name, by or "", row.created_at, row.expires_at, row.opened_at)
            for row, by in db.session.execute(wanted)
        ]


def make(actor: Actor, name: str, days: int, *, address: str = "") -> Made:
    """Make a link that lasts so many days, or refuse: 403 for a viewer, 409 for a name that a good link has."""
    if not actor.may_manage:
        raise Forbidden
    named, lasts, token, now = checked_name(name), checked_days(days), ids.new_token(), clock.now()
    with as_service("make a read-only link"), transaction() as session:
        directory.locked(session, actor.customer_id)
        if not _may_still(session, actor):
            raise Forbidden
        good = session.scalars(select(AccessLink.name).where(*are_good(actor.customer_id))).all()
        if named in good:
            words = _("A link with this name is good already. Revoke it, or choose another name.")
            raise Refused(words, "name_taken", 409, "name")
        if len(good) >= MOST_LINKS:
            words = _("{most} links are good already. Revoke one first.", most=MOST_LINKS)
            raise Refused(words, "too_many_links", 409, "name")
        row = AccessLink(
            id=ids.new("acl"),
            customer_id=actor.customer_id,
            name=named,
            token_hash=hash_of(token),
            created_by=actor.member_id,
            created_at=now,
            expires_at=now + timedelta(days=lasts),
        )
        session.add(row)
        said: dict[str, object] = {"name": named, "expires_at": row.expires_at.isoformat()}
        audit.record(
            session, actor.customer_id, actor.member_id, "access_link.created", row.id, after=said, address=address
        )
    return Made(row.id, token, named, row.expires_at)


def revoke(actor: Actor, link_id: str, *, address: str = "") -> str:
    """End the link and every session that it began, at once. Return its name."""
    if not actor.may_manage:
        raise Forbidden
    with as_service("revoke a read-only link"), transaction() as session:
        ended = read_only_links.end(
            session, actor.customer_id, AccessLink.id == link_id, by=actor.member_id, address=address
        )
        if not ended:
            raise NotFound("link")
        return ended[0]


def is_good(token: str) -> bool:
    """Say whether the link is good now. Asking opens nothing."""
    wanted = select(AccessLink.id).where(AccessLink.token_hash == hash_of(token[:LONGEST_TOKEN]), *are_good())
    with as_service("look at a read-only link"):
        return db.session.scalar(wanted) is not None


def swap(token: str, *, instead_of: str = "", address: str = "") -> str:
    """Begin a session for whoever holds the link, and return the session's token; refuse (404) a link that is over."""
    if not 0 < len(token) <= LONGEST_TOKEN:
        raise NotFound("link")
    now, begun = clock.now(), ids.new_token()
    with as_service("open a read-only link"), transaction() as session:
        row = session.scalars(
            update(AccessLink)
            .where(AccessLink.token_hash == hash_of(token), *are_good())
            .values(opened_at=now)
            .returning(AccessLink)
        ).one_or_none()
        if row is None:
            raise NotFound("link")
        sessions.begin_by_link(session, begun, row.id, row.customer_id, instead_of)
        audit.record(session, row.customer_id, row.id, "access_link.opened", row.id, {}, {"name": row.name}, address)
    return begun


def _may_still(session: Session, actor: Actor) -> bool:
    """Say whether who makes a link may do so now, and until the caller's transaction ends."""
    asked = select(Membership.role).join(Member, Member.id == Membership.member_id)
    asked = asked.where(Membership.member_id == actor.member_id, Membership.customer_id == actor.customer_id)
    role = session.scalar(asked.where(Member.disabled_at.is_(None)).with_for_update(read=True, of=Member))
    return role is not None and Role(role).may_manage
