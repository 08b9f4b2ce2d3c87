"""On which terms a customer uses things right now: catalog, plan and open billing period."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import rating
from app.domain.catalog import Catalog, Plan
from app.domain.errors import Broken
from app.domain.rating import Tariff
from app.models.customers import BillingPeriod, Customer
from app.services.catalog import versions


@dataclass(frozen=True)
class Terms:
    """The newest version of the customer's catalog, the customer's plan in it, and the open billing period."""

    catalog: Catalog
    plan: Plan
    period: BillingPeriod

    def tariff(self, meter: str) -> Tariff | None:
        """Return what the meter costs, or None where there is no such meter."""
        return rating.tariff(self.catalog, self.plan, meter)


def terms(session: Session, customer: Customer) -> Terms:
    """Return the terms of the customer. Two small statements: the open period, and the catalog's newest version."""
    period = session.scalars(
        select(BillingPeriod).where(
            BillingPeriod.customer_id == customer.customer_id, BillingPeriod.closed_at.is_(None)
        )
    ).one()
    catalog = versions.current(customer.catalog)
    return Terms(catalog, plan_of(catalog, customer.plan), period)


def plan_of(catalog: Catalog, key: str) -> Plan:
    """Return the plan of this key; the catalog's default where the customer has none, or one no longer sold."""
    plan = catalog.plans.plan(key) or catalog.plans.plan(catalog.plans.default)
    if plan is None:
        raise Broken(f"{catalog.name} has no default plan")
    return plan
