"""The monthly run: what is due at the end of each customer's billing period, in one transaction, once.

docs/decisions/0041-the-month-is-run-by-rows.md says what holds when the process dies after each line.
"""

from collections.abc import Callable, Sequence

import structlog
from sqlalchemy import Select, func, select

from app import clock
from app.domain.errors import Refused, ensure
from app.models.customers import BillingPeriod
from app.models.database import Moment, db
from app.models.plan_periods import PeriodRun
from app.models.scope import as_service
from app.models.subscriptions import Subscription
from app.services import due_rows
from app.services.customers import billing_periods
from app.services.ledger import posting
from app.services.ledger.posting import Books
from app.services.month_end import boundary, together, waits
from app.services.receivables import closing
from app.services.transaction import transaction

log = structlog.get_logger()
MANY, FEW = 500, 2
"""So many customers are looked at together, at most and at least."""


def run_due(limit: int = 100) -> int:
    """Run the month of customers who are due, at most `limit` of them; return how many ends of periods were run.

    A customer whose books somebody else holds is left to the next time. One that fails stops no other, and is left
    alone for a while, longer each time.
    """
    with as_service("run the month"):
        done = due_rows.one(lambda: _together(_due(limit, waits.has_failed())), failed="months_not_run_together")
        if done >= limit:
            return done
        waiting = due_rows.waiting(limit, _due)
        return done + due_rows.each(waiting, _run_or_wait, of="customer", failed="month_not_run", enough=limit - done)


def waiting() -> int:
    """Return how many customers are due now."""
    with as_service("count whose month is due"):
        found = select(func.count()).select_from(Subscription).where(Subscription.run_at <= clock.now())
        return db.session.scalar(found) or 0


def run_all(*, done: Callable[[int], object]) -> int:
    """Run the month of everybody who is due, and call `done` with how many after each batch; return them all."""
    whole = 0
    while made := run_due(MANY):
        whole += made
        done(made)
    return whole


def run(customer_id: str) -> int:
    """Run every end of a billing period that is due for the customer, the oldest first; return how many."""
    made = 0
    while _next(customer_id):
        made += 1
    return made


def due(now: Moment) -> Select[str]:
    """Ask for customers whose month is to be run."""
    return select(Subscription.customer_id).where(Subscription.run_at <= now)


def _due(limit: int, tried: Sequence[str]) -> Sequence[str]:
    now = clock.now()
    wanted = due(now).where(Subscription.customer_id.not_in([*tried, *waits.left_alone(now)]))
    return db.session.scalars(wanted.order_by(Subscription.run_at, Subscription.customer_id).limit(limit)).all()


def _together(customer_ids: Sequence[str]) -> int:
    """Run those whose month brings the plan alone, or nothing, in one transaction; where that fails, none of them."""
    if len(customer_ids) < FEW:
        return 0
    with transaction() as session:
        return together.run(session, customer_ids, clock.now())


def _run_or_wait(customer_id: str) -> int:
    """Run the customer's month; where there is no room for the plan yet, invoice what was used, and leave it alone."""
    made = 0
    try:
        made = run(customer_id)
    except Refused as refusal:
        log.warning("month_waits", customer=customer_id, reason=refusal.reason)
        waits.pause(customer_id, clock.now())
        _invoice_usage(customer_id)
    except Exception:
        waits.failed(customer_id, clock.now())
        raise
    waits.over(customer_id)
    return made


def _invoice_usage(customer_id: str) -> None:
    """Write the invoices of periods that are over, each by itself: who owes more than the plan allows can pay it."""
    over = select(BillingPeriod).join(Subscription, Subscription.customer_id == BillingPeriod.customer_id)
    over = over.where(BillingPeriod.customer_id == customer_id, BillingPeriod.number >= Subscription.run_number)
    over = over.where(BillingPeriod.closed_at.is_not(None)).order_by(BillingPeriod.number)
    now = clock.now()
    with transaction() as session:
        books = posting.lock(session, customer_id)
        billing_periods.roll(session, customer_id, now)
        for each in session.scalars(over).all():
            closing.written(books, each, None, now, by=boundary.BY)


def _next(customer_id: str) -> bool:
    """Run the next end of a period that is due, in one transaction; say whether there was one."""
    now = clock.now()
    with transaction() as session:
        books = posting.lock_if_free(session, customer_id)
        if books is None:
            return False
        row = _locked(books)
        if row.run_at > now:
            return False
        billing_periods.roll(session, customer_id, now)
        number, document = row.run_number, boundary.cross(books, row, now)
        ensure(row.run_number == number + 1, f"the month of {customer_id} was not moved on")
        made = document.id if document is not None else None
        session.add(PeriodRun(customer_id=customer_id, number=number, ran_at=now, document_id=made))
        return True


def _locked(books: Books) -> Subscription:
    """Lock the subscription, after the customer."""
    return books.session.scalars(
        select(Subscription)
        .where(Subscription.customer_id == books.customer.customer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
