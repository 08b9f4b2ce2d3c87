"""Forgot your password?: whoever asks is answered alike; a job finds out who it was, and mails the link.

The request itself writes the same row for each address that is typed, and reads nothing: neither its words nor its time
say whether there is such a member.
"""

from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Select, delete, select

from app import clock, ids, mailboxes
from app.domain.errors import NotFound, Refused
from app.domain.language import _
from app.domain.mails import PASSWORD_RESET
from app.domain.people.acting import By
from app.domain.people.passwords import check_password
from app.models.database import Moment, db
from app.models.members import Member
from app.models.scope import as_service
from app.models.sign_in import ResetRequest
from app.services import due_rows, member_addresses, wake_ups
from app.services.access import members
from app.services.outbox import member_mails
from app.services.sign_in import links, passwords
from app.services.transaction import transaction

log = structlog.get_logger()
JOB = "password_resets_written"
MOST_AN_HOUR = 3
"""So many links an account is sent. After them the last one stays in force until it is over, whoever asks again."""
LEASE = timedelta(minutes=1)


@dataclass(frozen=True)
class Asked:
    """What a link leads to, as whoever holds it may see it."""

    email: str
    had_password: bool


def ask(email: str, *, address: str) -> None:
    """Note that somebody forgot the password of this address, or refuse (422) one that is longer than any is."""
    email, now = email.strip().lower(), clock.now()
    if len(email) > mailboxes.LONGEST:  # some letters are two in lower case
        raise Refused(_("This is too long."), "email_too_long", 422, "email")
    with as_service("note that a password was forgotten"), transaction() as session:
        wake_ups.after_commit(session, JOB)
        row = ResetRequest(id=ids.new("rst"), email=email, address=address, asked_at=now)
        row.next_try_at = now
        session.add(row)
    log.info("password_reset_asked")


def write_due(limit: int = 50) -> int:
    """Write the mails that were asked for; an address that is no member's, or a disabled one's, gets none."""
    with as_service("write links for forgotten passwords"):
        return sum(
            due_rows.one(lambda one=each: _write(*one), failed="password_reset_failed", id=each[0])  # type: ignore[misc]
            for each in due_rows.claimed(limit, _claim)
        )


def look(hashed: str) -> Asked:
    """Return whom the link lets choose a password; looking changes nothing. Refuses as `links.find`."""
    with as_service("look at a link for a password"):
        _row, member = links.look(db.session(), links.RESET, hashed)
        return Asked(member.email, member.password_hash is not None)


def choose(hashed: str, wanted: str, *, address: str, browser: str) -> None:
    """Keep the password that the link lets choose, and use it up; all sessions end.

    Nothing else about the sign-in changes: second factors are asked for as before.
    """
    check_password(wanted, look(hashed).email)
    made = members.hashed(wanted)  # it takes long: no transaction waits for it
    with as_service("choose a password by a link"), transaction() as session:
        _row, member = links.find(session, links.RESET, hashed)
        customer_id = member_mails.customer_of(session, member.id)
        if customer_id is None:  # acts for nobody any more, and could not sign in
            raise NotFound("link")
        by = By(member.id, customer_id, address=address, browser=browser)
        passwords.replace(session, member, made, by)
    log.info("password_reset", member=by.member_id)


def due(now: Moment) -> Select[ResetRequest]:
    """Ask for passwords that somebody wants to choose anew."""
    return select(ResetRequest).where(ResetRequest.next_try_at <= now)


def _claim() -> tuple[str, str, str] | None:
    now = clock.now()

    def take(row: ResetRequest) -> tuple[str, str, str]:
        row.next_try_at = now + LEASE
        return row.id, row.email, row.address

    return due_rows.claim(due(now).order_by(ResetRequest.next_try_at, ResetRequest.id), take)


def _write(request_id: str, email: str, address: str) -> int:
    with transaction() as session:
        ended = delete(ResetRequest).where(ResetRequest.id == request_id).returning(ResetRequest.id)
        if session.execute(ended).one_or_none() is None:  # the lease was over: somebody else did it
            return 0
        asked = select(Member).where(Member.id == member_addresses.whose(email), Member.disabled_at.is_(None))
        member = session.scalars(asked.with_for_update().execution_options(populate_existing=True)).one_or_none()
        customer_id = member_mails.customer_of(session, member.id) if member is not None else None
        if member is None or customer_id is None:
            return 1
        row = links.make(session, member, links.RESET, member.email, most=MOST_AN_HOUR)
        if row is None:
            log.warning("too_many_password_resets", member=member.id)
            return 1
        had = member.password_hash is not None
        member_mails.write(
            session, customer_id, PASSWORD_RESET, member, key=row.id, address=address, link=row.id, had=had
        )
    return 1
