"""What the remaining credits are made of, in burn order: for the customer in scope, usage that waits counted in."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BindParameter, ScalarSelect, func, or_, select, tuple_

from app import clock
from app.domain import grants as rule
from app.domain.forecast.paces import Batch
from app.domain.grants import LiveGrant
from app.domain.numbers import Numbers
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Grant
from app.services.balance.summary import whose
from app.services.ledger.burn_down import view

MOST, SHOWN = 100, 10
"""So many grants that begin later are listed, and so many that are used up on a page."""


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
    ordered = _ordered()
    return whole([Batch(each.remaining, _last_day(grant)) for grant, each in ordered], numbers)


def listed(numbers: Numbers) -> list[tuple[Grant, int]]:
    """Return the grants that hold credit, in burn order, and what is left of each in micros: together what remains.

    Usage that is not posted yet is taken off in burn order, as it will be. One statement.
    """
    ordered = _ordered()
    over, found = sum(each.remaining for _grant, each in ordered) - max(0, numbers.remaining_credits.micros), []
    for grant, each in ordered:
        taken = min(each.remaining, max(0, over))
        over -= taken
        found.append((grant, each.remaining - taken))
    return [(grant, left) for grant, left in found if left]


def waiting() -> list[Grant]:
    """Return the grants that begin later, the next first."""
    now = clock.now()
    return list(
        db.session.scalars(
            select(Grant)
            .where(Grant.customer_id == whose(), Grant.effective_at > now, Grant.voided_at.is_(None))
            .order_by(Grant.effective_at, Grant.id)
            .limit(MOST)
        )
    )


def used_up(after: tuple[datetime, str] | None = None) -> tuple[list[Grant], bool]:
    """Return grants of which nothing is left, newest first, behind `after` (time, id), and whether there are more."""
    gone = or_(Grant.posted_at.is_not(None), Grant.voided_at.is_not(None))
    wanted = select(Grant).where(Grant.customer_id == whose(), Grant.remaining_micros == 0, gone)
    if after is not None:
        wanted = wanted.where(tuple_(Grant.effective_at, Grant.id) < after)
    found = db.session.scalars(wanted.order_by(Grant.effective_at.desc(), Grant.id.desc()).limit(SHOWN + 1)).all()
    return list(found[:SHOWN]), len(found) > SHOWN


def _ordered() -> list[tuple[Grant, LiveGrant]]:
    """Return the grants that hold credit now, or are to begin unseen by any job, in burn order."""
    now = clock.now()
    found = db.session.scalars(
        select(Grant)
        .where(Grant.customer_id == whose(), or_(Grant.remaining_micros > 0, Grant.is_to_begin(now)))
        .execution_options(populate_existing=True)
    ).all()
    live = [(each, view(each)) for each in found if not rule.is_expired(each.expires_at, now)]
    return sorted((pair for pair in live if pair[1].effective_at <= now), key=lambda pair: rule.burn_order(pair[1]))


def _last_day(grant: Grant) -> date | None:
    return grant.expires_at.astimezone(UTC).date() if grant.expires_at else None


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
