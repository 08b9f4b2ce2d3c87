"""What the rule decides from: read under the customer's locks for a charge, or as it stands for a page."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.auto_recharge import retries
from app.domain.auto_recharge import terms as terms_rule
from app.domain.auto_recharge.caution import Use
from app.domain.auto_recharge.decision import Facts
from app.domain.auto_recharge.terms import Terms
from app.domain.catalog import Catalog
from app.domain.errors import Refused
from app.domain.money import Credits, Money
from app.domain.spend_management import day_of
from app.domain.top_ups import TopUp
from app.models.auto_recharge import AutoRechargeSettings
from app.models.customers import BillingPeriod, Customer
from app.models.ledger import BalanceDay
from app.models.payments import PaymentMethod
from app.services.auto_recharge import rows
from app.services.balance.pace import PACE_DAYS


@dataclass(frozen=True)
class Found:
    """The facts, and the rows that a charge would use."""

    facts: Facts
    method: PaymentMethod | None
    period: BillingPeriod


def read(
    session: Session,
    customer: Customer,
    catalog: Catalog,
    row: AutoRechargeSettings | None,
    remaining: Credits,
    now: datetime,
) -> Found:
    """Return the facts for what remains now. A charge has begun and expired grants and turned the period before."""
    customer_id, wanted = customer.customer_id, rows.terms(row, catalog)
    period = session.scalars(
        select(BillingPeriod).where(BillingPeriod.customer_id == customer_id, BillingPeriod.closed_at.is_(None))
    ).one()
    allowed_at = rows.consented_at(session, row)
    methods = rows.methods(session, customer_id, wanted, catalog)
    tried = ((each, rows.retry(session, each, allowed_at)) for each in methods)
    method, retry = retries.next_to_charge(tried, now)
    facts = Facts(
        terms=wanted,
        standing=customer.standing,
        remaining=remaining,
        in_flight=Credits(rows.in_flight(session, customer_id)),
        is_under_way=rows.open_automatic(session, customer_id) is not None,
        one=sold(wanted, catalog),
        most=catalog.top_up.max if catalog.top_up is not None and not wanted.pack else None,
        used=Money(rows.used(session, customer_id, period.number), catalog.currency),
        period_ends=period.ends_at,
        has_method=method is not None,
        retry=retry,
        last_begun=rows.last_begun(session, customer_id),
        use=used_lately(session, customer, now),
        answer=rows.answer(session, customer_id, now),
        money_went_back=rows.went_back(session, customer_id, allowed_at),
    )
    return Found(facts, method, period)


def used_lately(session: Session, customer: Customer, now: datetime) -> Use:
    """Return what was used today and on the last whole days on which there was the customer: one statement."""
    today = day_of(now).date
    many = max(0, min(PACE_DAYS, (today - customer.created_at.astimezone(UTC).date()).days))
    rows = session.execute(
        select(BalanceDay.day, BalanceDay.used_micros).where(
            BalanceDay.customer_id == customer.customer_id, BalanceDay.day >= today - timedelta(days=many)
        )
    ).all()
    used = {day: int(micros) for day, micros in rows}
    days = [used.get(today - timedelta(days=many - place), 0) for place in range(many)]
    return Use(Credits(used.get(today, 0)), days)


def sold(wanted: Terms, catalog: Catalog) -> TopUp | None:
    """Return one purchase by these terms; None where the catalog does not sell it any more."""
    try:
        return terms_rule.purchase(wanted, catalog)
    except Refused:
        return None
