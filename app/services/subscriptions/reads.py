"""What a customer has of the plans, and the orders that changed it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain import periods
from app.domain.catalog import Catalog
from app.domain.errors import NotFound
from app.domain.subscriptions.change import Subscribed
from app.domain.subscriptions.choice import Choice, Interval, given
from app.domain.subscriptions.proration import Span, span
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.subscriptions import PlanChange, Subscription
from app.services.catalog import versions


@dataclass(frozen=True)
class Current:
    """A customer's subscription as it stands, with the terms that it was sold on and the period that is open."""

    customer: Customer
    row: Subscription
    catalog: Catalog
    """As the customer has it."""
    billing_starts_at: datetime
    billing_ends_at: datetime
    anchor_day: int

    @property
    def has(self) -> Choice:
        """The plan, the interval and the seats."""
        return given(self.catalog, self.customer.plan, Interval(self.row.interval), self.row.seats)

    @property
    def subscribed(self) -> Subscribed:
        """The same with its periods, as the rules see it."""
        return Subscribed(self.has, self.period, self.billing_starts_at, self.anchor_day, self.is_billed)

    @property
    def costs(self) -> bool:
        """Whether having it costs anything."""
        return self.has.price.amount_minor > 0

    @property
    def can_end(self) -> bool:
        """Whether it can be cancelled: it costs something, or its price was agreed on with the seller."""
        return self.costs or self.has.plan.on_request

    @property
    def is_billed(self) -> bool:
        """Whether the plan period is billed, as far as it costs anything."""
        return not self.costs or self.row.billed_until > self.row.period_starts_at

    @property
    def period(self) -> Span:
        """The plan period: what costs nothing has it with the billing period, and nobody turns it."""
        if self.costs:
            return span(self.row.period_starts_at, self.row.period_ends_at, self.anchor_day)
        return span(self.billing_starts_at, self.billing_ends_at, self.anchor_day)

    @property
    def used(self) -> int:
        """How many seats the host has reported as used."""
        return self.row.seats_used or 0


def current(session: Session, customer: Customer, now: datetime, *, lock: bool = False) -> Current:
    """Return what the customer has; locked, where the caller has the customer's books and changes it."""
    wanted = (
        select(Subscription, BillingPeriod)
        .join(BillingPeriod, BillingPeriod.customer_id == Subscription.customer_id)
        .where(Subscription.customer_id == customer.customer_id, BillingPeriod.closed_at.is_(None))
        .execution_options(populate_existing=True)
    )
    row, period = session.execute(wanted.with_for_update(of=Subscription, key_share=True) if lock else wanted).one()
    starts_at, passed = periods.open_at(period.starts_at, period.ends_at, period.anchor_day, now)
    ends_at = periods.following(starts_at, period.anchor_day) if passed else period.ends_at
    return Current(customer, row, versions.of(customer), starts_at, ends_at, period.anchor_day)


def of(customer: Customer) -> Current:
    """Return what the customer in scope has."""
    return current(db.session(), customer, clock.now())


def waiting(session: Session, customer_id: str) -> PlanChange | None:
    """Return the order whose payment is under way, if any."""
    return _in_state(session, customer_id, "waiting")


def scheduled(session: Session, customer_id: str) -> PlanChange | None:
    """Return the change that waits for the end of the plan period, if any."""
    return _in_state(session, customer_id, "scheduled")


def open_orders() -> tuple[PlanChange | None, PlanChange | None]:
    """Return the order of the customer in scope whose payment is under way, and the one that is scheduled."""
    wanted = select(PlanChange).where(PlanChange.state.in_(["waiting", "scheduled"]))
    found = {row.state: row for row in db.session.scalars(wanted.execution_options(populate_existing=True))}
    return found.get("waiting"), found.get("scheduled")


def change(change_id: str) -> PlanChange:
    """Return an order of the customer in scope, or `NotFound`."""
    found = None
    if ids.is_id(change_id, "pch"):
        wanted = select(PlanChange).where(PlanChange.id == change_id)
        found = db.session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound("change of plan")
    return found


def _in_state(session: Session, customer_id: str, state: str) -> PlanChange | None:
    return session.scalars(
        select(PlanChange)
        .where(PlanChange.customer_id == customer_id, PlanChange.state == state)
        .execution_options(populate_existing=True)
    ).one_or_none()
