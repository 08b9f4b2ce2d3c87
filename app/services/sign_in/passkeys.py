"""Passkeys: asked for, added, used and removed. Each stands for both factors: its device knows who holds it."""

import json
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from app import clock, ids
from app.domain import mails
from app.domain.errors import NotFound, Refused
from app.domain.language import _, marked
from app.domain.people.acting import By
from app.domain.people.identities import ask_way_beside_passkey
from app.models.database import db
from app.models.members import Member, Membership
from app.models.scope import as_service
from app.models.second_factors import Passkey
from app.services import portal_links
from app.services.access.members import CHOSEN_LAST_FIRST, SignedIn
from app.services.sign_in import challenges, changes, passkey_answers, two_factor, ways
from app.services.sign_in.challenges import Purpose
from app.services.sign_in.passkey_answers import UNREADABLE
from app.services.transaction import transaction

log = structlog.get_logger()
MOST = 20
"""So many passkeys may a member have."""
LONGEST_NAME = 60
NOT_KNOWN = marked("This passkey is not known here. Sign in in another way.")


@dataclass(frozen=True)
class Party:
    """The portal, as browsers know it: passkeys are made for its host name, and used at its origin."""

    id: str
    origin: str


@dataclass(frozen=True)
class Shown:
    """A passkey, as its member reads it."""

    id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class Proven:
    """Whose passkey was used."""

    who: SignedIn
    passkey_id: str


def party() -> Party | None:
    """Return the portal's host name and origin; None where it has an address for a name: no browser makes passkeys."""
    parts = urlsplit(portal_links.origin())
    host = (parts.hostname or "").lower()
    try:
        ip_address(host)
    except ValueError:
        return Party(host, f"{parts.scheme}://{parts.netloc.lower()}") if host else None
    return None


def current(member_id: str) -> list[Shown]:
    """Return the member's passkeys, the newest first: they may have no more than are listed."""
    asked = select(Passkey).where(Passkey.member_id == member_id).order_by(Passkey.created_at.desc(), Passkey.id)
    with as_service("list passkeys"):
        rows = db.session.scalars(asked.limit(MOST)).all()
        return [Shown(each.id, each.name, each.created_at, each.last_used_at) for each in rows]


def ask_to_add(member_id: str, email: str, name: str, session_token: str) -> dict[str, Any]:
    """Return what the browser is asked for to make a passkey: one that signs in without a name being typed."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers import structs

    with as_service("ask for a passkey"):
        excluded = _described(member_id)
    here = the_party()
    options = generate_registration_options(
        rp_id=here.id,
        rp_name=here.id,
        user_id=member_id.encode(),
        user_name=email,
        user_display_name=name,
        challenge=challenges.ask(Purpose.ADD, session_token),
        timeout=int(challenges.LASTS.total_seconds() * 1000),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=excluded,
    )
    return dict(json.loads(options_to_json(options)))


def ask(purpose: Purpose, session_token: str, member_id: str | None = None) -> dict[str, Any]:
    """Return what the browser is asked for to use a passkey: one of the member's, where they are known."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers import structs

    with as_service("ask for a passkey"):
        allowed = _described(member_id) if member_id is not None else []
    options = generate_authentication_options(
        rp_id=the_party().id,
        challenge=challenges.ask(purpose, session_token),
        timeout=int(challenges.LASTS.total_seconds() * 1000),
        allow_credentials=allowed,
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return dict(json.loads(options_to_json(options)))


def read(by: By, name: str, answer: str) -> Passkey:
    """Return the passkey that the browser made, which is kept by `add`; or refuse."""
    from webauthn import verify_registration_response

    named = " ".join(name.split())
    if not named or len(named) > LONGEST_NAME or not named.isprintable():
        words = _("Enter a name of at most {most} characters.", most=LONGEST_NAME)
        raise Refused(words, "name_malformed", 422, "name")
    credential, challenge = passkey_answers.taken(answer, Purpose.ADD, by.token)
    here = the_party()
    made = passkey_answers.checked(
        lambda: verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=here.id,
            expected_origin=here.origin,
            require_user_verification=True,
        )
    )
    return Passkey(
        id=ids.new("pky"),
        member_id=by.member_id,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=named,
        transports=passkey_answers.transports(credential),
        created_at=clock.now(),
        last_used_at=None,
    )


def add(by: By, made: Passkey, code: str | None = None) -> None:
    """Keep the passkey that was read; or refuse. The code that was asked for with it is used up by the same commit."""
    subject, named = made.id, made.name
    try:
        with as_service("keep a passkey"), transaction() as session:
            session.get_one(Member, by.member_id, with_for_update=True)
            if (session.scalar(select(func.count()).where(Passkey.member_id == by.member_id)) or 0) >= MOST:
                words = _("You have {most} passkeys. Remove one first.", most=MOST)
                raise Refused(words, "too_many_passkeys", 409)
            session.add(made)
            session.flush()
            if code is not None:
                two_factor.use(session, by, code)
            changes.note(session, by, "passkey.added", mails.PASSKEY_ADDED, subject=subject, passkey=named)
    except IntegrityError:
        raise Refused(_("This passkey is there already."), "passkey_known", 409) from None


def prove(answer: str, purpose: Purpose, session_token: str, member_id: str | None = None) -> Proven:
    """Return whose passkey the browser used; or refuse. It is the member's own where one is named."""
    from webauthn import verify_authentication_response

    credential, challenge = passkey_answers.taken(answer, purpose, session_token)
    try:
        raw_id, handle = (
            passkey_answers.bytes_of(credential["rawId"]),
            passkey_answers.bytes_of(credential["response"].get("userHandle") or ""),
        )
    except (ValueError, KeyError):
        raise Refused(_(UNREADABLE), "passkey_malformed", 422) from None
    with as_service("find a passkey"):
        found = db.session.execute(
            select(Passkey, Membership.customer_id, Member.sessions_ended)
            .join(Member, Member.id == Passkey.member_id)
            .join(Membership, Membership.member_id == Member.id)
            .where(Passkey.credential_id == raw_id, Member.disabled_at.is_(None))
            .order_by(*CHOSEN_LAST_FIRST)
            .limit(1)
        ).one_or_none()
        db.session.expunge_all()
        db.session.rollback()
    if found is None or (member_id is not None and found.Passkey.member_id != member_id):
        log.warning("passkey_refused", member=found and found.Passkey.member_id)
        raise Refused(_(NOT_KNOWN), "passkey_unknown", 422)
    kept, customer_id, here = found.Passkey, found.customer_id, the_party()
    if handle != kept.member_id.encode() and (handle or member_id is None):
        raise Refused(_(UNREADABLE), "passkey_malformed", 422)
    used = passkey_answers.checked(
        lambda: verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=here.id,
            expected_origin=here.origin,
            credential_public_key=kept.public_key,
            credential_current_sign_count=kept.sign_count,
            require_user_verification=True,
        )
    )
    with as_service("note that a passkey was used"), transaction() as session:
        noted = session.execute(
            update(Passkey)
            .where(Passkey.id == kept.id, Passkey.sign_count == kept.sign_count)
            .values(sign_count=used.new_sign_count, last_used_at=clock.now())
            .returning(Passkey.id)
        ).first()
    if noted is None:  # removed, or used in another place, at this very moment
        raise Refused(_(UNREADABLE), "passkey_malformed", 422)
    log.info("passkey_used", member=kept.member_id, purpose=purpose.value)
    return Proven(SignedIn(kept.member_id, customer_id, sessions_ended=found.sessions_ended), kept.id)


def remove(by: By, passkey_id: str) -> str:
    """Remove one of the member's passkeys and return its name, or `NotFound`. Refuses (409) the only way in."""
    with as_service("remove a passkey"), transaction() as session:
        session.get_one(Member, by.member_id, with_for_update=True)
        before = ways.that_work(session, by.member_id, passkeys_work=party() is not None)
        name = session.execute(
            delete(Passkey).where(Passkey.id == passkey_id, Passkey.member_id == by.member_id).returning(Passkey.name)
        ).scalar()
        if name is None:
            raise NotFound("passkey")
        ask_way_beside_passkey(before)
        changes.note(session, by, "passkey.removed", mails.PASSKEY_REMOVED, subject=passkey_id, passkey=name)
    return str(name)


def the_party() -> Party:
    """Return the portal as browsers know it, or `NotFound` where they make no passkeys for it."""
    found = party()
    if found is None:
        raise NotFound
    return found


def _described(member_id: str) -> list[Any]:
    """Return the member's passkeys as browsers are asked for them."""
    from webauthn.helpers import structs

    asked = select(Passkey.credential_id, Passkey.transports).where(Passkey.member_id == member_id).order_by(Passkey.id)
    return [
        structs.PublicKeyCredentialDescriptor(
            id=credential_id,
            transports=[structs.AuthenticatorTransport(each) for each in transports.split(",") if each] or None,
        )
        for credential_id, transports in db.session.execute(asked.limit(MOST))
    ]
