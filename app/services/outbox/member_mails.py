"""Mails to a member about their sign-in: what was changed, when and from where, and the links that they asked for.

Each is written for a customer that the member acts for, whose seller it is from; nobody but the member is sent it.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.errors import ensure
from app.domain.mails import OF_SIGN_IN
from app.models.members import Member, Membership
from app.services.outbox import mails


def write(
    session: Session,
    customer_id: str,
    kind: str,
    member: Member,
    *,
    to: str = "",
    key: str = "",
    address: str = "",
    browser: str = "",
    **context: object,
) -> None:
    """Write the mail in the caller's transaction, to the member's address or, where that just changed, to another one.

    `address` and `browser` say from where it was done, as the member reads it. `context` holds no secret.
    """
    ensure(kind in OF_SIGN_IN, f"{kind} is no mail about a sign-in")
    said: dict[str, object] = {"name": member.name, "email": member.email, "at": clock.now().isoformat()}
    said |= {"address": address, "browser": browser, **context}
    key, to = f"{kind}:{key or ids.new('chg')}", to or member.email
    mails.write_about(session, customer_id, kind, member.id, key=key, to=to, **said)


def customer_of(session: Session, member_id: str) -> str | None:
    """Return the customer that the member acts for first, as at a sign-in; None where they act for nobody."""
    first = (
        select(Membership.customer_id)
        .where(Membership.member_id == member_id)
        .order_by(Membership.created_at, Membership.customer_id)
    )
    return session.scalars(first.limit(1)).first()
