"""What is known of a browser's session: as it is found, as it begins inside a host product, and where it was seen."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.people.members import Actor, Role
from app.models.customers import Customer
from app.models.identities import Identity
from app.models.members import Member
from app.models.people import AccessLink
from app.services.papers.of_documents import FileRow

ENDED = marked("This sign-in has ended. Sign in again.")


@dataclass(frozen=True)
class Found:
    """A session that is in force. Without an actor: a visitor who has not signed in."""

    data: str
    actor: Actor | None
    customer: Customer | None
    stale: bool
    fresh: bool = False
    """Whether the password was given a short while ago."""
    remaining: int | None = None
    """The remaining credits in micros, where they were asked for and nothing moves them by itself just now."""
    invoices_due: int = 0
    """How many invoices are to be paid."""
    file: FileRow | None = None
    """The file that was asked for, if it is the customer's."""
    embedded: str = ""
    """`frame` or `window` where a portal session began it; nothing where a sign-in did."""


@dataclass(frozen=True)
class Seen:
    """What a session notes of its browser: which one it is in words, and its network."""

    browser: str = ""
    network: str = ""


NOTHING_SEEN = Seen()


@dataclass(frozen=True)
class Embedded:
    """How a session inside a host product begins."""

    kind: str
    role_at_most: str | None = None
    authenticated_at: datetime | None = None
    opened_by: bytes | None = None
    seen: Seen = NOTHING_SEEN


def ask_none_ended(session: Session, member_id: str | None, sessions_ended: int | None, identity_id: str = "") -> None:
    """Refuse (409) a sign-in whose member's sessions were all ended since it was begun; None: it was not looked at.

    So is one refused that a linked account began which is unlinked by now.
    The member stays locked until the caller's transaction ends: what ends all sessions finds the new one, or was first.
    """
    if sessions_ended is None:
        return
    now = session.scalar(select(Member.sessions_ended).where(Member.id == member_id).with_for_update(read=True))
    if now != sessions_ended:
        words = _("Your sessions were ended, or your password changed, while you signed in. Sign in again.")
        raise Refused(words, "sessions_ended", 409)
    mine = select(Identity.id).where(Identity.id == identity_id, Identity.member_id == member_id)
    if identity_id and session.scalar(mine) is None:
        raise Refused(_(ENDED), "sign_in_ended", 409)


def holder(link: AccessLink, customer: Customer) -> Actor:
    """Return who holds a read-only link: nobody by name, who may look at papers."""
    return Actor(link.id, customer.customer_id, Role.VIEWER, link.name, "", customer.name, is_link=True)
