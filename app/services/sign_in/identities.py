"""Accounts at providers: signed in with, linked, confirmed by and taken away. Each is found by its subject alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock, ids, mailboxes
from app.domain import mails
from app.domain.errors import NotFound, Refused
from app.domain.language import _, marked
from app.domain.people.identities import ask_another_way, may_be_linked_by_email
from app.identity_settings import IdentityProvider
from app.models.database import db
from app.models.identities import Identity
from app.models.members import Member, Membership
from app.models.scope import as_service
from app.models.second_factors import TwoFactor
from app.services import member_addresses
from app.services.access import own_sessions
from app.services.access.members import CHOSEN_LAST_FIRST, SignedIn
from app.services.sign_in import changes, passkeys, ways
from app.services.sign_in.identity_providers import Proven, offered, says_when
from app.services.sign_in.passwords import By
from app.services.transaction import transaction

log = structlog.get_logger()
CLOCKS_DIFFER = timedelta(seconds=60)
_NOT_HERE = marked(
    "This {provider} account is not linked to a sign-in here. Sign in in another way, and link it on Authentication."
)


@dataclass(frozen=True)
class Shown:
    """A provider, and the member's account there, if they have one."""

    provider: IdentityProvider
    id: str = ""
    name: str = ""
    since: datetime | None = None
    last_used_at: datetime | None = None


def current(member_id: str) -> list[Shown]:
    """Return the providers that there are, each with the member's account."""
    with as_service("list accounts at providers"):
        mine = {each.issuer: each for each in db.session.scalars(_of(member_id))}
    shown = []
    for each in offered():
        row = mine.get(each.issuer)
        shown.append(Shown(each, row.id, row.shown, row.created_at, row.last_used_at) if row else Shown(each))
    return shown


def confirming(member_id: str) -> list[IdentityProvider]:
    """Return the providers by which the member can confirm a sensitive change: by signing in there anew."""
    if not any(says_when(each) for each in offered()):
        return []
    return [each.provider for each in current(member_id) if each.id and says_when(each.provider)]


def sign_in(proven: Proven, by_address: str, browser: str) -> SignedIn:
    """Return whose account it is, or refuse: in the same words, whether nobody's or that of a member who may not.

    An account that is nobody's is linked to the member of its address where `may_be_linked_by_email` says so.
    """
    with as_service("sign in with a provider"):
        member_id = db.session.scalar(
            select(Identity.member_id).where(
                Identity.issuer == proven.provider.issuer, Identity.subject == proven.person.subject
            )
        )
        member_id = member_id or _link_by_email(proven, by_address, browser)
        found = db.session.execute(
            select(Member.id, Member.sessions_ended, Membership.customer_id, TwoFactor.confirmed_at)
            .join(Membership, Membership.member_id == Member.id)
            .outerjoin(TwoFactor, TwoFactor.member_id == Member.id)
            .where(Member.id == member_id, Member.disabled_at.is_(None))
            .order_by(*CHOSEN_LAST_FIRST)
            .limit(1)
        ).one_or_none()
        if found is None:
            log.warning("identity_refused", provider=proven.provider.name, member=member_id)
            raise Refused(_(_NOT_HERE, provider=proven.provider.label), "identity_unknown", 422)
        identity_id = _note_use(proven)
    log.info("identity_accepted", provider=proven.provider.name, member=found.id, customer=found.customer_id)
    return SignedIn(found.id, found.customer_id, found.confirmed_at is not None, found.sessions_ended, identity_id)


def link(by: By, proven: Proven) -> None:
    """Link the account to the member who is signed in. Refuses (409) one that is somebody else's, and a second one."""
    try:
        with as_service("link an account"), transaction() as session:
            _add(session, by, proven)
    except IntegrityError:
        with as_service("see why an account was not linked"):
            mine = db.session.scalars(_of(by.member_id).where(Identity.issuer == proven.provider.issuer)).first()
        label = proven.provider.label
        words = _("This {provider} account is linked to another sign-in here. Take another account.", provider=label)
        if mine is not None:
            words = _("You have linked an account at {provider} already. Unlink it first.", provider=label)
        raise Refused(words, "identity_taken", 409) from None


def confirm(member_id: str, proven: Proven, asked_at: datetime) -> None:
    """See that the member has signed in at the provider since `asked_at`, or refuse."""
    with as_service("confirm by a provider"):
        mine = db.session.scalar(
            select(Identity.id).where(
                Identity.member_id == member_id,
                Identity.issuer == proven.provider.issuer,
                Identity.subject == proven.person.subject,
            )
        )
    if mine is None:
        log.warning("confirmation_refused", member=member_id, provider=proven.provider.name)
        label = proven.provider.label
        words = _("This is another {provider} account than the one that you have linked.", provider=label)
        raise Refused(words, "identity_other", 422)
    seen = proven.person.authenticated_at
    if seen is None or seen < asked_at - CLOCKS_DIFFER:
        log.warning("confirmation_refused", member=member_id, provider=proven.provider.name)
        label = proven.provider.label
        words = _("{provider} did not let you sign in anew. Confirm in another way.", provider=label)
        raise Refused(words, "identity_stale", 422)
    log.info("access_confirmed", member=member_id, provider=proven.provider.name)


def unlink(by: By, identity_id: str) -> str:
    """Take the account away and return its provider's label. Refuses (409) the member's only way in.

    A sign-in that it began, and that waits for the second factor, is over; one that began by another way goes on.
    """
    with as_service("unlink an account"), transaction() as session:
        session.get_one(Member, by.member_id, with_for_update=True)
        row = session.get(Identity, identity_id)
        if row is None or row.member_id != by.member_id:
            raise NotFound("account")
        if any(each.issuer == row.issuer for each in offered()):  # else it opens nothing
            ask_another_way(ways.that_work(session, by.member_id, passkeys_work=passkeys.party() is not None))
        label, shown = _label(row.issuer), row.shown
        session.delete(row)
        own_sessions.end_begun_with(session, by.member_id, row.id)
        kept, kind = {"provider": label}, mails.IDENTITY_UNLINKED  # the trail outlives the member: no address in it
        changes.note(session, by, "identity.unlinked", kind, subject=row.id, after=kept, account=shown, **kept)
    return label


def _link_by_email(proven: Proven, by_address: str, browser: str) -> str | None:
    """Link the account to the member of its address, where that may be; return the member's id."""
    email = mailboxes.kept(proven.person.email)
    if not mailboxes.is_mailable(email) or not proven.person.email_verified:
        return None
    try:
        with transaction() as session:
            member = session.scalars(
                select(Member)
                .where(Member.id == member_addresses.whose(proven.person.email), Member.disabled_at.is_(None))
                .with_for_update()
            ).one_or_none()
            if member is None or not may_be_linked_by_email(ways.kept(session, member.id), is_verified=True):
                return None
            _add(session, By(member.id, "", "", by_address, browser), proven)
            return member.id
    except IntegrityError:  # linked this very moment
        return None


def _add(session: Session, by: By, proven: Proven) -> None:
    label, person = proven.provider.label, proven.person
    row = Identity(
        id=ids.new("idn"),
        member_id=by.member_id,
        issuer=proven.provider.issuer,
        subject=person.subject,
        shown=person.shown,
        created_at=clock.now(),
        last_used_at=None,
    )
    session.add(row)
    session.flush()
    kept, kind = {"provider": label}, mails.IDENTITY_LINKED  # the trail outlives the member: no address in it
    changes.note(session, by, "identity.linked", kind, subject=row.id, after=kept, account=person.shown, **kept)


def _note_use(proven: Proven) -> str:
    """Note it, and return the id of the account; of one that is unlinked this very moment, one that nothing has."""
    with transaction() as session:
        row = session.scalars(
            select(Identity).where(Identity.issuer == proven.provider.issuer, Identity.subject == proven.person.subject)
        ).one_or_none()
        if row is not None:
            row.last_used_at, row.shown = clock.now(), proven.person.shown
        return row.id if row is not None else ids.new("idn")


def _of(member_id: str) -> Select[Identity]:
    return select(Identity).where(Identity.member_id == member_id).order_by(Identity.id)


def _label(issuer: str) -> str:
    return next((each.label for each in offered() if each.issuer == issuer), issuer)
