"""What else stops a customer's calls, and which calls were stopped: beside the daily limit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, select, tuple_

from app import clock
from app.domain.catalog import Catalog, Meter, MeterKind, Plan
from app.models import written
from app.models.authorizations import Authorization
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.usage import UsageTotal
from app.models.written import ExactMoment
from app.services.ledger import reservations
from app.services.usage.terms import plan_of

LATEST = 5
SHOWN = 10
"""So many refused calls stand on a page of the log."""
WrittenCall = Row[str, str, str, str, int, int]
"""When exactly, id, reason, meter (or none), quantity, and micros of credit."""


@dataclass(frozen=True)
class PlanLimit:
    """How far a meter is from what the plan allows in a billing period."""

    key: str
    title: str
    unit: str
    limit: int
    used: int
    held: int
    kind: MeterKind

    @property
    def is_stopping(self) -> bool:
        """Whether calls are refused for it. Only what is counted or added up can be asked for beforehand."""
        return self.kind.can_be_held

    @property
    def left(self) -> int:
        """What may still be used."""
        return max(0, self.limit - self.used - self.held)


@dataclass(frozen=True)
class PlanLimits:
    """The plan and every limit that it sets."""

    plan: Plan
    limits: tuple[PlanLimit, ...]

    def of(self, meter: str) -> PlanLimit | None:
        """Return what the plan limits of the meter; None: nothing."""
        return next((each for each in self.limits if each.key == meter), None)


def of_plan(customer: Customer, catalog: Catalog) -> PlanLimits:
    """Return what the plan of the customer in scope limits, in the billing period that is open now.

    One statement; three more where the period or a hold is over and no job has seen it.
    """
    plan, now = plan_of(catalog, customer.plan), clock.now()
    rows = db.session.execute(
        select(
            UsageTotal.meter,
            UsageTotal.quantity,
            UsageTotal.held_quantity,
            BillingPeriod.ends_at,
            reservations.ended(customer.customer_id, now).label("ended"),
        )
        .join(
            BillingPeriod,
            (BillingPeriod.customer_id == UsageTotal.customer_id) & (BillingPeriod.number == UsageTotal.period_number),
        )
        .where(UsageTotal.customer_id == customer.customer_id, BillingPeriod.closed_at.is_(None))
    ).all()
    totals = {row.meter: (row.quantity, row.held_quantity) for row in rows}
    if any(row.ended or row.ends_at <= now for row in rows):
        used = {row.meter: row.quantity for row in rows if row.ends_at > now}
        totals = reservations.shown(db.session(), customer.customer_id, now, used)
    found = []
    for meter in catalog.meters:
        limit = plan.limit(meter.key)
        if limit is not None:
            used, held = totals.get(meter.key, (0, 0))
            found.append(PlanLimit(meter.key, meter.title, meter.unit, limit, used, held, meter.kind))
    return PlanLimits(plan, tuple(found))


def listed(customer_id: str, after: tuple[datetime, str] | None = None) -> tuple[list[Authorization], bool]:
    """Return the refused calls of the customer in scope behind `after` (time and id), and whether there are more."""
    found = _refused(customer_id)
    if after is not None:
        found = found.where(tuple_(Authorization.created_at, Authorization.id) < after)
    rows = _newest(found, SHOWN + 1)
    return rows[:SHOWN], len(rows) > SHOWN


def every(customer_id: str) -> Iterator[Sequence[WrittenCall]]:
    """Yield every refused call of the customer in scope as a file says it, the newest first, by chunks."""
    call = Authorization
    wanted = select(ExactMoment(call.created_at), call.id, call.reason, call.meter, call.quantity, call.micros)
    own = (call.customer_id == customer_id, call.state == "refused")
    return written.newest_first(wanted.where(*own), call.created_at, call.id)


def of_meter(customer_id: str, meter: Meter, period: int) -> list[Authorization]:
    """Return the newest refused calls for the meter in the period; nobody can ask for some kinds of meter."""
    if not meter.kind.can_be_held:
        return []
    return _newest(_refused(customer_id).where(Authorization.meter == meter.key, Authorization.period_number == period))


def _refused(customer_id: str) -> Select[Authorization]:
    return select(Authorization).where(Authorization.customer_id == customer_id, Authorization.state == "refused")


def _newest(wanted: Select[Authorization], limit: int = LATEST) -> list[Authorization]:
    return list(
        db.session.scalars(wanted.order_by(Authorization.created_at.desc(), Authorization.id.desc()).limit(limit))
    )
