"""Where customers stand when usage is accepted: their terms, period and balance, with nothing due left undone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, func, literal, or_, select
from sqlalchemy.orm import Session

from app.domain.catalog import Catalog, Plan
from app.domain.ledger import CREDITS
from app.models.catalogs import CatalogVersion
from app.models.customers import BillingPeriod, Customer
from app.models.database import UtcDateTime
from app.models.ledger import Account, BalanceDay, Grant
from app.models.usage import Spending
from app.services.catalog import versions
from app.services.customers import billing_periods
from app.services.ledger import grants, posting
from app.services.usage.terms import plan_of


@dataclass(frozen=True)
class Standing:
    """A customer whose row of `spending` is locked."""

    catalog: Catalog
    plan: Plan
    period_number: int
    period_ends_at: datetime
    balance: int
    """What the ledger says; what waits to be posted is still to be taken off."""
    usage_to_post: int
    held: int
    """What open holds may still cost."""
    last_day: date | None
    """The last day that has totals. Another machine's clock may have been past midnight already."""


def standings(session: Session, locked: Mapping[str, Spending], now: datetime) -> dict[str, Standing]:
    """Return where the customers of these locked rows of `spending` stand.

    Periods that are over are closed first, and grants that are due begin or expire: what is accepted now comes after
    them.
    """
    found, due = _looked_up(session, locked.keys(), now)
    for customer_id in sorted(due):
        grants.catch_up(posting.lock_accounts(session, locked[customer_id]), now)
        billing_periods.roll(session, customer_id, now)
    if due:
        session.flush()
        found |= _looked_up(session, due, now)[0]
    return found


def _looked_up(session: Session, customer_ids: Collection[str], now: datetime) -> tuple[dict[str, Standing], set[str]]:
    """Return where they stand as the rows say, and for whom something is due."""
    rows = session.execute(_statement(), {"customers": list(customer_ids), "now": now}).all()
    sold = {row.customer_id: versions.remembered(row.catalog, row.version, row.digest) for row in rows}
    found = {
        row.customer_id: Standing(
            sold[row.customer_id],
            plan_of(sold[row.customer_id], row.plan),
            row.number,
            row.ends_at,
            row.balance,
            row.unposted_micros,
            row.held_micros,
            row.last_day,
        )
        for row in rows
    }
    return found, {row.customer_id for row in rows if row.is_due}


@cache
def _statement() -> Select[*tuple[Any, ...]]:
    """Return what is asked of each batch, put together once."""
    now: BindParameter[Any] = bindparam("now", type_=UtcDateTime())
    grant_is_due = select(Grant.id).where(Grant.customer_id == Customer.customer_id, Grant.is_due(now)).exists()
    return (
        select(
            Customer.customer_id,
            Customer.catalog,
            Customer.plan,
            CatalogVersion.version,
            CatalogVersion.digest,
            BillingPeriod.number,
            BillingPeriod.ends_at,
            Account.balance,
            Spending.unposted_micros,
            Spending.held_micros,
            or_(grant_is_due, BillingPeriod.is_due(now)).label("is_due"),
            select(func.max(BalanceDay.day))
            .where(BalanceDay.customer_id == Customer.customer_id)
            .scalar_subquery()
            .label("last_day"),
        )
        .join(
            CatalogVersion,
            (CatalogVersion.catalog == Customer.catalog) & (CatalogVersion.version == Customer.catalog_version),
        )
        .join(BillingPeriod, BillingPeriod.customer_id == Customer.customer_id)
        .join(Account, Account.customer_id == Customer.customer_id)
        .join(Spending, Spending.customer_id == Customer.customer_id)
        .where(
            Customer.customer_id.in_(bindparam("customers", expanding=True)),
            BillingPeriod.closed_at.is_(None),
            Account.name == CREDITS,
            Account.unit == literal("credits:") + Customer.credit_unit,
        )
    )
