"""Links that are mailed to a member: one in force for each purpose, used once, dead when what it is for changed."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock, ids, mailboxes
from app.domain.errors import NotFound, Refused
from app.domain.language import _, marked
from app.models.members import Member
from app.models.sign_in import SignInLink
from app.services import link_tokens

RESET, EMAIL_CHANGE = "password_reset", "email_change"
LASTS = timedelta(hours=1)
COUNTED_FOR = timedelta(hours=1)
OVER = marked("This link was valid for an hour. Ask for a new one.")


def make(session: Session, member: Member, purpose: str, email: str, *, most: int) -> SignInLink | None:
    """Make the link that takes the place of the one before, in the caller's transaction, which has the member locked.

    None, and the one before stays in force, where `most` were made within an hour: nobody can kill a link for good
    by asking for another one again and again.
    """
    now = clock.now()
    before = session.scalars(
        select(SignInLink).where(SignInLink.member_id == member.id, SignInLink.purpose == purpose)
    ).one_or_none()
    times, counted_from = 0, now
    if before is not None and before.counted_from > now - COUNTED_FOR:
        times, counted_from = before.asked_times, before.counted_from
    if times >= most:
        return None
    if before is not None:
        session.delete(before)
        session.flush()
    row = SignInLink(
        id=ids.new("lnk"),
        member_id=member.id,
        purpose=purpose,
        email=email,
        asked_at=now,
        expires_at=now + LASTS,
        counted_from=counted_from,
        asked_times=times + 1,
    )
    row.token_hash = link_tokens.hash_of(link_tokens.of_sign_in(row.id, purpose, member.id, email, now))
    session.add(row)
    session.flush()
    return row


def find(session: Session, purpose: str, hashed: str) -> tuple[SignInLink, Member]:
    """Return what `look` does, with the member locked until the caller's transaction ends."""
    _row, member = look(session, purpose, hashed)
    session.get_one(Member, member.id, with_for_update=True, populate_existing=True)
    return look(session, purpose, hashed)  # as it stands now: it may have been used in this very moment


def look(session: Session, purpose: str, hashed: str) -> tuple[SignInLink, Member]:
    """Return the link of whose token this is the hash, and its member.

    Refuses (404) a link that never was, was used or is dead, and (410) one that is over.
    """
    asked = select(SignInLink, Member).join(Member, Member.id == SignInLink.member_id)
    asked = asked.where(SignInLink.token_hash == hashed, SignInLink.purpose == purpose, Member.disabled_at.is_(None))
    found = session.execute(asked.execution_options(populate_existing=True)).one_or_none()
    if found is None or (purpose == RESET and mailboxes.kept(found[0].email) != mailboxes.kept(found[1].email)):
        raise NotFound("link")
    if found[0].expires_at <= clock.now():
        raise Refused(_(OVER), "link_expired", 410)
    return found[0], found[1]


def kill(session: Session, member_id: str, *purposes: str) -> None:
    """Let the member's links for these purposes be dead, or all: what they were mailed for has changed."""
    dead = SignInLink.purpose.in_(purposes or (RESET, EMAIL_CHANGE))
    session.execute(update(SignInLink).where(SignInLink.member_id == member_id, dead).values(token_hash=None))


def hash_of(token: str) -> str:
    """Return what is kept of a link's token: in the row, and in the session of whoever opened it."""
    return link_tokens.hash_of(token[: link_tokens.LONGEST])


def pending(session: Session, member_id: str) -> tuple[str, datetime] | None:
    """Return the new address that was asked and not confirmed yet, and until when it may be."""
    row = session.scalars(
        select(SignInLink).where(
            SignInLink.member_id == member_id,
            SignInLink.purpose == EMAIL_CHANGE,
            SignInLink.token_hash.is_not(None),
            SignInLink.expires_at > clock.now(),
        )
    ).one_or_none()
    return (row.email, row.expires_at) if row is not None else None
