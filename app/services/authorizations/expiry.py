"""What is due: authorizations whose time is over, and all that is done before a customer can be judged."""

from collections.abc import Sequence

from sqlalchemy import Select, select

from app import clock
from app.models.authorizations import Authorization
from app.models.database import Moment, db
from app.models.scope import as_service
from app.services import due_rows
from app.services.ledger import reservations, spending
from app.services.transaction import transaction
from app.services.usage import posting_schedule


def expire_due(limit: int = 100) -> int:
    """Release what is held by authorizations whose time is over, of at most `limit` customers; return how many.

    A customer whose spending somebody else has locked is left to the next time.
    """
    with as_service("expire authorizations"):
        found = due_rows.waiting(limit, _with_ended_holds)
        return due_rows.each(found, _expire, of="customer", failed="holds_not_expired", enough=limit)


def catch_up(customer_id: str) -> None:
    """Do what is due for the customer, under the lock of its spending: grants, the billing period, ended holds."""
    with as_service("authorize"), transaction() as session:
        locked = spending.lock(session, [customer_id])
        now = clock.now()
        reservations.expire(session, customer_id, now)
        posting_schedule.catch_up(session, locked[customer_id], now)


def due(now: Moment) -> Select[str]:
    """Ask for customers with a hold whose time is over."""
    return select(Authorization.customer_id).where(Authorization.state == "held", Authorization.expires_at <= now)


def _with_ended_holds(limit: int, but: Sequence[str]) -> Sequence[str]:
    return db.session.scalars(
        due(clock.now())
        .where(Authorization.customer_id.not_in(but))
        .group_by(Authorization.customer_id)
        .order_by(Authorization.customer_id)
        .limit(limit)
    ).all()


def _expire(customer_id: str) -> int:
    with transaction() as session:
        if customer_id not in spending.lock(session, [customer_id], skip_locked=True):
            return 0
        return reservations.expire(session, customer_id, clock.now())
