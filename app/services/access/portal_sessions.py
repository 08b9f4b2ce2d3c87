"""Portal sessions: one-time links into the portal, and the sessions that they are swapped for.

A link lives for a minute and works once. What comes of each step if the process dies after it: decision 0050.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.people.members import Role
from app.extensions import settings
from app.models.customers import Customer
from app.models.database import db
from app.models.members import BrowserSession, PortalSession
from app.models.scope import as_service
from app.services.access import host_members, sessions
from app.services.access.session_facts import NOTHING_SEEN, Embedded, Seen
from app.services.access.sessions import hash_of
from app.services.transaction import transaction

log = structlog.get_logger()

LIVES = timedelta(seconds=60)
WINDOW_LIVES = timedelta(minutes=10)
"""A frame shows the link to a window some time before anybody presses it."""
WINDOW_LASTS = timedelta(minutes=10)
"""How long a window of a frame works where its token stands in its address, and so in the browser's history."""
CHECKED_WITHIN = timedelta(seconds=60)
KEPT = timedelta(days=1)
PURGE_BATCH = 100
LONGEST_TOKEN = 100
EMBEDDED = "embedded"
"""The key in a session's data under which its theme, language and way back stand."""


@dataclass(frozen=True)
class Wanted:
    """What a host's backend asks for."""

    email: str | None = None
    role: Role | None = None
    name: str | None = None
    path: str = "/"
    options: Mapping[str, Any] | None = None
    authenticated_at: datetime | None = None
    creates_members: bool = False
    request_key: str | None = None
    """Of a request that may be repeated: the same one is answered with the same link."""
    request_digest: str = ""


@dataclass(frozen=True)
class Made:
    """A link that was made: its token is shown once."""

    token: str
    expires_at: datetime


@dataclass(frozen=True)
class Swapped:
    """A link that was used: the token of its session, and that of the address where the cookie is looked for."""

    token: str
    check: str


@dataclass(frozen=True)
class Checked:
    """Where the browser goes on, and with which token in the address; nothing where the cookie came back."""

    path: str
    token: str


def create(customer: Customer, wanted: Wanted, *, by: str) -> Made:
    """Make a link for a member of the customer's, or refuse. A member who does not exist is made where that is asked.

    The same request key and digest answer with the same link, which may be used or over by then (AC-1).
    """
    try:
        return _create(customer, wanted, by)
    except IntegrityError:  # the same member or link was made by another request at this moment: now it is there
        return _create(customer, wanted, by)


def for_window(session_token: str, path: str) -> Made:
    """Make a link that opens a tab of its own beside the frame whose session this is, as the same member."""
    now, token = clock.now(), ids.new_token()
    with as_service("open a window beside a frame"), transaction() as session:
        frame = session.get(BrowserSession, hash_of(session_token))
        if frame is None or frame.member_id is None or frame.customer_id is None or frame.expires_at <= now:
            raise Refused(_("This session has ended."), "session_ended", 410)
        options = json.loads(frame.data).get(EMBEDDED, {})
        who = _Who(frame.customer_id, frame.member_id, frame.role_at_most)
        row = _row(token, who, path, options, now, by="frame", fresh=frame.authenticated_at)
        row.opened_by, row.expires_at = frame.token_hash, now + WINDOW_LIVES
        session.add(row)
    return Made(token, now + WINDOW_LIVES)


def swap(token: str, *, kind: str, seen: Seen = NOTHING_SEEN) -> Swapped:
    """Use the link up and begin its session, or refuse: 404 for one that never was, 410 for one that is over."""
    now, check, begun = clock.now(), ids.new_token(), ids.new_token()
    found = None
    with as_service("swap a portal session's link"):
        if 0 < len(token) <= LONGEST_TOKEN:
            with transaction() as session:
                found = session.scalars(
                    update(PortalSession)
                    .where(
                        PortalSession.token_hash == hash_of(token),
                        PortalSession.used_at.is_(None),
                        PortalSession.expires_at > now,
                    )
                    .values(used_at=now, check_hash=hash_of(check), session_hash=hash_of(begun))
                    .returning(PortalSession)
                ).one_or_none()
                if found is not None:
                    data = json.dumps({EMBEDDED: json.loads(found.options)})
                    how = Embedded(kind, found.role_at_most, found.authenticated_at, found.opened_by, seen)
                    sessions.begin_embedded(session, begun, data, found.member_id, found.customer_id, how)
        if found is None:
            raise _over(token)
    log.info("portal_session_opened", id=found.id, member=found.member_id, customer=found.customer_id, kind=kind)
    return Swapped(begun, check)


def check(token: str, cookie: str) -> Checked:
    """See whether the cookie came back; if not, the session gets another token, for the address. Works once."""
    now, renewed = clock.now(), ids.new_token()
    found = None
    with as_service("check a portal session's cookie"), transaction() as session:
        if 0 < len(token) <= LONGEST_TOKEN:
            found = session.scalars(
                update(PortalSession)
                .where(
                    PortalSession.check_hash == hash_of(token),
                    PortalSession.checked_at.is_(None),
                    PortalSession.used_at > now - CHECKED_WITHIN,
                )
                .values(checked_at=now)
                .returning(PortalSession)
            ).one_or_none()
        if found is None:
            is_there = select(PortalSession.id).where(PortalSession.check_hash == hash_of(token[:LONGEST_TOKEN]))
            raise _used() if session.scalar(is_there) else NotFound("link")
        if cookie and hash_of(cookie) == found.session_hash:
            return Checked(found.path, "")
        begun = session.scalars(
            update(BrowserSession)
            .where(BrowserSession.token_hash == found.session_hash)
            .values(token_hash=hash_of(renewed))
            .returning(BrowserSession)
        ).one_or_none()
        if begun is not None and begun.opened_by is not None:
            # Its twelve hours end in ten minutes, however much it is used.
            begun.created_at, begun.expires_at = now - sessions.FRAME_LIFETIME + WINDOW_LASTS, now + WINDOW_LASTS
    return Checked(found.path, renewed)


@dataclass(frozen=True)
class _Who:
    customer_id: str
    member_id: str
    role_at_most: str | None


def _create(customer: Customer, wanted: Wanted, by: str) -> Made:
    key, now = wanted.request_key, clock.now()
    token = _token_of(key, now) if key else ids.new_token()
    fresh = min(wanted.authenticated_at, now) if wanted.authenticated_at else None
    with as_service("make a portal session"), transaction() as session:
        _purge(session, now)
        made = select(PortalSession).where(PortalSession.request_key == key)
        earlier = session.scalars(made).one_or_none() if key else None
        if earlier is not None:
            if earlier.request_digest != wanted.request_digest:
                words = "This Idempotency-Key was used for another request. Take a new key."
                raise Refused(words, "idempotency_key_reused", 409)
            return Made(_token_of(str(key), earlier.created_at), earlier.expires_at)
        member_id = host_members.named(
            session,
            customer.customer_id,
            email=wanted.email,
            role=wanted.role,
            name=wanted.name,
            may_create=wanted.creates_members,
            by=by,
        )
        who = _Who(customer.customer_id, member_id, wanted.role.value if wanted.role else None)
        row = _row(token, who, wanted.path, wanted.options or {}, now, by=by, fresh=fresh)
        row.request_key, row.request_digest = key, wanted.request_digest or None
        session.add(row)
    log.info("portal_session_made", member=member_id, customer=customer.customer_id, by=by)
    return Made(token, now + LIVES)


def _row(
    token: str, who: _Who, path: str, options: Mapping[str, Any], now: datetime, *, by: str, fresh: datetime | None
) -> PortalSession:
    return PortalSession(
        id=ids.new("pse"),
        customer_id=who.customer_id,
        member_id=who.member_id,
        token_hash=hash_of(token),
        role_at_most=who.role_at_most,
        path=path,
        options=json.dumps(dict(options), sort_keys=True),
        authenticated_at=fresh,
        created_by=by,
        created_at=now,
        expires_at=now + LIVES,
    )


def _token_of(request_key: str, made_at: datetime) -> str:
    """Return the token of a request that may be repeated: nobody without our key can make it, and it is not stored."""
    said = f"link of a portal session {request_key} {made_at.astimezone(UTC).isoformat()}"
    made = hmac.new(settings().secret_key.encode(), said.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _purge(session: Session, now: datetime) -> None:
    old = select(PortalSession.id).where(PortalSession.expires_at <= now - KEPT).limit(PURGE_BATCH)
    session.execute(delete(PortalSession).where(PortalSession.id.in_(session.scalars(old).all())))


def _over(token: str) -> Refused:
    """Return why the link is not good."""
    found = db.session.scalar(select(PortalSession).where(PortalSession.token_hash == hash_of(token[:LONGEST_TOKEN])))
    if found is None:
        return NotFound("link")
    return (
        _used() if found.used_at is not None else Refused(_("This link was valid for a minute."), "link_expired", 410)
    )


def _used() -> Refused:
    return Refused(_("This link has been used. Each one works once."), "link_used", 410)
