"""Who is due to be looked at: whose credit moved below the threshold, and whose next look has come."""

from datetime import datetime, timedelta

from sqlalchemy import Select, literal, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.ledger import CREDITS
from app.domain.money import Credits
from app.models.auto_recharge import AutoRechargeSettings, due_now
from app.models.customers import Customer
from app.models.database import Moment, db
from app.models.ledger import Account
from app.models.scope import as_service
from app.models.usage import Spending
from app.services import due_rows
from app.services.auto_recharge import charging
from app.services.transaction import transaction

LEASE = timedelta(minutes=2)
"""A customer who was taken by a worker that died is due again after so long."""


def charge_due(limit: int = 100) -> int:
    """Look at customers who are due, at most `limit`; return how many. A bad one stops no other."""
    with as_service("look at auto-recharge"):
        found = due_rows.claimed(limit, _claim)
        return due_rows.each(found, _look_at, of="customer", failed="auto_recharge_failed")


def sweep_due(limit: int = 100) -> int:
    """Have customers looked at whose credit is below their threshold and who are not due; return how many.

    Whatever moves credit has it done at once: this finds what was lost on the way.
    """
    settings = AutoRechargeSettings
    below = (
        select(settings.customer_id)
        .join(Customer, Customer.customer_id == settings.customer_id)
        .join(Spending, Spending.customer_id == settings.customer_id)
        .join(
            Account,
            (Account.customer_id == settings.customer_id)
            & (Account.name == CREDITS)
            & (Account.unit == literal("credits:") + Customer.credit_unit),
        )
        .where(
            settings.enabled,
            settings.look_at.is_(None),
            Account.balance - Spending.unposted_micros < settings.threshold_micros,
        )
        .limit(limit)
    )
    with as_service("sweep auto-recharge"):
        found = db.session.scalars(below).all()
        if not found:
            return 0
        with transaction() as session:
            return sum(_have_looked_at(session, customer_id, clock.now()) for customer_id in found)


def credit_moved(session: Session, customer_id: str, remaining: Credits, now: datetime) -> None:
    """Have the customer looked at where what remains is below the threshold. Their row of `spending` is locked."""
    _have_looked_at(session, customer_id, now, below=remaining)


def _have_looked_at(session: Session, customer_id: str, now: datetime, below: Credits | None = None) -> bool:
    due = due_now(customer_id, now)
    if below is not None:
        due = due.where(AutoRechargeSettings.threshold_micros > below.micros)
    moved = due.returning(AutoRechargeSettings.customer_id)
    return session.execute(moved).scalar_one_or_none() is not None


def due(now: Moment) -> Select[AutoRechargeSettings]:
    """Ask for customers who are to be looked at."""
    return select(AutoRechargeSettings).where(AutoRechargeSettings.look_at <= now)


def _claim() -> str | None:
    """Claim the customer who is due the longest."""
    now = clock.now()

    def take(row: AutoRechargeSettings) -> str:
        row.look_at = now + LEASE
        return row.customer_id

    due_first = due(now).order_by(AutoRechargeSettings.look_at, AutoRechargeSettings.customer_id)
    return due_rows.claim(due_first, take)


def _look_at(customer_id: str) -> int:
    charging.look_at(customer_id)
    return 1
