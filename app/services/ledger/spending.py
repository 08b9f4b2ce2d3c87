"""Spending: the one row of a customer that counts what is used and not posted yet, and the totals that move with it.

Whoever changes a customer's usage or credits locks this row first, so that nothing of it moves in between.
"""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.catalog import Catalog
from app.domain.errors import ensure
from app.models.bulk import Rules, upsert_row
from app.models.customers import Customer
from app.models.ledger import BalanceDay
from app.models.usage import Spending


def begin(session: Session, customer: Customer) -> None:
    """Give a new customer the row."""
    session.add(Spending(customer_id=customer.customer_id, unposted_micros=0, held_micros=0, dirty=False))
    session.flush()


def lock(session: Session, customer_ids: Collection[str], *, skip_locked: bool = False) -> dict[str, Spending]:
    """Lock the rows of these customers, always in the order of their ids, before anything else of theirs.

    With `skip_locked` the rows that somebody else holds are left out of the answer.
    """
    rows = session.scalars(
        select(Spending)
        .where(Spending.customer_id.in_(customer_ids))
        .order_by(Spending.customer_id)
        .with_for_update(skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    ).all()
    found = {row.customer_id: row for row in rows}
    ensure(skip_locked or len(found) == len(set(customer_ids)), f"no spending of some of {sorted(customer_ids)[:5]}")
    return found


def lock_one(session: Session, customer_id: str, *, skip_locked: bool = False) -> Spending | None:
    """Lock and return the row of one customer; None where there is none, or where it is held and shall be skipped."""
    return session.scalars(
        select(Spending)
        .where(Spending.customer_id == customer_id)
        .with_for_update(skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    ).one_or_none()


def touch(session: Session, customer_id: str) -> None:
    """Have the customer's notices decided again: a balance, a limit or a refusal changed."""
    session.execute(update(Spending).where(Spending.customer_id == customer_id).values(dirty=True))


def move_day(session: Session, customer_id: str, day: date, *, added: int = 0, used: int = 0) -> None:
    """Add to a UTC day's totals. The balance at its end moves with them, and that of every later day there is."""
    change = added - used
    before = (
        select(BalanceDay.closing_micros)
        .where(BalanceDay.customer_id == customer_id, BalanceDay.day <= day)
        .order_by(BalanceDay.day.desc())
        .limit(1)
        .scalar_subquery()
    )
    moved: dict[str, Any] = {
        "customer_id": customer_id,
        "day": day,
        "added_micros": added,
        "used_micros": used,
        "closing_micros": func.coalesce(before, 0) + change,
    }
    rules: Rules = {"added_micros": "add", "used_micros": "add", "closing_micros": BalanceDay.closing_micros + change}
    upsert_row(session, BalanceDay, moved, rules)
    session.execute(
        update(BalanceDay)
        .where(BalanceDay.customer_id == customer_id, BalanceDay.day > day)
        .values(closing_micros=BalanceDay.closing_micros + change)
        .execution_options(synchronize_session=False)
    )


def daily_limit(chosen: tuple[bool, int | None] | None, catalog: Catalog) -> int | None:
    """Return how much may be used a UTC day, in micros, or None: there is no bound.

    `chosen` is whether the customer has spend management on, and the limit; None: the catalog's terms hold.
    """
    terms = catalog.spend_management
    limit = terms.daily_limit.micros if terms.daily_limit is not None else None
    enabled, limit = chosen if chosen is not None else (terms.enabled, limit)
    return limit if enabled else None
