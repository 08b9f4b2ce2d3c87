"""What the remaining credits are made of, in burn order: for the customer in scope, usage that waits counted in."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from sqlalchemy import BindParameter, ScalarSelect, func, or_, select

from app import clock
from app.domain import grants as rule
from app.domain.forecast import Batch
from app.domain.numbers import Numbers
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Grant
from app.services.balance.summary import whose
from app.services.ledger.burn_down import view


def expiring(now: BindParameter[Any]) -> ScalarSelect[int]:
    """Count the grants of the statement's customer that hold credit and will expire."""
    return (
        select(func.count())
        .select_from(Grant)
        .where(
            Grant.customer_id == Customer.customer_id,
            Grant.expires_at > now,
            or_(Grant.remaining_micros > 0, Grant.is_to_begin(now)),
        )
        .correlate(Customer)
        .scalar_subquery()
    )


def batches(numbers: Numbers) -> list[Batch]:
    """Return what is left of each grant, in burn order; together they are the remaining credits. One statement."""
    now = clock.now()
    found = db.session.scalars(
        select(Grant)
        .where(Grant.customer_id == whose(), or_(Grant.remaining_micros > 0, Grant.is_to_begin(now)))
        .execution_options(populate_existing=True)
    ).all()
    live = [view(each) for each in found if not rule.is_expired(each.expires_at, now)]
    ordered = sorted((each for each in live if each.effective_at <= now), key=rule.burn_order)
    ends = [each.expires_at.astimezone(UTC).date() if each.expires_at else None for each in ordered]
    return whole([Batch(each.remaining, day) for each, day in zip(ordered, ends, strict=True)], numbers)


def whole(found: Sequence[Batch], numbers: Numbers) -> list[Batch]:
    """Return the batches so that they come to what remains: usage that waits, or a debt, is taken off in burn order."""
    remaining = max(0, numbers.remaining_credits.micros)
    over, kept = sum(each.left for each in found) - remaining, []
    for each in found:
        taken = min(each.left, max(0, over))
        over -= taken
        if each.left > taken:
            kept.append(Batch(each.left - taken, each.ends))
    return [*kept, Batch(-over)] if over < 0 else kept
