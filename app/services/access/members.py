"""People: members and their sign-in."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app import clock, ids, mailboxes
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.people.members import NAMED, Role
from app.domain.people.passwords import PASSWORD_LENGTH, check_password
from app.extensions import settings
from app.models.customers import Customer
from app.models.database import db
from app.models.members import Member, Membership
from app.models.scope import as_service
from app.models.second_factors import TwoFactor
from app.services import audit, member_addresses
from app.services.access import own_sessions, read_only_links
from app.services.transaction import transaction

log = structlog.get_logger()
CHOSEN_LAST_FIRST = (Membership.chosen_at.desc().nulls_last(), Membership.created_at, Membership.customer_id)
"""In this order a sign-in looks for the customer that the member acts for."""


@dataclass(frozen=True)
class SignedIn:
    """Who signed in, and for which customer."""

    member_id: str
    customer_id: str
    has_two_factor: bool = False
    """Whether a code of their app is asked for next: nothing of theirs is open before."""
    sessions_ended: int | None = None
    """How many times all their sessions had been ended by then: once more, and this sign-in is over too."""
    identity_id: str = ""
    """The linked account that it was begun with: once that is unlinked, this sign-in is over."""


def create_member(email: str, name: str, password: str, customer_id: str, role: Role) -> Member:
    """Create the member and the membership, or refuse."""
    address, named = mailboxes.for_sign_in(email), name.strip()
    if not 1 <= len(named) <= 200 or not named.isprintable():
        raise Refused("Enter a name of at most 200 characters.", "name_malformed", 422, "name")
    check_password(password, address)
    made, now = hashed(password), clock.now()
    member = Member(id=ids.new("mem"), email=address, name=named, password_hash=made, theme="system", created_at=now)
    try:
        with as_service("create a member"), transaction() as session:
            if session.get(Customer, customer_id) is None:
                raise NotFound("customer")
            member_addresses.ask_free(session, address)
            session.add(member)
            session.flush()
            session.add(Membership(member_id=member.id, customer_id=customer_id, role=role.value, created_at=now))
            audit.record(session, customer_id, "seller", "member.created", member.id, after={"role": role.value})
    except IntegrityError:
        raise member_addresses.taken() from None
    return member


def sign_in(email: str, password: str, address: str) -> SignedIn:
    """Return whose address and password these are, or refuse: one answer after the same work, whatever was wrong.

    Whoever acts for several customers goes on with the one chosen last.
    """
    with as_service("sign in"):
        found = db.session.execute(
            select(
                Member.id, Member.password_hash, Member.sessions_ended, Membership.customer_id, TwoFactor.confirmed_at
            )
            .join(Membership, Membership.member_id == Member.id)
            .outerjoin(TwoFactor, TwoFactor.member_id == Member.id)
            .where(Member.id == member_addresses.whose(email), Member.disabled_at.is_(None))
            .order_by(*CHOSEN_LAST_FIRST)
            .limit(1)
        ).one_or_none()
        db.session.rollback()  # the hash takes long: no transaction waits for it
    right = fits((found and found.password_hash) or _nobodys_hash(_testing()), password)
    address_hash = hashlib.sha256(address.encode()).hexdigest()[:16]
    if not (right and found and found.password_hash):
        log.warning("sign_in_refused", member=found and found.id, address_hash=address_hash)
        raise Refused(_("The e-mail address or the password is wrong."), "sign_in_refused", 422)
    if _hasher().check_needs_rehash(found.password_hash) and not _testing():
        _rehash(found.id, password)
    log.info(
        "password_accepted" if found.confirmed_at else "signed_in",
        member=found.id,
        customer=found.customer_id,
        address_hash=address_hash,
    )
    return SignedIn(found.id, found.customer_id, found.confirmed_at is not None, found.sessions_ended)


def managers(customer_id: str) -> list[str]:
    """Return the names of members who may manage the customer, owners first: no more than pages name."""
    named = (
        select(Member.name)
        .join(Membership, Membership.member_id == Member.id)
        .where(
            Membership.customer_id == customer_id,
            Membership.role.in_([role.value for role in Role if role.may_manage]),
            Member.disabled_at.is_(None),
        )
        .order_by(Membership.role.desc(), Membership.created_at, Member.id)
        .limit(NAMED + 1)
    )
    with as_service("name who may manage a customer"):  # a customer's own role reads no members
        return list(db.session.scalars(named))


def confirm(member_id: str, password: str, address: str) -> None:
    """See that this is the password of the member who is signed in, or refuse."""
    with as_service("confirm a password"):
        kept = db.session.scalar(
            select(Member.password_hash).where(Member.id == member_id, Member.disabled_at.is_(None))
        )
        db.session.rollback()  # the hash takes long: no transaction waits for it
    right = fits(kept or _nobodys_hash(_testing()), password)
    address_hash = hashlib.sha256(address.encode()).hexdigest()[:16]
    if not (right and kept):
        log.warning("confirmation_refused", member=member_id, address_hash=address_hash)
        raise Refused(_("This is not your password."), "password_wrong", 422, "confirm_password")
    log.info("access_confirmed", member=member_id, address_hash=address_hash)


def let_in(email: str, may_sign_in: bool, *, by: str) -> None:
    """Disable the member with this address, or let them sign in again. Or 404.

    All sessions of who is disabled end, and the read-only links that they have made.
    """
    with as_service("let a member in or not"), transaction() as session:
        wanted = select(Member).where(Member.id == member_addresses.whose(email), Member.deleted_at.is_(None))
        member = session.scalars(wanted.with_for_update()).one_or_none()
        if member is None:
            raise NotFound("member")
        if (member.disabled_at is None) is may_sign_in:
            return
        member.disabled_at = None if may_sign_in else clock.now()
        if not may_sign_in:
            own_sessions.end_all(session, member.id)
            acts_for = select(Membership.customer_id).where(Membership.member_id == member.id)
            for customer_id in session.scalars(acts_for.order_by(Membership.customer_id)).all():
                read_only_links.end_those_of(session, customer_id, member.id, by=by)
        action = "member.enabled" if may_sign_in else "member.disabled"
        own_sessions.write_for_all(session, member.id, by, action, {"disabled": not may_sign_in})
    log.info("member_enabled" if may_sign_in else "member_disabled", member=member.id, by=by)


def hashed(password: str) -> str:
    """Return the hash that is kept of a password."""
    return _hasher().hash(password)


def fits(kept: str, password: str) -> bool:
    """Say whether the password is the one that this hash is kept of. It takes as long as it should."""
    return _verify(kept, password[: PASSWORD_LENGTH.stop])


def signed_out(member_id: str) -> None:
    """Note that the member signed out."""
    log.info("signed_out", member=member_id)


def _rehash(member_id: str, password: str) -> None:
    """Keep the password under today's cost."""
    renewed = hashed(password)
    with as_service("keep a password under today's cost"), transaction() as session:
        session.get_one(Member, member_id).password_hash = renewed


def _verify(hashed: str, password: str) -> bool:
    try:
        return _hasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def _testing() -> bool:
    return settings().testing


def _hasher() -> PasswordHasher:
    return _hashers(_testing())


@lru_cache
def _hashers(testing: bool) -> PasswordHasher:
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1) if testing else PasswordHasher()


@lru_cache
def _nobodys_hash(testing: bool) -> str:
    """A hash that no password has, so that an unknown address costs what a known one does."""
    return _hashers(testing).hash(ids.new_token())
