"""API tokens: keys of the API that a member makes for one customer. They end with what the member may do there."""

import secrets
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError

from app import clock, ids
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.mails import API_TOKEN_MADE
from app.domain.people.api_tokens import MOST, checked_name, checked_scopes, in_words
from app.domain.people.members import Actor, Role
from app.models.api_keys import ApiKey
from app.models.database import db
from app.models.members import Member, Membership
from app.models.scope import as_service
from app.services import audit
from app.services.access import api_keys
from app.services.outbox import member_mails
from app.services.transaction import transaction

log = structlog.get_logger()
CREATED, REVOKED = "api_token.created", "api_token.revoked"


@dataclass(frozen=True)
class Listed:
    """A token as a page shows it: with who made it, and whether it can be used now."""

    token: ApiKey
    member_name: str
    state: str
    """`active`, `expired`, or `dead`: its member may no longer do what it lets a program do."""


def listed(actor: Actor, limit: int, *, before: str | None = None) -> list[Listed]:
    """Return the tokens that are not revoked, the newest first: one's own, and those of all to who may manage."""
    wanted = (
        select(ApiKey, Member, Membership)
        .join(Member, Member.id == ApiKey.member_id)
        .outerjoin(
            Membership,
            (Membership.member_id == ApiKey.member_id) & (Membership.customer_id == ApiKey.customer_id),
        )
        .where(ApiKey.customer_id == actor.customer_id, ApiKey.revoked_at.is_(None))
        .order_by(ApiKey.id.desc())
        .limit(limit)
    )
    if not actor.may_manage:
        wanted = wanted.where(ApiKey.member_id == actor.member_id)
    if before is not None:
        wanted = wanted.where(ApiKey.id < before)
    with as_service("list a customer's API tokens"):
        rows = db.session.execute(wanted).all()
    return [Listed(token, member.name, _state(token, member, membership)) for token, member, membership in rows]


def one(actor: Actor, key_id: str) -> ApiKey:
    """Return a token that the member may revoke, or `NotFound`: one's own, and anybody's to who may manage."""
    with as_service("find an API token"):
        token = db.session.get(ApiKey, key_id)
    return _asked(token, actor)


def make(
    actor: Actor,
    name: str,
    scopes: list[str],
    expires_at: datetime | None,
    *,
    form_key: str = "",
    address: str = "",
    browser: str = "",
) -> str | None:
    """Make a token for the customer that the member acts for, and return its text, which nobody can show again.

    None: the form was sent before, and made its token then.
    """
    try:
        return _make(actor, name, scopes, expires_at, form_key if ids.is_form_key(form_key) else None, address, browser)
    except IntegrityError:
        return None


def _make(
    actor: Actor,
    name: str,
    scopes: list[str],
    expires_at: datetime | None,
    form_key: str | None,
    address: str,
    browser: str,
) -> str | None:
    named, secret, now = checked_name(name), secrets.token_urlsafe(32), clock.now()
    token = ApiKey(
        id=ids.new("key"),
        name=named,
        secret_hash=api_keys.hash_of(secret),
        scopes="",
        customer_id=actor.customer_id,
        member_id=actor.member_id,
        created_at=now,
        expires_at=expires_at,
        form_key=form_key,
    )
    with as_service("make an API token"), transaction() as session:
        # The role as it is now: whoever is demoted meanwhile makes no token of more.
        role = session.scalar(
            select(Membership.role)
            .where(Membership.member_id == actor.member_id, Membership.customer_id == actor.customer_id)
            .with_for_update()
        )
        if role is None:
            raise NotFound("customer")
        if form_key and session.scalar(
            select(ApiKey.id).where(ApiKey.member_id == actor.member_id, ApiKey.form_key == form_key)
        ):
            return None
        token.scopes = " ".join(checked_scopes(scopes, Role(role)))
        mine = select(func.count()).where(
            ApiKey.customer_id == actor.customer_id,
            ApiKey.member_id == actor.member_id,
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now),
        )
        if (session.scalar(mine) or 0) >= MOST:
            words = _("You have {most} tokens here. Revoke one that you no longer use.", most=MOST)
            raise Refused(words, "tokens_too_many", 409)
        session.add(token)
        # The name stays in the token's row, where it ends with its member: the trail outlives both.
        kept = {"scopes": token.scopes, "expires_at": expires_at.isoformat() if expires_at else ""}
        audit.record(session, actor.customer_id, actor.member_id, CREATED, token.id, after=kept, address=address)
        said = {"token": named, "scopes": in_words(token.scopes.split()), "address": address, "browser": browser}
        member = session.get_one(Member, actor.member_id)
        member_mails.write(session, actor.customer_id, API_TOKEN_MADE, member, key=token.id, **said)
    log.info("api_token_created", id=token.id, member=actor.member_id, customer=actor.customer_id, scopes=token.scopes)
    return f"{prefix_of(token)}{secret}"


def revoke(actor: Actor, key_id: str, *, address: str = "") -> ApiKey:
    """Revoke a token, from this commit on. Twice is once."""
    with as_service("revoke an API token"), transaction() as session:
        token = _asked(session.get(ApiKey, key_id, with_for_update=True, populate_existing=True), actor)
        is_new = token.revoked_at is None
        token.revoked_at = token.revoked_at or clock.now()
        if is_new:
            was = {"scopes": token.scopes}
            audit.record(session, actor.customer_id, actor.member_id, REVOKED, key_id, before=was, address=address)
    if is_new:
        log.info("api_token_revoked", id=key_id, member=actor.member_id)
    return token


def prefix_of(token: ApiKey) -> str:
    """Return what the token's text begins with: it names the token and opens nothing."""
    return f"pat_{token.id.removeprefix('key_')}_"


def _asked(token: ApiKey | None, actor: Actor) -> ApiKey:
    if token is None or token.member_id is None or token.customer_id != actor.customer_id:
        raise NotFound("API token")
    if token.member_id != actor.member_id and not actor.may_manage:
        raise NotFound("API token")
    return token


def _state(token: ApiKey, member: Member, membership: Membership | None) -> str:
    state = api_keys.state_of(token)
    if state == "active" and not api_keys.is_its_members(token, member, membership):
        return "dead"
    return state
