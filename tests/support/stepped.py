"""A catalog whose prices depend on what was used before: allowances, steps that rise and fall, limits of the plan."""

from datetime import datetime

from sqlalchemy import func, select

from app import clock
from app.domain.money import MICROS, Credits
from app.models.authorizations import Authorization
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.ledger import Account
from app.models.limits import SpendSettings
from app.models.scope import as_service
from app.models.usage import Spending, UsageDay, UsageTotal
from app.services.catalog import versions
from app.services.customers import registration
from app.services.ledger import grants
from app.services.transaction import transaction

METERS = ("included", "rising", "falling")
PLANS = ("", "capped", "plenty")
STEPPED = """\
name = "stepped"
title = "Stepped"
seller = { name = "Stepped Ltd" }
credits = { currency = "USD", unit = "USD" }
top_up = { min = "5.00", max = "5000.00" }

[[meters]]
key = "included"
title = "Included"
description = "Free up to the allowance"
unit = "calls"
credits = "0.7"
per = 3

[[meters]]
key = "rising"
title = "Rising"
description = "Dearer the more is used"
unit = "calls"
tiers = [{ up_to = 40, credits = "0.02" }, { up_to = 90, credits = "0.1" }, { credits = "0.45" }]

[[meters]]
key = "falling"
title = "Falling"
description = "Cheaper the more is used"
unit = "calls"
per = 7
tiers = [{ up_to = 60, credits = "2.5" }, { up_to = 150, credits = "0.5" }, { credits = "0.03" }]

[plans]
default = "free"
tiers = [
    { key = "free", title = "Free", monthly = "0", allowances = { included = 100 } },
    { key = "capped", title = "Capped", monthly = "1", allowances = { included = 60, rising = 20 }, limits = { included = 150, falling = 120, rising = 110 } },
    { key = "plenty", title = "Plenty", monthly = "2", allowances = { included = 200, falling = 30 }, rates = { rising = "0.15" } },
]
"""  # a table of TOML is one line


def customer(name: str, *, plan: str, credit: int, overage: int = 0, daily: int | None = None) -> Customer:
    """Create a customer of the catalog, with so much credit, overage protection and daily limit, in credits."""
    versions.apply(STEPPED)
    made = registration.create(
        name=name, email="billing@acme.example", catalog="stepped", external_id=name.lower(), plan=plan
    )
    with as_service("test"), transaction() as session:
        session.get_one(Customer, made.customer_id).overage_protection_micros = overage * MICROS
        account = select(Account).where(Account.customer_id == made.customer_id, Account.name == "credits")
        session.scalars(account).one().floor = -overage * MICROS
        if daily is not None:
            session.add(
                SpendSettings(
                    customer_id=made.customer_id, enabled=True, daily_limit_micros=daily * MICROS,
                    notify_threshold_micros=None, version=1, changed_at=clock.now(), changed_by="test",
                )
            )  # fmt: skip
    given = Credits(credit * MICROS)
    grants.give(made.customer_id, kind="promotional", credits=given, granted_by="test", reason="Test")
    return made


def passed(of: Customer, now: datetime) -> list[str]:
    """Return the limits that what is used and held passes, added up from the rows: of the credit, the day and the plan."""
    whose = of.customer_id
    with as_service("test"):
        session = db.session()
        row = session.get_one(Customer, whose, populate_existing=True)
        spending = session.get_one(Spending, whose, populate_existing=True)
        balance = session.scalars(
            select(Account.balance).where(Account.customer_id == whose, Account.name == "credits")
        )
        used = select(func.coalesce(func.sum(UsageDay.micros), 0)).where(UsageDay.customer_id == whose)
        today = session.scalar(used.where(UsageDay.day == now.date())) or 0
        settings = session.get(SpendSettings, whose, populate_existing=True)
        totals = session.execute(
            select(UsageTotal.meter, UsageTotal.quantity, func.coalesce(_held(), 0))
            .join(BillingPeriod, BillingPeriod.customer_id == UsageTotal.customer_id)
            .where(UsageTotal.customer_id == whose, UsageTotal.period_number == BillingPeriod.number)
            .where(BillingPeriod.closed_at.is_(None))
        ).all()
        plan = versions.of(row).plans.plan(row.plan or "free")
        left = balance.one() - spending.unposted_micros - spending.held_micros
    assert plan is not None
    found = [
        f"{meter}: {quantity} used and {held} held"
        for meter, quantity, held in totals
        if (limit := plan.limit(meter)) is not None and quantity + held > limit
    ]
    if left < -row.overage_protection_micros:
        found.append(f"credit: {left} micros are left")
    if (
        settings
        and settings.daily_limit_micros is not None
        and today + spending.held_micros > settings.daily_limit_micros
    ):
        found.append(f"day: {today} used and {spending.held_micros} held")
    return found


def _held() -> object:
    return (
        select(func.sum(Authorization.quantity - Authorization.captured_quantity))
        .where(Authorization.customer_id == UsageTotal.customer_id, Authorization.meter == UsageTotal.meter)
        .where(Authorization.state == "held", Authorization.quantity > Authorization.captured_quantity)
        .scalar_subquery()
    )


def open_holds(of: Customer) -> list[str]:
    """Return the ids of the customer's open holds."""
    with as_service("test"):
        wanted = select(Authorization.id).where(
            Authorization.customer_id == of.customer_id, Authorization.state == "held"
        )
        return list(db.session.scalars(wanted.order_by(Authorization.id)))
