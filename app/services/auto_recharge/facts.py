"""What the rule decides from: read under the customer's locks for a charge, or as it stands for a page."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.auto_recharge import caution, retries
from app.domain.auto_recharge import terms as terms_rule
from app.domain.auto_recharge.caution import Use
from app.domain.auto_recharge.decision import Facts
from app.domain.catalog import Catalog
from app.domain.ledger import CREDITS
from app.domain.money import Credits, Money
from app.domain.spend_management import day_of
from app.models.auto_recharge import AutoRechargeSettings
from app.models.customers import BillingPeriod, Customer
from app.models.ledger import Account, BalanceDay
from app.models.payments import PaymentMethod
from app.models.subscriptions import Subscription
from app.models.usage import Spending
from app.services.auto_recharge import rows
from app.services.catalog import versions
from app.services.customers import billing_periods
from app.services.ledger import grants
from app.services.ledger.posting import Books
from app.services.payment_methods import declines
from app.services.tax import decision


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
    period, plan_ends_at = session.execute(
        select(BillingPeriod, Subscription.cancel_at)
        .join(Subscription, Subscription.customer_id == BillingPeriod.customer_id)
        .where(BillingPeriod.customer_id == customer_id, BillingPeriod.closed_at.is_(None))
    ).one()
    allowed_at = rows.consented_at(session, row)
    methods = rows.methods(session, customer_id, wanted, catalog)
    tried = ((each, declines.retry(session, each, allowed_at)) for each in methods)
    method, retry = retries.next_to_charge(tried, now)
    begun = rows.last_begun(session, customer_id)
    since = max((at for at in (allowed_at, begun) if at is not None), default=None)
    facts = Facts(
        terms=wanted,
        standing=customer.standing,
        remaining=remaining,
        in_flight=Credits(rows.in_flight(session, customer_id)),
        is_under_way=rows.open_automatic(session, customer_id) is not None,
        one=terms_rule.sold(wanted, catalog, decision.taxation(session, customer_id, catalog, now.date())),
        most=terms_rule.most_at_once(wanted, catalog),
        used=Money(rows.used(session, customer_id, period.number), catalog.currency),
        period_ends=period.ends_at,
        has_method=method is not None,
        retry=retry,
        last_begun=begun,
        use=used_lately(session, customer, wanted.threshold, since, now),
        answer=rows.answer(session, customer_id, now),
        money_went_back=rows.went_back(session, customer_id, allowed_at),
        plan_ends=plan_ends_at is not None,
    )
    return Found(facts, method, period)


def locked(books: Books, row: AutoRechargeSettings, now: datetime) -> Found:
    """Return the facts under the customer's locks, grants expired and the period turned as of now."""
    session, customer = books.session, books.customer
    grants.catch_up_where_due(books, now)
    billing_periods.roll(session, books.customer_id, now)
    left = Credits(books.credits.balance - books.spending.unposted_micros)
    return read(session, customer, versions.of(customer), row, left, now)


def remaining(session: Session, customer: Customer) -> Credits:
    """Return what remains, as the rows have it, for whoever only looks."""
    balance = session.execute(
        select(Account.balance - Spending.unposted_micros)
        .join(Spending, Spending.customer_id == Account.customer_id)
        .where(
            Account.customer_id == customer.customer_id,
            Account.name == CREDITS,
            Account.unit == f"credits:{customer.credit_unit}",
        )
    ).scalar_one()
    return Credits(balance)


def used_lately(session: Session, customer: Customer, threshold: Credits, since: datetime | None, now: datetime) -> Use:
    """Return the use that is judged: one statement. `since` is the last consent, or the last charge that was begun."""
    today, joined = day_of(now).date, customer.created_at.astimezone(UTC).date()
    first = max(joined, today - timedelta(days=caution.LONGEST_DAYS + caution.PACE_DAYS))
    rows = session.execute(
        select(BalanceDay.day, BalanceDay.used_micros, BalanceDay.closing_micros)
        .where(BalanceDay.customer_id == customer.customer_id, BalanceDay.day >= first)
        .order_by(BalanceDay.day)
    ).all()
    ends = [*(day for day, _used, _closing in rows[1:]), today + timedelta(days=1)]
    below = {
        day + timedelta(days=place)
        for (day, _used, closing), end in zip(rows, ends, strict=False)
        if closing < threshold.micros
        for place in range((end - day).days)
    }
    earliest = day_of(since).date if since is not None else today
    return caution.judged(today, {day: int(used) for day, used, _closing in rows}, below, earliest, joined)
