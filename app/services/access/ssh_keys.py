"""SSH keys: a member's own, added and removed by that member alone, and given to hosts for whom the member acts."""

from dataclasses import dataclass

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.mails import SSH_KEY_ADDED
from app.domain.people.ssh_keys import FIELD, MOST, name_of
from app.models.database import db
from app.models.members import Member, Membership
from app.models.scope import as_service
from app.models.ssh_keys import SshKey
from app.services import audit
from app.services.access import ssh_key_reading
from app.services.outbox import events, member_mails
from app.services.transaction import transaction

log = structlog.get_logger()
ADDED, REMOVED = "ssh_key.added", "ssh_key.removed"


@dataclass(frozen=True)
class Given:
    """A key as a host is given it: whose it is and what that member may do for the customer."""

    key: SshKey
    member: Member
    role: str


def own(member_id: str) -> list[SshKey]:
    """Return the member's keys, the newest first: no more than a member may have."""
    with as_service("list a member's SSH keys"):
        wanted = select(SshKey).where(SshKey.member_id == member_id).order_by(SshKey.id.desc()).limit(MOST)
        return list(db.session.scalars(wanted))


def one(member_id: str, key_id: str) -> SshKey:
    """Return the member's key, or `NotFound`."""
    with as_service("find a member's SSH key"):
        key = db.session.scalars(select(SshKey).where(SshKey.id == key_id, SshKey.member_id == member_id)).one_or_none()
    if key is None:
        raise NotFound("SSH key")
    return key


def add(member_id: str, customer_id: str, text: str, name: str = "", *, address: str = "", browser: str = "") -> SshKey:
    """Add the public key in the text; hosts are notified for each customer that the member acts for.

    Refuses (422) what is no key that may be added, and (409) one that is there already, whoever's it is.
    """
    read = ssh_key_reading.read(text, name)
    key = SshKey(
        id=ids.new("ssh"),
        member_id=member_id,
        name=name_of(name, read.line),
        kind=read.kind,
        bits=read.bits,
        fingerprint=read.fingerprint,
        public_key=read.public_key,
        created_at=clock.now(),
    )
    try:
        with as_service("add an SSH key"), transaction() as session:
            member = session.get_one(Member, member_id, with_for_update=True, populate_existing=True)
            _ask_room(session, member_id)
            session.add(key)
            session.flush()
            _notify_hosts(session, ADDED, member, key)
            audit.record(session, customer_id, member_id, ADDED, key.id, after=_kept(key), address=address)
            said = {"key_name": key.name, "fingerprint": key.fingerprint, "address": address, "browser": browser}
            member_mails.write(session, customer_id, SSH_KEY_ADDED, member, key=key.id, **said)
    except IntegrityError:
        raise _taken(member_id, read.fingerprint) from None
    log.info("ssh_key_added", id=key.id, member=member_id)
    return key


def remove(member_id: str, customer_id: str, key_id: str, *, address: str = "") -> SshKey:
    """Remove the member's key: no host is given it from this commit on. Refuses (404) a key of somebody else."""
    with as_service("remove an SSH key"), transaction() as session:
        member = session.get_one(Member, member_id, with_for_update=True, populate_existing=True)
        key = session.get(SshKey, key_id)
        if key is None or key.member_id != member_id:
            raise NotFound("SSH key")
        session.delete(key)
        _notify_hosts(session, REMOVED, member, key)
        audit.record(session, customer_id, member_id, REMOVED, key.id, before=_kept(key), address=address)
    log.info("ssh_key_removed", id=key_id, member=member_id)
    return key


def given(customer_id: str, limit: int, *, before: str | None = None) -> list[Given]:
    """Return the keys of everybody who acts for the customer now, the newest first; `before` is the last one seen."""
    wanted = (
        select(SshKey, Member, Membership.role)
        .join(Member, Member.id == SshKey.member_id)
        .join(Membership, Membership.member_id == SshKey.member_id)
        .where(Membership.customer_id == customer_id, Member.disabled_at.is_(None))
        .order_by(SshKey.id.desc())
        .limit(limit)
    )
    if before is not None:
        wanted = wanted.where(SshKey.id < before)
    with as_service("list the SSH keys of a customer's members"):  # a customer's own role reads no members
        return [Given(key, member, role) for key, member, role in db.session.execute(wanted)]


def member_came(session: Session, customer_id: str, member_id: str) -> None:
    """Notify the customer's host of the keys of a member who acts for it from now on, in the caller's transaction."""
    _notify_one(session, ADDED, customer_id, member_id)


def member_went(session: Session, customer_id: str, member_id: str) -> None:
    """Notify the customer's host that the keys of a member are no longer its own, in the caller's transaction."""
    _notify_one(session, REMOVED, customer_id, member_id)


def remove_all(session: Session, member_id: str) -> None:
    """Remove each key of a member who is to be forgotten, in the caller's transaction."""
    member = session.get_one(Member, member_id)
    for key in session.scalars(select(SshKey).where(SshKey.member_id == member_id).order_by(SshKey.id)).all():
        session.delete(key)
        _notify_hosts(session, REMOVED, member, key)


def _notify_one(session: Session, event: str, customer_id: str, member_id: str) -> None:
    member = session.get_one(Member, member_id)
    for key in session.scalars(select(SshKey).where(SshKey.member_id == member_id).order_by(SshKey.id)).all():
        events.write(session, customer_id, event, ids.new("chg"), _facts(member, key))


def _notify_hosts(session: Session, event: str, member: Member, key: SshKey) -> None:
    """Write the event once for each customer that the member acts for, in one order: no two wait for each other."""
    mine = select(Membership.customer_id).where(Membership.member_id == member.id).order_by(Membership.customer_id)
    for customer_id in session.scalars(mine).all():
        events.write(session, customer_id, event, ids.new("chg"), _facts(member, key))


def _facts(member: Member, key: SshKey) -> dict[str, object]:
    return {
        "ssh_key": key.id,
        "member": member.id,
        "member_email": member.email,
        "name": key.name,
        "type": key.kind,
        "fingerprint": key.fingerprint,
        "public_key": key.public_key,
    }


def _kept(key: SshKey) -> dict[str, object]:
    """Return what the trail keeps: not the name, which is often an address, as the trail outlives the member."""
    return {"type": key.kind, "fingerprint": key.fingerprint}


def _ask_room(session: Session, member_id: str) -> None:
    many = session.scalar(select(func.count()).select_from(SshKey).where(SshKey.member_id == member_id))
    if (many or 0) >= MOST:
        words = _("You have {most} SSH keys. Remove one that you no longer use.", most=MOST)
        raise Refused(words, "keys_too_many", 409)


def _taken(member_id: str, fingerprint: str) -> Refused:
    """Return why the key cannot be added: to its own member by its name, to anybody else without saying whose it is."""
    with as_service("look for an SSH key"):
        mine = select(SshKey.name).where(SshKey.fingerprint == fingerprint, SshKey.member_id == member_id)
        name = db.session.scalar(mine)
    if name is not None:
        words = _("You have added this key already: {name}.", name=name)
        return Refused(words, "key_taken", 409, FIELD)
    words = _("This key cannot be added: it is in use here. Each person needs a key of their own, so make a new one.")
    return Refused(words, "key_taken", 409, FIELD)
