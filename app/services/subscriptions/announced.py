"""Prices that are announced for a day: the plan periods that begin from then on are had with them.

Whoever has left the plan, or has newer terms, is not concerned; nor is what the version does not sell.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.catalog import Catalog
from app.domain.money import Credits
from app.domain.sold_terms import Difference, Terms, differences
from app.domain.subscriptions.choice import Choice, Interval, given
from app.domain.subscriptions.proration import first_from
from app.models.customers import Customer
from app.models.database import db
from app.models.plan_periods import PriceChange
from app.models.subscriptions import PlanChange
from app.services.catalog import versions
from app.services.customers import plan_moves
from app.services.subscriptions.reads import Current

ANNOUNCED = "announced"


@dataclass(frozen=True)
class First:
    """The first plan period with what is announced: when it begins, and as what it is had, by the terms before too."""

    begins_at: datetime
    was: Choice
    will: Choice


def of(session: Session, customer_id: str) -> PriceChange | None:
    """Return what is announced to the customer and has not come yet."""
    wanted = select(PriceChange).where(PriceChange.customer_id == customer_id, PriceChange.state == ANNOUNCED)
    return session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def not_sold(own: Catalog, other: Catalog, plan: str, interval: Interval) -> str:
    """Return why the version has no price for the plan by this interval: a missing price is none that is announced."""
    had, terms = Terms.of(own, plan).plan, Terms.of(other, plan)
    if terms.plan.on_request and not had.on_request:
        return f"{terms.plan.title} is sold on request in version {other.version}: agree on a price, then move it."
    return plan_moves.not_sold(terms, interval)


def changes(customer: Customer, own: Catalog, other: Catalog) -> tuple[Difference, ...]:
    """Return what the version changes for a customer who keeps its plan; nothing: it is the same for it."""
    before, after = (Terms.of(each, customer.plan) for each in (own, other))
    return differences(before, after, Credits(customer.overage_protection_micros + customer.invoiced_overage_micros))


def leaves(row: PriceChange, has: Current, other: Catalog, scheduled: PlanChange | None) -> bool:
    """Say whether the customer has left by then what is announced: it has cancelled, or scheduled something else."""
    if has.row.cancel_at is not None or scheduled is None:
        return has.row.cancel_at is not None
    if scheduled.plan != row.plan or scheduled.catalog_version >= row.catalog_version:
        return True
    return bool(not_sold(has.catalog, other, row.plan, Interval(scheduled.interval)))


def first(row: PriceChange, has: Current, other: Catalog, scheduled: PlanChange | None) -> First:
    """Return the first plan period with what is announced, with the interval and the seats that are had then."""
    interval, seats = has.has.interval, has.row.seats
    if scheduled is not None and not leaves(row, has, other, scheduled):
        interval = Interval(scheduled.interval)
        seats = scheduled.seats if has.has.plan.seats is not None else None
    begins_at = first_from(has.period.ends_at, has.anchor_day, interval, row.effective_on)
    was, will = (given(each, row.plan, interval, seats) for each in (has.catalog, other))
    return First(begins_at, was, will)


def terms_from(session: Session, has: Current, interval: Interval, begins_at: datetime) -> Catalog | None:
    """Return in which version the customer's plan is had in a plan period that begins then; None: its own."""
    row = of(session, has.customer.customer_id)
    if row is None or row.plan != has.has.plan.key or row.catalog_version <= has.customer.catalog_version:
        return None
    if row.effective_on > begins_at.astimezone(UTC).date():
        return None
    other = versions.sold(has.customer.catalog, row.catalog_version)
    return None if not_sold(has.catalog, other, row.plan, interval) else other


def following(session: Session, has: Current, wants: Choice, version: int, begins_at: datetime) -> Choice:
    """Return as what a choice in this version goes on in the plan period that begins then."""
    if wants.plan.key != has.has.plan.key:
        return wants
    other = terms_from(session, has, wants.interval, begins_at)
    if other is None or other.version <= version:
        return wants
    return given(other, wants.plan.key, wants.interval, wants.seats if wants.plan.seats is not None else None)


def renewed(has: Current) -> Choice:
    """Return as what the plan goes on that the customer in scope has, where it is not changed."""
    return following(db.session(), has, has.has, has.customer.catalog_version, has.period.ends_at)
