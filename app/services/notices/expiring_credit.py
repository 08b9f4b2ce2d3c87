"""Notices of credit that expires soon: so many days before as the catalog says, once for each grant."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app import clock
from app.domain import grants as grant_rule
from app.domain import notices as rule
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Grant
from app.models.limits import Notice
from app.models.scope import as_service
from app.services import due_rows
from app.services.catalog import versions
from app.services.customers import directory
from app.services.ledger import spending
from app.services.ledger.burn_down import view
from app.services.notices import decisions
from app.services.transaction import transaction


def decide_due(limit: int = 100) -> int:
    """Decide the notices of at most `limit` customers whose credit expires soon; return how many were looked at."""
    with as_service("decide notices of expiring credit"):
        found = due_rows.waiting(limit, _to_look_at)
        return due_rows.each(found, _decide, of="customer", failed="notices_failed", enough=limit)


def _to_look_at(limit: int, but: Sequence[tuple[str, int]]) -> Sequence[tuple[str, int]]:
    """Return customers with a grant that expires soon without a notice yet, and its days of notice."""
    now, found = clock.now(), list[tuple[str, int]]()
    for name in directory.catalog_names():
        days = versions.offered(name).credits.expiry_notice_days
        if not days or len(found) >= limit:
            continue
        rows = db.session.scalars(
            select(Grant.customer_id)
            .join(Customer, Customer.customer_id == Grant.customer_id)
            .where(
                Customer.catalog == name,
                Customer.customer_id.not_in([customer_id for customer_id, _days in but]),
                Customer.standing != "closed",
                Grant.remaining_micros > 0,
                Grant.expires_at > now,
                Grant.expires_at <= now + timedelta(days=days),
                ~_is_notified(),
            )
            .distinct()
            .order_by(Grant.customer_id)
            .limit(limit - len(found))
        )
        found += [(customer_id, days) for customer_id in rows]
    return found


def _decide(found: tuple[str, int]) -> bool:
    """Keep a notice for each of the customer's grants that expire soon; say whether it was our turn to look."""
    customer_id, days = found
    with transaction() as session:
        held = spending.lock(session, [customer_id], skip_locked=True)
        if customer_id not in held:
            return False
        now = clock.now()
        for wanted in rule.expiring(_left(session, customer_id, held[customer_id].unposted_micros, now, days)):
            decisions.keep(session, customer_id, wanted, now)
        return True


def _left(
    session: Session, customer_id: str, usage_to_post: int, now: datetime, days: int
) -> list[tuple[str, Credits, datetime]]:
    """Return what is left of each grant that expires soon and was not notified; usage since then is taken off."""
    live = session.scalars(
        select(Grant)
        .where(Grant.customer_id == customer_id, Grant.remaining_micros > 0)
        .execution_options(populate_existing=True)
    ).all()
    notified = set(
        session.scalars(
            select(Notice.occasion).where(Notice.customer_id == customer_id, Notice.rule == rule.CREDITS_EXPIRING)
        )
    )
    left = grant_rule.left_in([view(each) for each in live], usage_to_post)
    return [
        (each.id, Credits(left[each.id]), each.expires_at)
        for each in live
        if each.id not in notified and each.expires_at and now < each.expires_at <= now + timedelta(days=days)
    ]


def _is_notified() -> ColumnElement[bool]:
    return (
        select(Notice.occasion)
        .where(
            Notice.customer_id == Grant.customer_id,
            Notice.rule == rule.CREDITS_EXPIRING,
            Notice.occasion == Grant.id,
        )
        .exists()
    )
