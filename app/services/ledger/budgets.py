"""What automatic payments may charge in a period: reserved before the call, then charged or freed, once (I12, I14).

Whoever changes a budget does it in the transaction that moves its payment, whose state is guarded: so each reservation
ends exactly once. Rows are locked in this order: the payment, spending and accounts, the customer, the settings
and the budget.
"""

from datetime import datetime

from sqlalchemy import case, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.errors import ensure
from app.models.auto_recharge import AutoRechargeBudget, due_now
from app.models.bulk import insert_new
from app.models.payments import Payment
from app.services import wake_ups
from app.services.outbox import events
from app.services.outbox.events import Outbox

SUCCEEDED = "auto_recharge.succeeded"
JOB = wake_ups.AUTOMATIC_CHARGES


def reserve(session: Session, customer_id: str, period_number: int, amount_minor: int, limit_minor: int) -> bool:
    """Reserve the amount if what is charged and reserved stays within the limit with it; say whether it did."""
    new = {"limit_minor": limit_minor, "reserved_minor": 0, "charged_minor": 0}
    insert_new(session, AutoRechargeBudget, {"customer_id": customer_id, "period_number": period_number, **new})
    budget = AutoRechargeBudget
    reserved = session.execute(
        update(budget)
        .where(
            budget.customer_id == customer_id,
            budget.period_number == period_number,
            budget.reserved_minor + budget.charged_minor + amount_minor <= limit_minor,
        )
        .values(
            reserved_minor=budget.reserved_minor + amount_minor,
            limit_minor=case((budget.limit_minor < limit_minor, limit_minor), else_=budget.limit_minor),
        )
        .returning(budget.period_number)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    return reserved is not None


def reserve_again(session: Session, customer_id: str, period_number: int, amount_minor: int) -> None:
    """Reserve what an automatic payment had reserved whose row was lost. The customer's row is locked.

    Its money was allowed then, and may be taken by now: where other charges have used the limit meanwhile, the row says
    as its limit what they come to together, and nothing more is charged in this period.
    """
    new = {"limit_minor": amount_minor, "reserved_minor": 0, "charged_minor": 0}
    insert_new(session, AutoRechargeBudget, {"customer_id": customer_id, "period_number": period_number, **new})
    budget = AutoRechargeBudget
    total = budget.reserved_minor + budget.charged_minor + amount_minor
    session.execute(
        update(budget)
        .where(budget.customer_id == customer_id, budget.period_number == period_number)
        .values(
            reserved_minor=budget.reserved_minor + amount_minor,
            limit_minor=case((budget.limit_minor < total, total), else_=budget.limit_minor),
        )
        .execution_options(synchronize_session=False)
    )


def spend(outbox: Outbox, payment: Payment) -> None:
    """Count what was reserved for the payment as charged, in the transaction in which it succeeds."""
    if payment.budget_period is None:
        return
    _move(outbox.session, payment, charged=payment.amount_minor)
    outbox.write(SUCCEEDED, payment.id, facts_of(payment, payment.received_minor))
    look_again(outbox, clock.now())


def facts_of(payment: Payment, received_minor: int) -> dict[str, object]:
    """Return what hosts are sent of a charge that has succeeded."""
    return {"payment": payment.id, "amount_minor": received_minor, "currency": payment.currency}


def spent(payment: Payment) -> dict[str, object]:
    """Return what counts the payment as charged."""
    return {"period_number": payment.budget_period, "amount_minor": payment.amount_minor}


def free(session: Session, payment: Payment) -> None:
    """Give back what was reserved for the payment, in the transaction in which it ends uncharged."""
    if payment.budget_period is None:
        return
    outbox = events.lock(session, payment.customer_id)  # a look locks the customer before the budget too
    _move(session, payment, charged=0)
    facts = {"payment": payment.id, "amount_minor": payment.amount_minor, "currency": payment.currency}
    outbox.write("auto_recharge.failed", payment.id, facts | {"reason": payment.problem})
    look_again(outbox, clock.now())


def look_again(outbox: Outbox, now: datetime) -> None:
    """Have the rule asked again: what it decides from has moved. The customer's row is locked, so the order holds."""
    outbox.session.execute(due_now(outbox.customer.customer_id, now))
    wake_ups.after_commit(outbox.session, JOB)


def _move(session: Session, payment: Payment, charged: int) -> None:
    budget = AutoRechargeBudget
    moved = session.execute(
        update(budget)
        .where(budget.customer_id == payment.customer_id, budget.period_number == payment.budget_period)
        .values(
            reserved_minor=budget.reserved_minor - payment.amount_minor,
            charged_minor=budget.charged_minor + charged,
        )
        .returning(budget.period_number)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    ensure(moved is not None, f"{payment.id} was charged without a budget")
