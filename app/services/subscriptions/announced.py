"""Prices that are announced for a day: the plan periods that begin from then on are had with them.

Whoever has left the plan, or has newer terms, is not concerned; nor is what the version does not sell.
"""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.catalog import Catalog
from app.domain.sold_terms import Terms
from app.domain.subscriptions.choice import Choice, Interval, given
from app.models.database import db
from app.models.plan_periods import PriceChange
from app.services.catalog import versions
from app.services.customers import plan_moves
from app.services.subscriptions.reads import Current

ANNOUNCED = "announced"


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
