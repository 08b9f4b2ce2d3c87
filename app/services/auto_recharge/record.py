"""What really happened to a customer's credit in a stretch of time, read with few statements for a simulation."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import and_, func, literal, or_, select
from sqlalchemy.orm import Session

from app.domain.auto_recharge.caution import PACE_DAYS
from app.domain.auto_recharge.record import Movement, Paid, Period, Question, Record, Saved
from app.domain.ledger import ACCEPTED_BEFORE, CREDITS
from app.domain.money import Credits
from app.domain.spend_management import Day, day_of
from app.models.auto_recharge import AutoRechargeQuestion
from app.models.customers import BillingPeriod, Customer
from app.models.events import AuditEntry
from app.models.ledger import Account, BalanceDay, Transfer
from app.models.payments import PaymentMethod
from app.models.usage import Spending, UsageDay, UsageEvent
from app.services.auto_recharge import paid

MOST_EVENTS = 50_000
"""So many reports are read at most, the newest: with more, fewer days are looked at."""


def read(session: Session, customer: Customer, threshold: Credits, begins: datetime, ends: datetime) -> Record:
    """Return the record from `begins`, or from later where there is too much of it. Eleven statements at most.

    The reports of a day are read one by one only where credit could have come below the threshold on it; what was used
    on another day is one movement at its end, which decides nothing.
    """
    customer_id, first = customer.customer_id, day_of(begins).date
    payments, sources = paid.read(session, customer_id)
    days = _days(session, customer_id, first - timedelta(days=PACE_DAYS))
    remaining = _remaining(session, customer_id)
    opening = remaining - sum(added - used for day, (added, used) in days.items() if day >= first)
    moved = list(_moved(session, customer_id, Day(first).begins, ends, payments, sources))
    close = _close_days(opening, days, moved, threshold, first, day_of(ends).date)
    close.update(each for each in (first, day_of(ends).date) if Day(each).begins not in {begins, ends})
    late = _too_many_before(session, customer_id, close)
    if late is not None:
        first, begins = late, max(begins, Day(late).begins)
        opening = remaining - sum(added - used for day, (added, used) in days.items() if day >= first)
        moved = [each for each in moved if each.at >= Day(first).begins]
        close = {each for each in close if each >= first}
    moved += _used(session, customer_id, close, ends)
    direct = _by_day(each for each in moved if each.is_use)
    for day, (_added, used) in days.items():
        rest = used + direct.get(day, 0)
        if first <= day and day not in close and Day(day).ends <= ends and rest > 0:
            moved.append(Movement(Day(day).ends - timedelta(microseconds=1), -rest, is_use=True))
    return Record(
        begins=begins,
        ends=ends,
        opened_at=Day(first).begins,
        opening=Credits(opening),
        movements=sorted(moved, key=lambda each: each.at),
        payments=payments,
        methods=_methods(session, customer_id),
        made_default=_made_default(session, customer_id),
        questions=_questions(session, customer_id, begins),
        periods=_periods(session, customer_id),
        used_on={day: used for day, (_added, used) in days.items()},
        since=customer.created_at.astimezone(UTC).date(),
    )


def _remaining(session: Session, customer_id: str) -> int:
    return session.execute(
        select(Account.balance - Spending.unposted_micros)
        .join(Spending, Spending.customer_id == Account.customer_id)
        .where(Account.customer_id == customer_id, Account.name == CREDITS)
        .where(Account.unit.startswith("credits:"))
    ).scalar_one()


def _days(session: Session, customer_id: str, since: date) -> dict[date, tuple[int, int]]:
    """Return what was added and used on each day."""
    found = session.execute(
        select(BalanceDay.day, BalanceDay.added_micros, BalanceDay.used_micros).where(
            BalanceDay.customer_id == customer_id, BalanceDay.day >= since
        )
    )
    return {day: (added, used) for day, added, used in found}


def _moved(
    session: Session,
    customer_id: str,
    since: datetime,
    ends: datetime,
    payments: list[Paid],
    sources: Mapping[tuple[str, str], str],
) -> Iterable[Movement]:
    """Yield what was posted, but for usage that was reported before, and for what automatic charges gave."""
    own = {each.id for each in payments if each.is_automatic}
    found = session.execute(
        select(Transfer.booked_at, Transfer.change_micros, Transfer.kind, Transfer.source_type, Transfer.source_id)
        .where(
            Transfer.customer_id == customer_id,
            Transfer.booked_at >= since,
            Transfer.booked_at < ends,
            Transfer.sequence.is_not(None),
            Transfer.source_type.not_in(ACCEPTED_BEFORE),
        )
        .order_by(Transfer.booked_at, Transfer.sequence)
    )
    for at, micros, kind, source_type, source_id in found:
        of = sources.get((source_type, source_id.partition(":")[0]), "")
        if kind == "purchased" and of in own:
            continue
        yield Movement(at, micros or 0, is_use=kind == "usage", of=of)


def _close_days(
    opening: int,
    days: Mapping[date, tuple[int, int]],
    moved: list[Movement],
    threshold: Credits,
    first: date,
    last: date,
) -> set[date]:
    """Return the days on which credit could come below the threshold, were nothing bought automatically."""
    base, close = opening, set[date]()
    added = _by_day(each for each in moved if not each.of and not each.is_use)
    taken = _by_day(each for each in moved if each.micros < 0 and not each.is_use)
    for day in sorted({*added, *taken, *days}):
        used = days.get(day, (0, 0))[1]
        if first <= day <= last:
            if base + taken.get(day, 0) - used < threshold.micros:
                close.add(day)
            base += added.get(day, 0) - used
    return close


def _by_day(moved: Iterable[Movement]) -> dict[date, int]:
    found = dict[date, int]()
    for each in moved:
        day = day_of(each.at).date
        found[day] = found.get(day, 0) + each.micros
    return found


def _too_many_before(session: Session, customer_id: str, close: set[date]) -> date | None:
    """Return the first day from which on there are not too many reports to read; None: there are not."""
    if not close:
        return None
    counted = session.execute(
        select(UsageDay.day, func.sum(UsageDay.events))
        .where(UsageDay.customer_id == customer_id, UsageDay.day.in_(close))
        .group_by(UsageDay.day)
        .order_by(UsageDay.day.desc())
    )
    total = 0
    for day, count in counted:
        total += int(count)
        if total > MOST_EVENTS:
            return date.fromordinal(day.toordinal() + 1)
    return None


def _used(session: Session, customer_id: str, close: set[date], ends: datetime) -> list[Movement]:
    if not close:
        return []
    found = session.execute(
        select(UsageEvent.received_at, func.sum(UsageEvent.micros))
        .where(
            UsageEvent.customer_id == customer_id,
            UsageEvent.day.in_(close),
            UsageEvent.received_at >= Day(min(close)).begins,
            UsageEvent.received_at < ends,
            UsageEvent.micros > 0,
        )
        .group_by(UsageEvent.received_at)
    )
    return [Movement(at, -int(micros), is_use=True) for at, micros in found]


def _methods(session: Session, customer_id: str) -> list[Saved]:
    method = PaymentMethod
    found = session.execute(
        select(method.id, method.kind, method.fingerprint, method.created_at, method.removed_at).where(
            method.customer_id == customer_id
        )
    )
    return [Saved(*each) for each in found]


def _made_default(session: Session, customer_id: str) -> list[tuple[datetime, str]]:
    found = session.execute(
        select(AuditEntry.at, AuditEntry.subject)
        .where(AuditEntry.customer_id == customer_id, AuditEntry.action == literal("payment_method.made_default"))
        .order_by(AuditEntry.at, AuditEntry.id)
    )
    return [(at, subject) for at, subject in found]


def _questions(session: Session, customer_id: str, begins: datetime) -> list[Question]:
    asked = AutoRechargeQuestion
    found = session.execute(
        select(asked.asked_at, asked.count, asked.state, asked.answered_at)
        .where(
            asked.customer_id == customer_id,
            or_(asked.asked_at >= begins, and_(asked.state == "no", asked.until > begins)),
        )
        .order_by(asked.asked_at)
        .limit(paid.MOST)
    )
    said = {"yes": True, "used": True, "no": False}
    return [Question(at, count, said.get(state), answered) for at, count, state, answered in found]


def _periods(session: Session, customer_id: str) -> list[Period]:
    period = BillingPeriod
    found = session.execute(
        select(period.number, period.starts_at, period.ends_at)
        .where(period.customer_id == customer_id)
        .order_by(period.number)
    )
    return [Period(*each) for each in found]
