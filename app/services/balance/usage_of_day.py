"""What is behind a day's row of usage: what each meter counted, and the rows of the history that booked it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, or_, select

from app.domain.errors import NotFound
from app.domain.money import Credits
from app.models.database import db
from app.models.ledger import BalanceDay, Transfer
from app.models.usage import UsageDay
from app.services.balance.entry import Used
from app.services.balance.movements import Movement, begin, movement
from app.services.balance.summary import whose


@dataclass(frozen=True)
class UsageOfDay:
    """The usage of a UTC day."""

    day: date
    used: Credits
    closing: Credits
    """The balance at the day's end."""
    meters: list[Used]
    at_once: Credits
    """Used without a meter, and taken off at once: rows of their own."""
    booked: list[Movement]
    """The rows that booked what the meters counted. At the invoice a row books other days as well."""
    waiting: Credits
    """What no row has booked yet."""


def usage_of(day: date) -> UsageOfDay:
    """Return the usage of the day, for the customer in scope, or `NotFound`; three statements."""
    total = db.session.scalars(
        select(BalanceDay).where(BalanceDay.customer_id == whose(), BalanceDay.day == day, BalanceDay.used_micros > 0)
    ).one_or_none()
    if total is None:
        raise NotFound("day of usage")
    counted = db.session.scalars(
        select(UsageDay)
        .where(UsageDay.customer_id == whose(), UsageDay.day == day, or_(UsageDay.micros > 0, UsageDay.quantity > 0))
        .order_by(UsageDay.micros.desc(), UsageDay.meter)
    ).all()
    return UsageOfDay(
        day,
        Credits(total.used_micros),
        Credits(total.closing_micros),
        [Used(row.meter, row.day, row.period_number, row.quantity, row.micros) for row in counted],
        Credits(total.used_micros - sum(row.micros for row in counted)),
        _booked(day, counted),
        Credits(sum(row.micros - row.posted_micros for row in counted)),
    )


def _booked(day: date, counted: Sequence[UsageDay]) -> list[Movement]:
    of_day = [f"{row.meter}:{day}:{number}" for row in counted for number in range(1, row.postings + 1)]
    of_period = [f"{row.period_number}:{number}" for row in counted for number in range(1, row.postings + 1)]
    if not of_day:
        return []
    wanted = select(Transfer).where(
        Transfer.customer_id == whose(),
        Transfer.kind == "usage",
        or_(
            and_(Transfer.source_type == "usage_day", Transfer.source_id.in_(of_day)),
            and_(
                Transfer.source_type == "usage_period",
                Transfer.source_id.in_(sorted(set(of_period))),
                Transfer.booked_at >= begin(day),
            ),
        ),
    )
    return [movement(row) for row in db.session.scalars(wanted.order_by(Transfer.sequence.desc()))]
