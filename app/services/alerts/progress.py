"""How far each usage alert of a customer is, and who is notified: what notices are decided from."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app import clock, mailboxes
from app.domain import usage_alerts as rule
from app.domain.catalog import Catalog, Plan
from app.domain.errors import NotFound
from app.domain.notices import USAGE_ALERT
from app.domain.usage_alerts import Threshold
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.limits import AlertRecipient, Notice, UsageAlert
from app.models.usage import UsageTotal
from app.services.balance.summary import whose
from app.services.catalog import versions
from app.services.usage.terms import plan_of

LATE = timedelta(days=1)
"""For so long after its end a period may still give notice."""


@dataclass(frozen=True)
class Alert:
    """One alert of a customer."""

    id: str
    wants: Threshold


@dataclass(frozen=True)
class Level:
    """How far an alert is in one billing period."""

    alert: Alert
    period_number: int
    period_ends_at: datetime
    quantity: int
    basis: int | None
    """What a percentage is of; None where the plan has neither a limit nor an allowance."""
    title: str
    unit: str
    is_crossed: bool

    @property
    def alert_id(self) -> str:
        """The id of the alert."""
        return self.alert.id

    @property
    def occasion(self) -> str:
        """The occasion it is sent once for: the period and the alert. A percentage of another basis counts anew."""
        return f"{self.period_number}:{self.alert.id}"

    def figures(self) -> dict[str, object]:
        """Return what a notice and an event say of it."""
        return {
            "alert": self.alert.id,
            "meter": self.alert.wants.meter,
            "title": self.title,
            "unit": self.unit,
            "threshold": self.alert.wants.threshold,
            "is_percent": self.alert.wants.is_percent,
            "quantity": self.quantity,
            "basis": self.basis,
            "period_ends_at": self.period_ends_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


def levels(session: Session, customer_id: str) -> list[Level]:
    """Return how far each alert of the customer is in the open period, and in the one before it for a day.

    A meter that is no longer sold shows nothing. One statement where there are no alerts.
    """
    rows = session.scalars(select(UsageAlert).where(UsageAlert.customer_id == customer_id).order_by(UsageAlert.id))
    alerts = [(alert_of(row), row.created_at) for row in rows]
    if not alerts:
        return []
    customer = session.get(Customer, customer_id)
    if customer is None:
        raise NotFound("customer")
    found = []
    for period, totals in _periods(session, customer_id):
        catalog, plan = _terms(customer, period)
        for alert, since in alerts:
            meter = catalog.meter(alert.wants.meter)
            if meter is None or (period.closed_at is not None and since >= period.ends_at):
                continue
            quantity, basis = totals.get(meter.key, 0), rule.basis(plan, meter.key)
            is_crossed = rule.crossed(alert.wants, quantity, basis)
            found.append(
                Level(alert, period.number, period.ends_at, quantity, basis, meter.title, meter.unit, is_crossed)
            )
    return found


def addresses(session: Session, customer_id: str) -> list[str]:
    """Return the confirmed addresses; while there is none, the customer's billing address, so that no alert is lost."""
    confirmed = session.scalars(
        select(AlertRecipient.email)
        .where(AlertRecipient.customer_id == customer_id, AlertRecipient.confirmed_at.is_not(None))
        .order_by(AlertRecipient.email)
    ).all()
    if confirmed:
        return list({mailboxes.kept(each): each for each in confirmed}.values())  # one mail to a mailbox
    customer = session.get(Customer, customer_id)
    return [customer.email] if customer is not None else []


def notified(period_number: int) -> dict[str, datetime]:
    """Return when the alerts of the customer in scope were last noticed in the period, by their ids."""
    begins = f"{period_number}:"
    rows = db.session.execute(
        select(Notice.occasion, Notice.created_at).where(
            Notice.customer_id == whose(), Notice.rule == USAGE_ALERT, Notice.occasion.startswith(begins)
        )
    )
    found = dict[str, datetime]()
    for occasion, at in rows:
        name = occasion.removeprefix(begins).partition(":")[0]  # behind it, what a percentage was of
        found[name] = max(at, found.get(name, at))
    return found


def alert_of(row: UsageAlert) -> Alert:
    """Return the row as a value."""
    return Alert(row.id, Threshold(row.meter, row.threshold, row.is_percent))


def _terms(customer: Customer, period: BillingPeriod) -> tuple[Catalog, Plan]:
    """Return the terms of the period: those that it closed with, or those that the customer has."""
    version = customer.catalog_version if period.catalog_version is None else period.catalog_version
    catalog = versions.sold(customer.catalog, version)
    return catalog, plan_of(catalog, customer.plan if period.plan is None else period.plan)


def _periods(session: Session, customer_id: str) -> list[tuple[BillingPeriod, dict[str, int]]]:
    """Return the open period, and one that closed within the last day, each with what its meters show."""
    rows = session.execute(
        select(BillingPeriod, UsageTotal.meter, UsageTotal.quantity)
        .outerjoin(
            UsageTotal,
            (UsageTotal.customer_id == BillingPeriod.customer_id) & (UsageTotal.period_number == BillingPeriod.number),
        )
        .where(
            BillingPeriod.customer_id == customer_id,
            or_(BillingPeriod.closed_at.is_(None), BillingPeriod.closed_at > clock.now() - LATE),
        )
        .order_by(BillingPeriod.number)
    ).all()
    totals: dict[int, tuple[BillingPeriod, dict[str, int]]] = {}
    for period, meter, quantity in rows:
        _period, shown = totals.setdefault(period.number, (period, {}))
        if meter is not None:
            shown[meter] = quantity
    return list(totals.values())
