"""When accepted usage is posted: on its day, and before anything that changes which credit it burns."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.models.customers import BillingPeriod
from app.models.database import db
from app.models.ledger import Grant
from app.models.scope import as_service
from app.models.usage import Spending, UsageDay
from app.services import due_rows
from app.services.customers import billing_periods
from app.services.ledger import grants, posting, usage_posting
from app.services.transaction import transaction


def post_due(limit: int = 100) -> int:
    """Post the usage that is due, of at most `limit` customers; return of how many.

    Whoever holds a customer's accounts leaves it to the next time. A customer that fails does not keep the others back.
    """
    with as_service("post usage"):
        found = due_rows.waiting(limit, _with_usage_to_post)
        return due_rows.each(found, _post_one, of="customer", failed="usage_not_posted", enough=limit)


def catch_up(session: Session, spending_row: Spending, now: datetime) -> bool:
    """Begin and expire the customer's grants and turn the billing period where that is due; return whether it was.

    Called before usage is accepted, with the customer's row of `spending` locked: so whatever is not posted was
    accepted before any grant that is due now began or expired, and counts for the period that was open.
    """
    customer_id = spending_row.customer_id
    if customer_id not in due(session, [customer_id], now):
        return False
    grants.catch_up(posting.lock_accounts(session, spending_row), now)
    billing_periods.roll(session, customer_id, now)
    return True


def due(session: Session, customer_ids: Collection[str], now: datetime) -> set[str]:
    """Return which of the customers have a grant or a billing period that is due: one statement for all."""
    rows = (
        select(Grant.customer_id)
        .where(Grant.customer_id.in_(customer_ids), Grant.is_due(now))
        .union_all(
            select(BillingPeriod.customer_id).where(
                BillingPeriod.customer_id.in_(customer_ids), BillingPeriod.is_due(now)
            )
        )
    )
    return set(session.scalars(rows))


def _with_usage_to_post(limit: int, but: Sequence[str]) -> Sequence[str]:
    return db.session.scalars(
        select(UsageDay.customer_id)
        .where(UsageDay.micros > UsageDay.posted_micros, UsageDay.due_on <= clock.now().date())
        .where(UsageDay.customer_id.not_in(but))
        .group_by(UsageDay.customer_id)
        .order_by(UsageDay.customer_id)
        .limit(limit)
    ).all()


def _post_one(customer_id: str) -> bool:
    with transaction() as session:
        books = posting.lock_if_free(session, customer_id)
        if books is None:
            return False
        now = clock.now()
        return bool(usage_posting.post(books, now, until=now.date()))
