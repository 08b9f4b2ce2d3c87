"""The weekly digest by mail: off until a member switches it on; each week is written once, with its due row.

The mailed link by which it is stopped is the row's id with a proof that only this portal can make: no secret is kept.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.errors import NotFound
from app.domain.mails import WEEKLY_DIGEST
from app.domain.messages import weeks
from app.domain.people.members import Actor
from app.extensions import settings
from app.models.customers import Customer
from app.models.database import Moment, db
from app.models.mails import DigestSubscription
from app.models.members import Member, Membership
from app.models.scope import as_service
from app.services import audit, due_rows, portal_links
from app.services.catalog import versions
from app.services.outbox import events, mails
from app.services.transaction import transaction

MAILED = "mailed link"
"""Who has stopped it by the link."""


@dataclass(frozen=True)
class Subscription:
    """A member's digest of a customer, as the member may see it."""

    id: str
    time_zone: str
    next_at: datetime


@dataclass(frozen=True)
class Asked:
    """What a mailed link leads to, as whoever holds it may see it."""

    customer: str
    seller: str
    email: str


def of(actor: Actor) -> Subscription | None:
    """Return the member's digest; None: it is off."""
    row = _row(db.session(), actor)
    return Subscription(row.id, row.time_zone, row.next_at) if row else None


def switch_on(actor: Actor, zone: str, *, address: str = "") -> Subscription:
    """Send the member a digest each Monday morning in this zone, from the next one on."""
    weeks.check_zone(zone)
    now = clock.now()
    with as_service("switch a digest on"), transaction() as session:
        events.lock(session, actor.customer_id)  # two presses at once
        row = _row(session, actor)
        if row is None:
            made = ids.new("dig")
            row = DigestSubscription(
                id=made, customer_id=actor.customer_id, member_id=actor.member_id, reported_until=None, created_at=now
            )
            session.add(row)
        elif row.time_zone == zone:
            return Subscription(row.id, row.time_zone, row.next_at)
        row.time_zone, row.next_at = zone, weeks.next_monday(zone, now)
        after = {"time_zone": zone}
        audit.record(
            session, actor.customer_id, actor.member_id, "digest.switched_on", row.id, after=after, address=address
        )
        return Subscription(row.id, row.time_zone, row.next_at)


def switch_off(actor: Actor, *, address: str = "") -> None:
    """Send the member no digest any more."""
    with as_service("switch a digest off"), transaction() as session:
        row = _row(session, actor)
        if row is not None:
            _delete(session, row, actor.member_id, address)


def write_due(limit: int = 100) -> int:
    """Write the digests that are due, at most `limit`; return how many rows were looked at. Any number of workers may.

    The mail is written in the transaction that moves its row to the next Monday. A member who is gone gets none.
    """
    done = 0
    with as_service("write digests"):
        for _row in due_rows.claimed(limit, _claim):
            done += 1
    return done


def link(subscription_id: str) -> str:
    """Return the address in the mail by which the digest is stopped."""
    return portal_links.page("weekly_digest.page", subscription_id=subscription_id, proof=_proof(subscription_id))


def look(subscription_id: str, proof: str) -> Asked | None:
    """Return what the link leads to; None: it is stopped already. Looking changes nothing.

    Refuses (404) a link that this portal has not made.
    """
    _check(subscription_id, proof)
    with as_service("look at a mailed link"):
        found = db.session.execute(
            select(DigestSubscription, Customer, Member.email)
            .join(Customer, Customer.customer_id == DigestSubscription.customer_id)
            .join(Member, Member.id == DigestSubscription.member_id)
            .where(DigestSubscription.id == subscription_id)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if found is None:
            return None
        _subscription, customer, email = found
        return Asked(customer.name, versions.of(customer).seller_name, email)


def stop(subscription_id: str, proof: str, *, address: str) -> None:
    """Stop the digest by its link, however often that is pressed."""
    _check(subscription_id, proof)
    with as_service("stop a digest"), transaction() as session:
        row = session.get(DigestSubscription, subscription_id, populate_existing=True)
        if row is not None:
            _delete(session, row, MAILED, address)


def due(now: Moment) -> Select[DigestSubscription]:
    """Ask for subscriptions whose week is over."""
    return select(DigestSubscription).where(DigestSubscription.next_at <= now)


def _claim() -> str | None:
    """Write the digest of the row that has been due the longest, and let the row be due again on the next Monday."""
    now = clock.now()

    def take(row: DigestSubscription) -> str:
        session = db.session()
        email = session.scalar(
            select(Member.email)
            .join(Membership, Membership.member_id == Member.id)
            .where(Member.id == row.member_id, Membership.customer_id == row.customer_id, Member.disabled_at.is_(None))
        )
        if email is None:
            session.delete(row)
            return row.id
        covered = weeks.days(now, row.reported_until)
        row.next_at = weeks.next_monday(row.time_zone, now)
        if covered is not None:
            first, last = covered
            row.reported_until = last
            mails.write(
                session,
                row.customer_id,
                WEEKLY_DIGEST,
                key=f"{WEEKLY_DIGEST}:{row.id}:{last.isoformat()}",
                to=email,
                subscription=row.id,
                first=first.isoformat(),
                last=last.isoformat(),
            )
        return row.id

    return due_rows.claim(due(now).order_by(DigestSubscription.next_at, DigestSubscription.id), take)


def _delete(session: Session, row: DigestSubscription, by: str, address: str) -> None:
    gone = session.execute(
        delete(DigestSubscription)
        .where(DigestSubscription.customer_id == row.customer_id, DigestSubscription.id == row.id)
        .returning(DigestSubscription.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if gone is not None:
        audit.record(session, row.customer_id, by, "digest.switched_off", row.id, address=address)


def _row(session: Session, actor: Actor) -> DigestSubscription | None:
    mine = select(DigestSubscription).where(
        DigestSubscription.customer_id == actor.customer_id, DigestSubscription.member_id == actor.member_id
    )
    return session.scalars(mine.execution_options(populate_existing=True)).one_or_none()


def _check(subscription_id: str, proof: str) -> None:
    is_ours = ids.is_id(subscription_id, "dig")
    if not (is_ours and hmac.compare_digest(proof.encode(), _proof(subscription_id).encode())):
        raise NotFound("link")


def _proof(subscription_id: str) -> str:
    said = f"stop the digest {subscription_id}".encode()
    made = hmac.new(settings().secret_key.encode(), said, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")
