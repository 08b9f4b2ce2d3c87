"""The monthly run in tests: made at a moment, and what it has written."""

from datetime import UTC, datetime
from itertools import count

from sqlalchemy import select

from app import clock
from app.models.customers import Customer
from app.models.database import db
from app.models.events import OutboxEvent
from app.models.plan_periods import PlanPeriod
from app.models.scope import as_service
from app.services.catalog import versions
from app.services.customers import registration
from app.services.month_end import run
from tests.support import plans

_numbers = count(1)


def at(year: int, month: int, day: int, hour: int = 0) -> datetime:
    """Return a moment (UTC)."""
    return datetime(year, month, day, hour, tzinfo=UTC)


def runs(moment: datetime) -> int:
    """Run the month of whoever is due at the moment."""
    with clock.at(moment):
        return run.run_due()


def begins(moment: datetime, plan: str, *words: tuple[str, str], catalog: str = "plans") -> Customer:
    """Create a customer with this plan; `words` change the catalog of plans."""
    if catalog == "plans":
        plans.applies(*words)
    with clock.at(moment):
        return registration.create(
            name="Month Ltd",
            email="billing@month.example",
            catalog=catalog,
            external_id=f"month-{next(_numbers)}",
            created_at=moment,
            plan=plan,
        )


def applies(text: str) -> None:
    """Apply a catalog, or its next version."""
    versions.apply(text)


def lines(whose: Customer) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return state and lines of each of the customer's documents, the oldest first."""
    return [(state, found) for state, _net, _total, found in plans.invoices(whose)]


def periods(whose: Customer) -> list[tuple[str, str, int, str]]:
    """Return first day, end, price and outcome of each plan period."""
    with as_service("look at plan periods"):
        wanted = select(PlanPeriod).where(PlanPeriod.customer_id == whose.customer_id).order_by(PlanPeriod.number)
        rows = db.session.scalars(wanted.execution_options(populate_existing=True)).all()
        return [(f"{row.starts_at:%F}", f"{row.ends_at:%F}", row.price_minor, row.outcome) for row in rows]


def events(whose: Customer) -> list[str]:
    """Return the names of the subscription's events, in their order."""
    return [each.type for each in plans.rows(OutboxEvent, whose) if each.type.startswith("subscription.")]
