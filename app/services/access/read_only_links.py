"""Read-only links that end: with the right of whoever made them. They are made and opened in `people/access_links`."""

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.orm import Session

from app import clock
from app.models.members import BrowserSession
from app.models.people import AccessLink
from app.services import audit


def are_good(customer_id: str = "") -> list[ColumnElement[bool]]:
    """Return what is so of a link that is good now: of the customer's, or of anybody's."""
    whose = [AccessLink.customer_id == customer_id] if customer_id else []
    return [*whose, AccessLink.revoked_at.is_(None), AccessLink.expires_at > clock.now()]


def end(session: Session, customer_id: str, which: ColumnElement[bool], *, by: str, address: str = "") -> list[str]:
    """End the customer's good links that are meant, and every session that they began; return what they were called.

    In the caller's transaction; each is an entry of the trail.
    """
    ended = session.execute(
        update(AccessLink)
        .where(which, *are_good(customer_id))
        .values(revoked_at=clock.now())
        .returning(AccessLink.id, AccessLink.name)
        .execution_options(synchronize_session=False)
    ).all()
    for link_id, name in sorted(ended):
        session.execute(delete(BrowserSession).where(BrowserSession.link_id == link_id))
        was: dict[str, object] = {"name": name}
        audit.record(session, customer_id, by, "access_link.revoked", link_id, before=was, address=address)
    return [name for _id, name in ended]


def end_those_of(session: Session, customer_id: str, member_id: str, *, by: str, address: str = "") -> None:
    """End the links that the member has made for the customer: whoever makes a link may know it."""
    end(session, customer_id, AccessLink.created_by == member_id, by=by, address=address)
