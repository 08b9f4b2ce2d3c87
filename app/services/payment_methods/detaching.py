"""Detach removed methods at the processor: at once if it answers, else again until it did."""

from datetime import timedelta

import structlog
from sqlalchemy import Select, select, update

from app import clock
from app.domain.payments import MISSING, Misused, next_check
from app.models.database import Moment, db
from app.models.payments import PaymentMethod
from app.models.scope import as_service
from app.services import due_rows
from app.services.processor.gateway import gateway
from app.services.transaction import transaction

log = structlog.get_logger()
LEASE = timedelta(minutes=5)


def detach(method_id: str) -> bool:
    """Detach a removed method at the processor; return whether that is done. Any number of times."""
    with as_service("detach a removed payment method"):
        method = db.session.get_one(PaymentMethod, method_id, populate_existing=True)
        if method.detach_at is None or method.removed_at is None:
            return True
        removed_at, processor_id, customer_id = method.removed_at, method.processor_id, method.customer_id
        answer = gateway().detach_method(processor_id, key=f"{method_id}:detach")
        now = clock.now()
        done = answer is None or (isinstance(answer, Misused) and answer.code == MISSING)
        if isinstance(answer, Misused) and not done:
            log.error("method_not_detached", method=method_id, why=answer.code)
        with transaction() as session:
            session.execute(
                update(PaymentMethod)
                .where(PaymentMethod.customer_id == customer_id, PaymentMethod.id == method_id)
                .values(detach_at=None if done else now + next_check(now - removed_at))
                .execution_options(synchronize_session=False)
            )
        return done


def of_customer(customer_id: str) -> None:
    """Detach the customer's removed methods that wait for their first try."""
    now = clock.now()
    with as_service("detach removed payment methods"):
        rows = select(PaymentMethod.id).where(PaymentMethod.customer_id == customer_id, PaymentMethod.detach_at <= now)
        for method_id in db.session.scalars(rows.order_by(PaymentMethod.id)).all():
            detach(method_id)


def due(limit: int) -> int:
    """Detach removed methods that the processor still holds, one by one; return how many are done."""
    with as_service("find removed payment methods to detach"):
        return due_rows.each(due_rows.claimed(limit, _claim), detach, of="method", failed="detach_failed")


def to_detach(now: Moment) -> Select[PaymentMethod]:
    """Ask for removed methods that the processor still has."""
    return select(PaymentMethod).where(PaymentMethod.detach_at <= now)


def _claim() -> str | None:
    """Claim the removed method that is due the longest, for one lease."""
    now = clock.now()

    def take(method: PaymentMethod) -> str:
        method.detach_at = now + LEASE
        return method.id

    return due_rows.claim(to_detach(now).order_by(PaymentMethod.detach_at, PaymentMethod.id), take)
