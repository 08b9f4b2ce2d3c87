"""Keys of the Billing API: made once, shown once, kept as a hash. A revoked key is dead at once."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest

import structlog
from sqlalchemy import and_, or_, select, update

from app import clock, ids
from app.domain.errors import NotFound, Refused
from app.domain.people import api_tokens
from app.models.api_keys import ApiKey
from app.models.customers import Customer
from app.models.database import db
from app.models.members import Member, Membership
from app.models.scope import as_service
from app.services.transaction import transaction

log = structlog.get_logger()

ALL = "all"
SCOPES = (
    ALL,
    "usage:write",
    "billing:read",
    "billing:write",
    "customers:write",
    "credits:grant",
    "webhooks:manage",
    "embed:create",
    "embed:manage",
)
SELLERS_ONLY = frozenset({ALL, "customers:write", "credits:grant", "embed:create", "embed:manage"})
"""What no key that is bound to a customer may have: the seller gives credit, moves plans and signs people in."""
_FOR_A_CUSTOMER = [scope for scope in SCOPES if scope not in SELLERS_ONLY]
_TEXT = re.compile(r"(?:sk|pat)_([0-7][0-9a-hjkmnp-tv-z]{25})_([A-Za-z0-9_-]{43})")
_WITH_MEMBER = (
    select(ApiKey, Member, Membership)
    .outerjoin(Member, Member.id == ApiKey.member_id)
    .outerjoin(Membership, and_(Membership.member_id == ApiKey.member_id, Membership.customer_id == ApiKey.customer_id))
)
USE_NOTED_EVERY = timedelta(hours=1)
"""How often the use of a key is noted, at most."""


@dataclass(frozen=True)
class Presented:
    """A key as it was sent: which one it says it is, and the hash of its secret. Nothing is proved yet."""

    key_id: str
    secret_hash: str


@dataclass(frozen=True)
class Caller:
    """Who calls: a key that is good now, what it may do, and the only customer it may ask about (None: all)."""

    key_id: str
    scopes: frozenset[str]
    customer_id: str | None

    def may(self, scope: str) -> bool:
        """Say whether the key's scopes allow it. A key that is bound to a customer has none of the seller's."""
        if self.customer_id is not None:
            return scope in self.scopes - SELLERS_ONLY
        return ALL in self.scopes or scope in self.scopes


def create(
    name: str, scopes: list[str], *, customer_id: str | None = None, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Make a key, and return it with its text, which nobody can show again."""
    unknown = [each for each in scopes if each not in SCOPES]
    if unknown or not scopes:
        raise Refused(f"A scope is one of {', '.join(SCOPES)}.", "scope_unknown", 422, "scopes")
    sellers = sorted(SELLERS_ONLY.intersection(scopes))
    if customer_id is not None and sellers:
        words = f"A key for one customer cannot have {', '.join(sellers)}: take of {', '.join(_FOR_A_CUSTOMER)}."
        raise Refused(words, "scope_sellers_only", 422, "scopes")
    if not (len(name) <= 100 and name.isprintable()):
        raise Refused("A key's name has at most 100 visible characters.", "name_malformed", 422, "name")
    now = clock.now()
    if expires_at is not None and expires_at <= now:
        raise Refused("The key would have expired already.", "expires_too_soon", 422, "expires_at")
    number, secret = ids.new("key"), secrets.token_urlsafe(32)
    key = ApiKey(
        id=number,
        name=name,
        secret_hash=hash_of(secret),
        scopes=" ".join(sorted(set(scopes))),
        customer_id=customer_id,
        created_at=now,
        expires_at=expires_at,
    )
    with as_service("make an API key"):
        if customer_id is not None and db.session.get(Customer, customer_id) is None:
            raise NotFound("customer")
        with transaction() as session:
            session.add(key)
    log.info("api_key_created", id=number, scopes=key.scopes, customer=customer_id)
    return key, f"sk_{number.removeprefix('key_')}_{secret}"


def revoke(key_id: str) -> ApiKey:
    """Revoke a key, from this commit on. Twice is once."""
    with as_service("revoke an API key"), transaction() as session:
        key = session.get(ApiKey, key_id, with_for_update=True)
        if key is None:
            raise NotFound("API key")
        is_new = key.revoked_at is None
        key.revoked_at = key.revoked_at or clock.now()
    if is_new:
        log.info("api_key_revoked", id=key_id)
    return key


def listed() -> list[ApiKey]:
    """Return every key, the newest first."""
    with as_service("list API keys"):
        return list(db.session.scalars(select(ApiKey).order_by(ApiKey.id.desc())))


def state_of(key: ApiKey) -> str:
    """Say whether the key is good now: `active`, `revoked` or `expired`."""
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= clock.now() else "active"


def presented(text: str) -> Presented | None:
    """Return what a key's text says, or None where it has not the form of one."""
    found = _TEXT.fullmatch(text)
    return Presented(f"key_{found[1]}", hash_of(found[2])) if found else None


def find(shown: Presented) -> Caller | None:
    """Return who calls by this key, or None where it is unknown, wrong, expired or revoked. One statement.

    A member's token is good only while its member may do what its scopes say: removed, disabled or demoted, it is not.
    """
    now = clock.now()
    with as_service("look for an API key"):
        found = db.session.execute(_WITH_MEMBER.where(ApiKey.id == shown.key_id)).one_or_none()
        if found is None or not compare_digest(found[0].secret_hash, shown.secret_hash):
            return None
        key, member, membership = found
        if state_of(key) != "active" or not is_its_members(key, member, membership):
            return None
        caller = Caller(key.id, frozenset(key.scopes.split()), key.customer_id)  # a write forgets what was read
        if key.last_used_at is None or key.last_used_at <= now - USE_NOTED_EVERY:
            _note_use(key.id, now)
        return caller


def is_its_members(key: ApiKey, member: Member | None, membership: Membership | None) -> bool:
    """Say whether the member who made the key may still do what it does. A key of the seller's asks no member.

    Who was removed and came back has a newer membership: what was made before stays dead.
    """
    if key.member_id is None:
        return True
    if member is None or member.disabled_at is not None or membership is None:
        return False
    return membership.created_at <= key.created_at and api_tokens.is_within(key.scopes.split(), membership.role)


def _note_use(key_id: str, now: datetime) -> None:
    stale = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= now - USE_NOTED_EVERY)
    with transaction() as session:
        session.execute(update(ApiKey).where(ApiKey.id == key_id, stale).values(last_used_at=now))


def hash_of(secret: str) -> str:
    """Return the hash that is kept of a secret. The secret has 256 random bits, so that no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()
