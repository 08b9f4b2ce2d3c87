"""Asking an address by mail whether it wants what it was given for: how often, and how long the link in it works.

Whatever the address is for, the limits are the customer's own: nobody shall send mails to strangers from here.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock, mailboxes
from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.mails import CONFIRM_EMAIL
from app.models.mails import Mail
from app.services.outbox import mails

LASTS = timedelta(days=7)
"""For so long a link confirms."""
AGAIN_AFTER = timedelta(minutes=10)
MOST_A_DAY = 30
TOO_SOON = marked(
    "A mail went there less than ten minutes ago. Look for it, among the unwanted mail too. "
    "If its link does not work any more, ask again ten minutes after it."
)
"""The link of an address that was removed, or replaced and chosen again meanwhile, has ended."""


def write(
    session: Session, customer_id: str, email: str, hashed: str, *, template: str = CONFIRM_EMAIL, part: str = ""
) -> None:
    """Write the mail that asks, in the caller's transaction, one for each link. `part` says what for."""
    key = f"{CONFIRM_EMAIL}:{hashed}"
    if part:
        mails.write(session, customer_id, template, key=key, to=email, email=email, part=part)
    else:
        mails.write(session, customer_id, template, key=key, to=email, email=email)


def refuse_too_often(session: Session, customer_id: str, email: str, field: str = "email") -> None:
    """Refuse to ask an address that was asked just now, also when it was removed meanwhile, and too many of them."""
    asked = select(Mail.id).where(
        Mail.customer_id == customer_id,
        Mail.key.startswith(f"{CONFIRM_EMAIL}:"),
        Mail.recipient.in_(mailboxes.forms(email)),
        Mail.created_at > clock.now() - AGAIN_AFTER,
    )
    if session.scalars(asked.limit(1)).first() is not None:
        raise Refused(_(TOO_SOON), "asked_too_soon", 409, field)
    refuse_flood(session, customer_id, field)


def refuse_flood(session: Session, customer_id: str, field: str = "email") -> None:
    """Refuse to ask more addresses than anybody needs."""
    sent = session.scalar(
        select(func.count()).where(
            Mail.customer_id == customer_id,
            Mail.key.startswith(f"{CONFIRM_EMAIL}:"),
            Mail.created_at > clock.now() - timedelta(days=1),
        )
    )
    if (sent or 0) >= MOST_A_DAY:
        words = _("{n} addresses were asked within a day. Wait until tomorrow.", n=MOST_A_DAY)
        raise Refused(words, "asked_too_often", 409, field)


def again_from(asked_at: datetime) -> datetime | None:
    """Return the whole minute from which an address that was asked then may be asked again; None: now."""
    ends = asked_at + AGAIN_AFTER
    full = (ends + timedelta(minutes=1, microseconds=-1)).replace(second=0, microsecond=0)
    return full if clock.now() < ends else None
