"""What notices are decided from: a customer's figures at one time, in a fixed number of statements."""

from datetime import datetime

from sqlalchemy import and_, func, literal, select
from sqlalchemy.orm import Session

from app.domain.ledger import CREDITS
from app.domain.money import Credits
from app.domain.notices import Alert, Levels
from app.domain.spend_management import Day, day_of
from app.models.authorizations import Authorization
from app.models.customers import Customer
from app.models.ledger import Account, BalanceDay
from app.models.limits import SpendSettings
from app.models.usage import Spending
from app.services.alerts import thresholds
from app.services.catalog import versions
from app.services.spend_management.limits import limits as limits_of


def read(session: Session, customer_id: str, now: datetime) -> Levels:
    """Return the customer's levels, for one whose row of `spending` is locked."""
    today = day_of(now)
    customer, settings, balance, held, used, opening = session.execute(
        select(
            Customer,
            SpendSettings,
            Account.balance - Spending.unposted_micros,
            Spending.held_micros,
            func.coalesce(
                select(BalanceDay.used_micros)
                .where(BalanceDay.customer_id == customer_id, BalanceDay.day == today.date)
                .scalar_subquery(),
                0,
            ),
            func.coalesce(
                select(BalanceDay.closing_micros)
                .where(BalanceDay.customer_id == customer_id, BalanceDay.day < today.date)
                .order_by(BalanceDay.day.desc())
                .limit(1)
                .scalar_subquery(),
                0,
            ),
        )
        .join(Spending, Spending.customer_id == Customer.customer_id)
        .join(
            Account,
            and_(
                Account.customer_id == Customer.customer_id,
                Account.name == CREDITS,
                Account.unit == literal("credits:") + Customer.credit_unit,
            ),
        )
        .outerjoin(SpendSettings, SpendSettings.customer_id == Customer.customer_id)
        .where(Customer.customer_id == customer_id)
        .execution_options(populate_existing=True)
    ).one()
    catalog = versions.of(customer)
    limits = limits_of(settings, catalog)
    changed_at = settings.changed_at if settings else None
    return Levels(
        now=now,
        limits=limits,
        limits_changed_at=changed_at,
        used_today=Credits(used),
        held=Credits(held),
        was_refused=limits.in_force is not None and _was_refused(session, customer_id, today, changed_at),
        remaining=Credits(balance),
        fell=used > 0 or balance < opening,
        low_balance=catalog.credits.low_balance,
        alerts=[
            Alert(each.alert_id, each.period_number, each.figures())
            for each in thresholds.levels(session, customer_id)
            if each.is_crossed
        ],
    )


def _was_refused(session: Session, customer_id: str, today: Day, changed_at: datetime | None) -> bool:
    """Say whether a call was refused for the daily limit on this day, since the limit is what it is."""
    since = max(today.begins, changed_at) if changed_at else today.begins
    return bool(
        session.scalar(
            select(
                select(Authorization.id)
                .where(
                    Authorization.customer_id == customer_id,
                    Authorization.state == "refused",
                    Authorization.reason == "daily_limit",
                    Authorization.created_at >= since,
                )
                .exists()
            )
        )
    )
