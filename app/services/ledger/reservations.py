"""What a customer's open holds may still cost, reckoned again from the holds themselves.

Whoever asks, captures or reports keeps it as it goes (I19). It is written anew where the ground moves under all holds:
some have ended, a billing period turns, or the customer's terms change.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, case, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from app.domain import periods, rating
from app.domain.reservations import Reservation
from app.domain.sold_terms import Terms
from app.models.authorizations import Authorization
from app.models.bulk import upsert
from app.models.customers import BillingPeriod, Customer
from app.models.usage import Spending, UsageTotal
from app.services.catalog import versions

_HOLDS = or_(UsageTotal.held_quantity > 0, UsageTotal.outlasting_quantity > 0, UsageTotal.reserved_micros > 0)


@dataclass(frozen=True)
class Held:
    """What a customer's open holds hold: of each meter, for the period of this number, and of credit without one."""

    number: int
    meters: Mapping[str, Reservation]
    credit: int

    @property
    def micros(self) -> int:
        """What all of them may still cost."""
        return self.credit + sum(each.micros for each in self.meters.values())


def held(session: Session, customer_id: str, at: datetime | None = None) -> Held:
    """Return what the customer's open holds hold; `at`: as it is then, with all done that is due by then."""
    row = session.execute(
        select(
            Customer.catalog, Customer.catalog_version, Customer.plan, BillingPeriod.number, BillingPeriod.starts_at,
            BillingPeriod.ends_at, BillingPeriod.anchor_day,
        )
        .join(BillingPeriod, BillingPeriod.customer_id == Customer.customer_id)
        .where(Customer.customer_id == customer_id, BillingPeriod.closed_at.is_(None))
    ).one()  # fmt: skip
    number, ends_at = row.number, row.ends_at
    if at is not None:
        start, passed = periods.open_at(row.starts_at, ends_at, row.anchor_day, at)
        number, ends_at = number + passed, periods.following(start, row.anchor_day) if passed else ends_at
    terms = Terms.of(versions.sold(row.catalog, row.catalog_version), row.plan)
    units = Authorization.units_left()
    wanted = select(
        Authorization.meter,
        func.sum(units),
        func.sum(case((Authorization.expires_at > ends_at, units), else_=0)),
        func.sum(Authorization.credit_left()),
    ).where(Authorization.customer_id == customer_id, Authorization.state == "held")
    if at is not None:
        wanted = wanted.where(Authorization.expires_at > at)
    found = {
        meter: (int(a), int(b), int(c)) for meter, a, b, c in session.execute(wanted.group_by(Authorization.meter))
    }
    credit = found.pop("", (0, 0, 0))[2]
    used = dict(
        session.execute(
            select(UsageTotal.meter, UsageTotal.quantity).where(
                UsageTotal.customer_id == customer_id, UsageTotal.period_number == number, UsageTotal.meter.in_(found)
            )
        ).all()
        if found
        else ()
    )
    meters = {
        meter: Reservation(rating.tariff(terms.catalog, terms.plan, meter), used.get(meter, 0), many, outlasting)
        for meter, (many, outlasting, _micros) in sorted(found.items())
    }
    return Held(number, meters, credit)


def ended(customer_id: str, now: datetime) -> ScalarSelect[int]:
    """Count the holds that are over and that no job has seen."""
    return (
        select(func.count())
        .select_from(Authorization)
        .where(Authorization.customer_id == customer_id, Authorization.state == "held", Authorization.expires_at <= now)
        .scalar_subquery()
    )


def shown(session: Session, customer_id: str, now: datetime, used: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Return what is used and held of each meter now, as if every job had run; `used` is of the period open now."""
    meters = held(session, customer_id, now).meters
    return {
        meter: (used.get(meter, 0), meters[meter].held if meter in meters else 0) for meter in sorted({*used, *meters})
    }


def write(session: Session, customer_id: str) -> None:
    """Write what the open holds hold, of a customer whose spending is locked."""
    session.flush()
    now = held(session, customer_id)
    session.execute(
        update(UsageTotal)
        .where(
            UsageTotal.customer_id == customer_id,
            _HOLDS,
            tuple_(UsageTotal.period_number, UsageTotal.meter).not_in([(now.number, meter) for meter in now.meters]),
        )
        .values(held_quantity=0, outlasting_quantity=0, reserved_micros=0)
    )
    rows = [
        {
            "customer_id": customer_id,
            "period_number": now.number,
            "meter": meter,
            "quantity": each.used,
            "held_quantity": each.held,
            "outlasting_quantity": each.outlasting,
            "reserved_micros": each.micros,
            "micros": 0,
        }
        for meter, each in now.meters.items()
    ]
    if rows:
        rules = dict.fromkeys(("held_quantity", "outlasting_quantity", "reserved_micros"), "set")
        upsert(session, UsageTotal, rows, rules)
    session.execute(update(Spending).where(Spending.customer_id == customer_id).values(held_micros=now.micros))


def expire(session: Session, customer_id: str, now: datetime) -> int:
    """End the holds whose time is over, of a customer whose spending is locked; return how many."""
    ended = _end(session, customer_id, now)
    if ended:
        write(session, customer_id)
    return ended


def turn(session: Session, customer_ids: Collection[str], now: datetime) -> None:
    """Let what is held count in the periods that have just begun, of customers whose spending is locked."""
    holding = select(UsageTotal.customer_id).where(UsageTotal.customer_id.in_(customer_ids), _HOLDS).distinct()
    for customer_id in sorted(session.scalars(holding)):
        _end(session, customer_id, now)
        write(session, customer_id)


def _end(session: Session, customer_id: str, now: datetime) -> int:
    ended = session.execute(
        update(Authorization)
        .where(Authorization.customer_id == customer_id, Authorization.state == "held", Authorization.expires_at <= now)
        .values(state="expired", ended_at=now)
        .returning(Authorization.id)
    )
    return len(ended.all())
