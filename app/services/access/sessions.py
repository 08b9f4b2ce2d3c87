"""Browser sessions: begun, found, kept and ended. Only the hash of a session's token is stored."""

import hashlib
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, delete, func, null, select, update
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.people.members import Actor, Role
from app.models.customers import Customer
from app.models.database import UtcDateTime, db
from app.models.members import BrowserSession, Member, Membership
from app.models.people import AccessLink
from app.models.scope import as_service
from app.services.access import badge
from app.services.access.session_facts import NOTHING_SEEN, Embedded, Found, Seen, ask_none_ended, holder
from app.services.papers import of_documents
from app.services.papers.of_documents import FileAsked, FileRow
from app.services.transaction import transaction

IDLE = timedelta(hours=12)
LIFETIME = timedelta(days=14)
VISITOR_LIFETIME = timedelta(hours=1)
FRESH_FOR = timedelta(minutes=10)
"""How long after the password was given a session may make sensitive changes."""
# How stale `seen_at` may be: not every page view is worth a write.
TOUCH_AFTER = timedelta(minutes=5)
FRAME, WINDOW = "frame", "window"
FRAME_IDLE, FRAME_LIFETIME = timedelta(minutes=30), timedelta(hours=12)
"""How long a session inside a host product lasts. It is noted more often that it is used, so that none ends early."""
FRAME_TOUCH_AFTER = timedelta(minutes=1)
PURGE_BATCH = 100
_TOKEN, _NOW = "of_token", "session_now"


def find(
    token: str, *, embedded: bool = False, with_balance: bool = False, file: FileAsked | None = None
) -> Found | None:
    """Return the session of this token, or None; with it the customer's balance, or a file of a document of its own.

    A member who was disabled or who lost the membership is signed out by this very question. A token is only good for
    the kind of session that it was made for: `embedded` inside a host product, otherwise that of a sign-in.
    """
    now = clock.now()
    values: dict[str, Any] = {_TOKEN: hash_of(token), _NOW: now} | (file.values if file else {})
    with as_service("find a browser session"):
        row = db.session.execute(
            _question(with_balance=with_balance, with_file=file is not None),
            values | ({badge.NOW: now} if with_balance else {}),
        ).one_or_none()
        db.session.expunge_all()  # what was read stays readable when the scope ends
    if row is None:
        return None
    kept, member, role, link, customer, remaining, due, *found = row
    if (kept.embedded is not None) is not embedded:
        return None
    stale = now - kept.seen_at > (FRAME_TOUCH_AFTER if embedded else TOUCH_AFTER)
    asked = FileRow(*found) if file else None
    if kept.link_id is not None:
        return Found(kept.data, holder(link, customer), customer, stale, file=asked) if link else None
    if kept.member_id is None or not role:
        return None if kept.member_id else Found(kept.data, None, None, stale)
    actor = Actor(
        member_id=member.id,
        customer_id=customer.customer_id,
        role=Role(role).at_most(kept.role_at_most),
        name=member.name,
        email=member.email,
        customer_name=customer.name,
        theme=member.theme,
        time_zone=member.time_zone,
        language=member.language,
    )
    fresh = kept.authenticated_at is not None and now - kept.authenticated_at <= FRESH_FOR
    return Found(kept.data, actor, customer, stale, fresh, remaining, due or 0, asked, kept.embedded or "")


@lru_cache
def _question(*, with_balance: bool, with_file: bool) -> Select[*tuple[Any, ...]]:
    """Return the statement that finds a session. Made once: to put it together takes longer than to run it."""
    acts_for = func.coalesce(Membership.customer_id, AccessLink.customer_id)
    asked = (
        select(
            BrowserSession,
            Member,
            Membership.role,
            AccessLink,
            Customer,
            badge.REMAINING if with_balance else null(),
            null() if with_balance or with_file else badge.INVOICES_DUE,
        )
        .outerjoin(Member, and_(Member.id == BrowserSession.member_id, Member.disabled_at.is_(None)))
        .outerjoin(
            Membership,
            and_(Membership.member_id == Member.id, Membership.customer_id == BrowserSession.customer_id),
        )
        .outerjoin(
            AccessLink,
            and_(
                AccessLink.id == BrowserSession.link_id,
                AccessLink.revoked_at.is_(None),
                AccessLink.expires_at > bindparam(_NOW, type_=UtcDateTime()),
            ),
        )
        .outerjoin(Customer, Customer.customer_id == acts_for)
        .where(
            BrowserSession.token_hash == bindparam(_TOKEN),
            BrowserSession.expires_at > bindparam(_NOW, type_=UtcDateTime()),
        )
    )
    # The membership's or the link's, which is the customer that is acted for: nobody else's file is beside it.
    return of_documents.beside(asked, acts_for) if with_file else asked


def begin(
    data: str,
    member_id: str | None = None,
    customer_id: str | None = None,
    instead_of: str = "",
    seen: Seen = NOTHING_SEEN,
    sessions_ended: int | None = None,
    identity_id: str = "",
) -> str:
    """Begin a session, end the one it replaces, and return its token; or refuse as `ask_none_ended`."""
    now, token = clock.now(), ids.new_token()
    with as_service("begin a browser session"), transaction() as session:
        ask_none_ended(session, member_id, sessions_ended, identity_id)
        _purge(session, now, instead_of)
        session.add(
            BrowserSession(
                token_hash=hash_of(token),
                member_id=member_id,
                customer_id=customer_id,
                data=data,
                created_at=now,
                seen_at=now,
                authenticated_at=now if member_id else None,
                expires_at=now + (IDLE if member_id else VISITOR_LIFETIME),
                browser=seen.browser,
                network=seen.network,
            )
        )
        if member_id and customer_id:
            _seen(session, member_id, customer_id, now, is_chosen=True)
    return token


def switch(token: str, customer_id: str, data: str) -> bool:
    """Let the session of a sign-in act for another customer of the member's, with this data; say whether it does.

    The membership is asked for by the very statement that moves the session: one that is taken away at this moment is
    either there for all of it, or not.
    """
    now = clock.now()
    is_member = select(Membership.member_id).where(
        Membership.member_id == BrowserSession.member_id, Membership.customer_id == customer_id
    )
    with as_service("act for another customer"), transaction() as session:
        member_id = session.scalar(
            update(BrowserSession)
            .where(
                BrowserSession.token_hash == hash_of(token),
                BrowserSession.embedded.is_(None),
                BrowserSession.expires_at > now,
                is_member.exists(),
            )
            .values(customer_id=customer_id, data=data)
            .returning(BrowserSession.member_id)
            .execution_options(synchronize_session=False)
        )
        if member_id is not None:
            _seen(session, member_id, customer_id, now, is_chosen=True)
    return member_id is not None


def begin_embedded(session: Session, token: str, data: str, member_id: str, customer_id: str, how: Embedded) -> None:
    """Begin a session inside a host product under this token, in the caller's transaction."""
    now = clock.now()
    _purge(session, now)
    _seen(session, member_id, customer_id, now)
    session.add(
        BrowserSession(
            token_hash=hash_of(token),
            member_id=member_id,
            customer_id=customer_id,
            data=data,
            created_at=now,
            seen_at=now,
            authenticated_at=how.authenticated_at,
            expires_at=now + FRAME_IDLE + FRAME_TOUCH_AFTER,
            embedded=how.kind,
            role_at_most=how.role_at_most,
            browser=how.seen.browser,
            network=how.seen.network,
            opened_by=how.opened_by,
        )
    )


def begin_by_link(session: Session, token: str, link_id: str, customer_id: str, instead_of: str) -> None:
    """Begin the session of whoever holds a read-only link, in the caller's transaction; end the one it replaces."""
    now = clock.now()
    _purge(session, now, instead_of)
    session.add(
        BrowserSession(
            token_hash=hash_of(token),
            customer_id=customer_id,
            link_id=link_id,
            data="{}",
            created_at=now,
            seen_at=now,
            expires_at=now + IDLE,
        )
    )


def confirm(token: str, *, under_a_new_one: bool = True) -> str:
    """Note that the member gave the password again, and return the session's new token: the old one is worth nothing.

    A session whose token stands in the address keeps it. The frame that opened this window is as fresh as it is.
    Returns nothing where the session has ended meanwhile.
    """
    now, renewed = clock.now(), ids.new_token() if under_a_new_one else token
    with as_service("confirm a browser session"), transaction() as session:
        changed = session.execute(
            update(BrowserSession)
            .where(
                BrowserSession.token_hash == hash_of(token),
                BrowserSession.member_id.is_not(None),
                BrowserSession.expires_at > now,
            )
            .values(token_hash=hash_of(renewed), authenticated_at=now)
            .returning(BrowserSession.opened_by, BrowserSession.member_id)
        ).one_or_none()
        if changed and changed.opened_by:
            session.execute(
                update(BrowserSession)
                .where(BrowserSession.token_hash == changed.opened_by, BrowserSession.member_id == changed.member_id)
                .values(authenticated_at=now)
            )
    return renewed if changed else ""


def keep(
    token: str, data: str, *, customer_id: str | None = None, is_seen: bool = True, seen: Seen = NOTHING_SEEN
) -> None:
    """Keep the session's data, and count the session as seen now, by what is `seen`, where somebody `is_seen` at it.

    The data belongs to the customer that the session acted for when it was read. One that acts for another by now has
    data of its own: that of the first would make forms of the first good for the second.
    """
    now = clock.now()
    with as_service("keep a browser session"), transaction() as session:
        row = session.get(BrowserSession, hash_of(token), with_for_update=True)
        if row is None:  # signed out meanwhile, in another tab: it stays signed out
            return
        if customer_id is not None and row.customer_id != customer_id:
            return
        row.data = data
        if not is_seen:
            return
        seen_before, row.seen_at = row.seen_at, now
        if row.member_id and row.customer_id and now - seen_before > TOUCH_AFTER:
            _seen(session, row.member_id, row.customer_id, now)
        row.browser, row.network = seen.browser or row.browser, seen.network or row.network
        lifetime, idle = LIFETIME if row.member_id or row.link_id else VISITOR_LIFETIME, IDLE
        if row.embedded:
            lifetime, idle = FRAME_LIFETIME, FRAME_IDLE + FRAME_TOUCH_AFTER
        row.expires_at = min(row.created_at + lifetime, now + idle)


def end(token: str) -> None:
    """End the session: its token is worth nothing from now on."""
    with as_service("end a browser session"), transaction() as session:
        session.execute(delete(BrowserSession).where(BrowserSession.token_hash == hash_of(token)))


def _seen(session: Session, member_id: str, customer_id: str, now: datetime, *, is_chosen: bool = False) -> None:
    chosen = {"chosen_at": now} if is_chosen else {}
    session.execute(
        update(Membership)
        .where(Membership.member_id == member_id, Membership.customer_id == customer_id)
        .values(seen_at=now, **chosen)
        .execution_options(synchronize_session=False)
    )


def _purge(session: Session, now: datetime, instead_of: str = "") -> None:
    if instead_of:
        session.execute(delete(BrowserSession).where(BrowserSession.token_hash == hash_of(instead_of)))
    expired = select(BrowserSession.token_hash).where(BrowserSession.expires_at <= now).limit(PURGE_BATCH)
    session.execute(delete(BrowserSession).where(BrowserSession.token_hash.in_(session.scalars(expired).all())))


def hash_of(token: str) -> bytes:
    """Return the hash that is kept of a token of 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
