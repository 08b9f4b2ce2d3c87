"""The figures of Spend management and of what may be used now, added up again from events, holds and limits."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import case, func, select

from app import clock
from app.domain import rating
from app.domain.ledger import ACCEPTED_BEFORE
from app.domain.numbers import SERVED
from app.domain.reservations import Reservation
from app.domain.spend_management import Limits
from app.models.authorizations import Authorization
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Transfer
from app.models.limits import SpendSettings
from app.services.balance import breakdown, history
from app.services.spend_management import blocked_calls
from app.services.spend_management.limits import limits
from app.services.usage import figures
from app.services.usage.figures import Figure, Part
from app.services.usage.meters import DAY, Usage


@dataclass(frozen=True)
class Around:
    """What the figures of a customer are about: who it is, and what its open billing period is sold by."""

    customer: Customer
    usage: Usage

    @property
    def customer_id(self) -> str:
        """The customer's id."""
        return self.customer.customer_id

    @property
    def limit(self) -> int | None:
        """The daily limit that is in force."""
        row = db.session.get(SpendSettings, self.customer_id, populate_existing=True)
        chosen: Limits = limits(row, self.usage.catalog)
        return None if chosen.in_force is None else chosen.in_force.micros


def day(customer_id: str, on: date) -> Figure:
    """Add up what was used on a UTC day: the events of each meter, and what was taken off at once without one."""
    (shown,) = history.days(on, on)
    counted = figures.of_events(customer_id, *figures.on_day(on), by="meter")
    begins = datetime.combine(on, time(), UTC)
    rows, at_once = db.session.execute(
        select(func.count(), func.sum(-Transfer.change_micros)).where(
            Transfer.customer_id == customer_id,
            Transfer.kind == "usage",
            Transfer.source_type.not_in(ACCEPTED_BEFORE),
            Transfer.sequence.is_not(None),
            Transfer.booked_at >= begins,
            Transfer.booked_at < begins + DAY,
        )
    ).one()
    direct = (Part("at_once", rows, int(at_once or 0), day=on),) if rows else ()
    parts = (*(part for part in counted.parts if part.value), *direct)
    return Figure(shown.used.micros, parts, from_days=counted.from_days)


def held(around: Around) -> Figure:
    """Add up what the open holds may still cost: of each meter at its place in the tariff, and credit without one."""
    parts = tuple(part for part in _holds(around) if part.value)
    return Figure(history.numbers().held.micros, parts)


def left_today(around: Around) -> Figure:
    """Take what was used today, and what is held, off the daily limit."""
    numbers = history.numbers()
    shown = max(0, numbers.daily_left.micros) if numbers.daily_left is not None else 0
    return Figure(shown, _of_limit(around), "left")


def could_use(around: Around) -> Figure:
    """Add to what remains how far it may go below zero, and take off what is held."""
    numbers = history.numbers()
    whole = max(0, numbers.remaining_credits.micros) + numbers.overage_left.micros - numbers.held.micros
    shown = max(0, whole) if numbers.standing in SERVED else 0
    return Figure(shown, _of_credit(around), "left")


def available(around: Around) -> Figure:
    """Return what the balance leaves, or what the day leaves where that is less."""
    shown = history.numbers().available_to_use.micros
    credit = Figure(shown, _of_credit(around), "left")
    today = Figure(shown, _of_limit(around), "left", more={"of_day": True})
    return today if around.limit is not None and today.summed < credit.summed else credit


def units_held(around: Around, meter: str) -> Figure:
    """Add up the units of a meter that open holds hold."""
    use = around.usage.of(meter)
    found = [(rows, many) for key, rows, many, _later, _credit in _open(around) if key == meter]
    return Figure(use.held if use else 0, tuple(Part("hold", rows, many, meter) for rows, many in found if many))


def plan_left(around: Around, meter: str) -> Figure | None:
    """Take what was used, and what is held, off the plan's limit of the meter; None: the plan has none."""
    use, limit = around.usage.of(meter), around.usage.plan.limit(meter)
    if use is None or limit is None:
        return None
    shown = blocked_calls.of_plan(around.customer, around.usage.catalog).of(meter)
    used = figures.quantity(around.customer_id, around.usage, use)
    units = units_held(around, meter).summed
    parts = [
        Part("plan_limit", 0, limit, meter),
        Part("used", sum(part.rows for part in used.parts), -used.summed, meter),
        Part("units_held", 0, -units, meter),
    ]
    return Figure(shown.left if shown else 0, tuple(part for part in parts if part.value), "left", used.from_days)


def _of_limit(around: Around) -> tuple[Part, ...]:
    limit, today = around.limit, clock.now().date()
    if limit is None:
        return ()
    used = day(around.customer_id, today)
    parts = [Part("daily_limit", 0, limit), Part("used_today", 0, -used.summed, day=today), _held(around)]
    return tuple(part for part in parts if part.value or part.kind == "daily_limit")


def _of_credit(around: Around) -> tuple[Part, ...]:
    if around.customer.standing not in SERVED:
        return ()
    customer = around.customer
    later = max(0, customer.exposure_micros - customer.invoiced_overage_micros)  # of it, what no invoice uses
    parts = [
        Part("remaining", 0, breakdown.remaining_credits().summed.micros),
        Part("pay_later", 0, later),
        Part("overage", 0, customer.overage_protection_micros - later),
        _held(around),
    ]
    return tuple(part for part in parts if part.value or part.kind == "remaining")


def _held(around: Around) -> Part:
    return Part("held", 0, -sum(part.value for part in _holds(around)))


def _holds(around: Around) -> list[Part]:
    """Return what the open holds reserve, reckoned from the holds and from the events of the period."""
    found = []
    for meter, rows, units, later, credit in _open(around):
        if not meter:
            found.append(Part("hold", rows, credit))
            continue
        tariff = rating.tariff(around.usage.catalog, around.usage.plan, meter)
        used = around.usage.of(meter)
        so_far = figures.quantity(around.customer_id, around.usage, used).summed if used else 0
        found.append(Part("hold", rows, Reservation(tariff, so_far, units, later).micros, meter))
    return found


def _open(around: Around) -> list[tuple[str, int, int, int, int]]:
    """Return what open holds hold of each meter: how many, units, those that outlast the period, credit without one."""
    now, ends_at = clock.now(), around.usage.period.ends_at
    units = case(
        (
            Authorization.quantity > Authorization.captured_quantity,
            Authorization.quantity - Authorization.captured_quantity,
        ),
        else_=0,
    )
    credit = case(
        (Authorization.micros > Authorization.captured_micros, Authorization.micros - Authorization.captured_micros),
        else_=0,
    )
    rows = db.session.execute(
        select(
            Authorization.meter,
            func.count(),
            func.sum(units),
            func.sum(case((Authorization.expires_at > ends_at, units), else_=0)),
            func.sum(credit),
        )
        .where(
            Authorization.customer_id == around.customer_id,
            Authorization.state == "held",
            Authorization.expires_at > now,
        )
        .group_by(Authorization.meter)
        .order_by(Authorization.meter)
    )
    return [(meter, count, int(many), int(later), int(micros)) for meter, count, many, later, micros in rows]
