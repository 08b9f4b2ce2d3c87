"""When accepted usage is posted: on its day, and before anything that changes which credit it burns."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Date, Integer, Select, bindparam, func, select
from sqlalchemy.orm import Session

from app import clock
from app.models.bulk import none_of, one_of
from app.models.customers import BillingPeriod
from app.models.database import constant, db
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
DAYS_EACH = 2
"""So many days are looked at for each customer that is wanted: one for each meter that was used."""


def post_due(limit: int = 100) -> int:
    """Post the usage that is due, of at most `limit` customers; return of how many.

    Hundreds are posted in one transaction; where that fails, each by itself, so that one that fails does not keep the
    others back. Whoever holds a customer's accounts leaves it to the next time.
    """
    done, tried = 0, list[str]()
    with as_service("post usage"):
        while done < limit and len(tried) < due_rows.MOST_TRIED and not shutdown.asked():
            found = _with_usage_to_post(limit - done, tried, days=DAYS_EACH * limit)
            if not found:
                break
            for at in range(0, len(found), MANY):
                if shutdown.asked():
                    break
                some = found[at : at + MANY]
                done += due_rows.together(some, _post, of="customer", failed="usage_not_posted").count
                tried += some
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


def _with_usage_to_post(limit: int, but: Sequence[str], *, days: int) -> Sequence[str]:
    """Return at most so many customers of whom something is due: those of the first so many days, the oldest first."""
    asked = {"until": clock.now().date(), "but": but, "many": limit, "days": days}
    return db.session.scalars(_first(), asked).all()


@cache
def _first() -> Select[str]:
    """Ask for them among all customers: it is a service's statement, and no customer's."""
    first = (
        to_post(bindparam("until", type_=Date))
        .add_columns(UsageDay.due_on)
        .where(none_of(UsageDay.customer_id, "but"))
        .order_by(UsageDay.due_on)
        .limit(bindparam("days", type_=Integer()))
        .subquery()
    )
    customer_id, due_on = first.c
    return (
        select(customer_id)
        .group_by(customer_id)
        .order_by(func.min(due_on), customer_id)
        .limit(bindparam("many", type_=Integer()))
    )


_FREE = (
    select(Spending.customer_id)
    .where(one_of(Spending.customer_id, "customers"), Spending.unposted_micros > constant(0))
    .order_by(Spending.customer_id)
    .with_for_update(skip_locked=True)
)


def _post(customer_ids: Sequence[str]) -> int:
    """Post what is due of these customers, in one transaction; return of how many nobody else holds the accounts."""
    with transaction() as session:
        locked = session.scalars(_FREE, {"customers": customer_ids}).all()
        now = clock.now()
        return usage.post(session, locked, now, until=now.date()) if locked else 0
