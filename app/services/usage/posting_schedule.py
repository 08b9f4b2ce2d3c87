"""When accepted usage is posted: on its day, and before anything that changes which credit it burns."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, Select, select
from sqlalchemy.orm import Session

from app import clock
from app.models.customers import BillingPeriod
from app.models.database import db
from app.models.ledger import Grant
from app.models.scope import as_service
from app.models.usage import Spending, UsageDay
from app.services import due_rows, shutdown
from app.services.customers import billing_periods
from app.services.journal import usage
from app.services.ledger import grants, posting
from app.services.transaction import transaction

MANY = 200
"""So many customers are posted in one transaction: it holds their accounts for about a tenth of a second."""


def post_due(limit: int = 100) -> int:
    """Post the usage that is due, of at most `limit` customers; return of how many.

    Hundreds are posted in one transaction; where that fails, each by itself, so that one that fails does not keep the
    others back. Whoever holds a customer's accounts leaves it to the next time.
    """
    done, tried = 0, list[str]()
    with as_service("post usage"):
        while done < limit and len(tried) < due_rows.MOST_TRIED and not shutdown.asked():
            found = _with_usage_to_post(min(MANY, limit - done), tried)
            if not found:
                break
            done += due_rows.together(found, _post, of="customer", failed="usage_not_posted").count
            tried += found
    return done


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


def to_post(today: date | BindParameter[Any]) -> Select[str]:
    """Ask for customers with usage of a day whose time to be posted has come."""
    return select(UsageDay.customer_id).where(
        UsageDay.is_to_post,
        UsageDay.micros > UsageDay.posted_micros,  # each database has an index by one of these
        UsageDay.due_on <= today,
    )


def _with_usage_to_post(limit: int, but: Sequence[str]) -> Sequence[str]:
    """Return customers of whom something is due: those of the first so many days, whatever else there is."""
    first = (
        to_post(clock.now().date())
        .where(UsageDay.customer_id.not_in(but))
        .order_by(UsageDay.due_on)
        .limit(limit)
        .subquery()
    )
    return db.session.scalars(select(first.c.customer_id).distinct()).all()


def _post(customer_ids: Sequence[str]) -> int:
    """Post what is due of these customers, in one transaction; return of how many nobody else holds the accounts."""
    free = select(Spending.customer_id).where(Spending.customer_id.in_(customer_ids), Spending.unposted_micros > 0)
    with transaction() as session:
        locked = session.scalars(free.order_by(Spending.customer_id).with_for_update(skip_locked=True)).all()
        now = clock.now()
        return usage.post(session, locked, now, until=now.date()) if locked else 0
