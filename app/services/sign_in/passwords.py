"""A member's password: changed with the one before, or chosen anew by a mailed link. Either ends the other sessions."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from app import clock
from app.domain.errors import Refused
from app.domain.language import _
from app.domain.mails import PASSWORD_CHANGED
from app.domain.people.acting import By as By  # noqa: PLC0414  # the other modules of the room take it from here
from app.domain.people.passwords import check_password
from app.models.database import db
from app.models.members import Member
from app.models.scope import as_service
from app.services import audit
from app.services.access import members, own_sessions
from app.services.outbox import member_mails
from app.services.sign_in import links
from app.services.transaction import transaction

log = structlog.get_logger()


@dataclass(frozen=True)
class Password:
    """What a member sees of the password."""

    is_there: bool
    changed_at: datetime | None


def current(member_id: str) -> Password:
    """Return whether the member has a password, and since when."""
    with as_service("read whether there is a password"):
        member = db.session.get_one(Member, member_id)
        return Password(member.password_hash is not None, member.password_changed_at)


def change(by: By, before: str, wanted: str) -> None:
    """Keep the new password, where `before` is the one until now. Other sessions end; keys and linked accounts go on.

    Refuses (422) a password that does not fit or is not taken, and (409) a member without one.
    """
    with as_service("read a password"):
        member = db.session.get_one(Member, by.member_id)
        hashed, email = member.password_hash, member.email
        db.session.rollback()  # the hash takes long: no transaction waits for it
    if hashed is None:
        words = _("You have no password yet. Ask for one by “Forgot your password?”.")
        raise Refused(words, "password_missing", 409, "current_password")
    if not members.fits(hashed, before):
        log.warning("password_change_refused", member=by.member_id)
        raise Refused(_("This is not your password."), "password_wrong", 422, "current_password")
    _check(wanted, email)
    if wanted == before:
        raise Refused(_("This is your password already. Choose another one."), "password_same", 422, "new_password")
    made = members.hashed(wanted)
    with as_service("change a password"), transaction() as session:
        member = session.get_one(Member, by.member_id, with_for_update=True, populate_existing=True)
        if member.password_hash != hashed:
            words = _("Your password was changed in another window. Sign in with the new one.")
            raise Refused(words, "password_changed", 409)
        replace(session, member, made, by)
    log.info("password_changed", member=by.member_id)


def replace(session: Session, member: Member, hashed: str, by: By) -> None:
    """Keep the hash of a password in the caller's transaction, with everything that follows from it."""
    had = member.password_hash is not None
    member.password_hash, member.password_changed_at = hashed, clock.now()
    ended = own_sessions.end_all(session, member.id, but=by.token)
    links.kill(session, member.id)
    after = {"sessions_ended": ended}
    action = "password.changed" if had else "password.set"
    audit.record(session, by.customer_id, member.id, action, member.id, after=after, address=by.address)
    member_mails.write(
        session, by.customer_id, PASSWORD_CHANGED, member, address=by.address, browser=by.browser, had=had
    )


def _check(wanted: str, email: str) -> None:
    try:
        check_password(wanted, email)
    except Refused as refusal:
        raise Refused(refusal.sentence, refusal.reason, refusal.status, "new_password") from None
