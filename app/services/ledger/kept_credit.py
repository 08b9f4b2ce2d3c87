"""Credit whose time is over and that open holds keep: it expires when they end (domain/grants.py, `kept`)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.domain import grants as rule
from app.domain.grants import OpenHold
from app.models.authorizations import Authorization
from app.models.customers import Customer
from app.models.ledger import Grant
from app.models.usage import UsageTotal
from app.services.ledger.burn_down import view
from app.services.ledger.posting import Books


def open_holds(session: Session, customer_id: str, now: datetime) -> list[OpenHold]:
    """Return what the customer's open holds still hold, and since when; those of a meter together, since the first."""
    is_open = and_(Authorization.customer_id == customer_id, Authorization.is_open(now))
    of_credit = select(Authorization.created_at, Authorization.credit_left()).where(is_open, Authorization.meter == "")
    of_meters = (
        select(func.min(Authorization.created_at), func.max(UsageTotal.reserved_micros))
        .join(UsageTotal, UsageTotal.customer_id == Authorization.customer_id)
        .where(is_open, UsageTotal.meter == Authorization.meter, UsageTotal.reserved_micros > 0)
        .group_by(UsageTotal.meter)
    )
    return [OpenHold(made_at, left) for made_at, left in session.execute(of_credit.union_all(of_meters))]


def lost(books: Books, now: datetime) -> list[tuple[Grant, int, int]]:
    """Return the grants of which something is left though they are over: how much of it goes now, and how much stays.

    What was used before is posted already. Grants that began first are first.
    """
    over = books.session.scalars(
        select(Grant)
        .where(Grant.customer_id == books.customer_id, Grant.is_over(now))
        .order_by(Grant.effective_at, Grant.id)
        .execution_options(populate_existing=True)
    ).all()
    if not over:
        return []
    keeps = _kept(books, over, now)
    return [(grant, grant.remaining_micros - keeps[grant.id], keeps[grant.id]) for grant in over]


def _kept(books: Books, over: Sequence[Grant], now: datetime) -> dict[str, int]:
    held = books.spending.held_micros
    if not held:
        return rule.kept([view(grant) for grant in over], [], 0, now)
    overage = books.session.get_one(Customer, books.customer_id).overage_protection_micros
    spare = max(0, books.credits.balance - books.spending.unposted_micros + overage - held)
    holds = open_holds(books.session, books.customer_id, now)
    return rule.kept([view(grant) for grant in over], holds, held, now, spare)
