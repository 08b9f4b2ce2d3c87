"""What the Overview shows, read in a fixed number of statements, however long the history is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, ScalarSelect, String, and_, case, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app import clock
from app.domain import debts
from app.domain.debts import Debt
from app.domain.forecast import Batch, Expiry, Forecast, next_expiry, run_out
from app.domain.grants import CLAW_BACKS
from app.domain.money import Credits
from app.domain.numbers import Numbers
from app.domain.payments import OPEN
from app.domain.periods import following, open_at
from app.domain.reversals import BOOKED_REFUNDS, STANDING_DISPUTES
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.ledger import Grant, Transfer
from app.models.limits import SpendSettings
from app.models.payments import Payment
from app.models.reversals import Dispute, Refund
from app.models.usage import UsageTotal
from app.services.balance import history, remaining_grants
from app.services.balance.history import Day, HistoryQuery, Movement

DAYS = 30
PACE_DAYS = 14
"""The forecast looks at this many whole days before today."""
LATEST = 5
UNDER_WAY = 5


@dataclass(frozen=True)
class Parts:
    """How the credits that came in became those that remain.

    total - used + corrected - expired - back + voided = remaining.
    """

    used: Credits
    """Used so far, in every period."""
    corrected: Credits
    """Given back by corrections of usage."""
    expired: Credits
    back: Credits
    """Gone with money sent back, or held by disputes."""
    voided: Credits
    """Used of credit that was taken back, so that it is no part of the total any more."""


@dataclass(frozen=True)
class Stretch:
    """From when to when a billing period is."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Overview:
    """The customer's figures at one time."""

    today: date
    numbers: Numbers
    parts: Parts
    debt: Debt
    """What is below zero, and why."""
    period: Stretch | None
    """The billing period that is open now, whether or not the job has begun it."""
    days: list[Day]
    """The last days up to today, beginning when the customer did; empty before the first movement."""
    forecast: Forecast | None
    """When the credit is used up or expired; below zero, when the overage protection is used up."""
    expiry: Expiry | None
    """The credit that expires next."""
    latest: list[Movement]
    under_way: list[Payment]
    used: dict[str, tuple[int, int, Credits]]
    """What each meter has counted in the open period, what is held besides, and what it cost."""
    spend: SpendSettings | None
    """What the customer chose on Spend management, if anything."""


@dataclass(frozen=True)
class _Around:
    """What one statement reads around the numbers."""

    parts: Parts
    debt: Debt
    period: Stretch | None
    under_way: list[Payment]
    used: dict[str, tuple[int, int, Credits]]
    spend: SpendSettings | None
    is_expiring: bool
    """Whether there is credit that will expire."""


def now(since: date) -> Overview:
    """Return where the customer in scope, who is one since that day, stands."""
    today = clock.now().date()
    numbers = history.numbers()
    latest = history.history(HistoryQuery(limit=LATEST)).entries
    days = history.days(max(since, today - timedelta(days=DAYS - 1)), today)
    whole = [day.used.micros for day in days[:-1]][-PACE_DAYS:]
    around = _around(numbers)
    limit = numbers.daily_limit.micros if numbers.daily_limit else None
    if numbers.remaining_credits.micros <= 0:
        batches = [Batch(numbers.overage_left.micros)]
    elif around.is_expiring:
        batches = remaining_grants.batches(numbers)
    else:
        batches = [Batch(numbers.remaining_credits.micros)]
    return Overview(
        today=today,
        numbers=numbers,
        parts=around.parts,
        debt=around.debt,
        period=around.period,
        days=days if latest or any(day.used.micros for day in days) else [],
        forecast=run_out(batches, whole, today, limit),
        expiry=next_expiry(batches, whole, today, limit),
        latest=latest,
        under_way=around.under_way,
        used=around.used,
        spend=around.spend,
    )


def parts(numbers: Numbers) -> Parts:
    """Return how the total of these numbers became what remains, for the customer in scope."""
    return _parts(
        numbers,
        *db.session.execute(
            select(*_sums()).select_from(Customer).where(Customer.customer_id == history.whose())
        ).one(),
    )


def _around(numbers: Numbers) -> _Around:
    """Return what the numbers are made of, the open period with its usage, the limits and the payments under way.

    One statement for all: what each meter shows comes as one text, for it must not multiply the payments.
    """
    is_open = Payment.state.in_([state.value for state in OPEN])
    said = UsageTotal.meter + ":" + cast(UsageTotal.quantity, String)
    said += ":" + cast(UsageTotal.held_quantity, String) + ":" + cast(UsageTotal.micros, String)
    used = (
        select(func.aggregate_strings(said, ","))
        .where(UsageTotal.customer_id == Customer.customer_id, UsageTotal.period_number == BillingPeriod.number)
        .correlate(Customer, BillingPeriod)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(BillingPeriod, Payment, SpendSettings, used, remaining_grants.expiring(), _clawed_back(), *_sums())
        .select_from(Customer)
        .outerjoin(
            BillingPeriod,
            and_(BillingPeriod.customer_id == Customer.customer_id, BillingPeriod.closed_at.is_(None)),
        )
        .outerjoin(Payment, and_(Payment.customer_id == Customer.customer_id, is_open))
        .outerjoin(SpendSettings, SpendSettings.customer_id == Customer.customer_id)
        .where(Customer.customer_id == history.whose())
        .order_by(Payment.created_at.desc(), Payment.id.desc())
        .limit(UNDER_WAY)
    ).all()
    period, _newest, spend, text, expiring, clawed_back, *sums = rows[0]
    under_way = [row[1] for row in rows if row[1] is not None]
    is_over = period is not None and period.ends_at <= clock.now()  # the next has begun, and nothing is used in it yet
    debt = debts.debt(numbers.remaining_credits, int(clawed_back))
    return _Around(
        _parts(numbers, *sums),
        debt,
        _open(period),
        under_way,
        {} if is_over else _used(text or ""),
        spend,
        expiring > 0,
    )


def _open(row: BillingPeriod | None) -> Stretch | None:
    if row is None:
        return None
    start, _passed = open_at(row.starts_at, row.ends_at, row.anchor_day, clock.now())
    return Stretch(start, following(start, row.anchor_day))


def _used(text: str) -> dict[str, tuple[int, int, Credits]]:
    found = (each.split(":") for each in text.split(",") if each)
    return {meter: (int(quantity), int(held), Credits(int(micros))) for meter, quantity, held, micros in found}


def _parts(numbers: Numbers, expired: int, back: int, voided: int, corrected: int) -> Parts:
    """Return the parts. What was used is the rest: summing every row of usage takes too long for this page."""
    total, remaining = numbers.total_credits.micros, numbers.remaining_credits.micros
    over = int(expired) + numbers.lapsed.micros
    used = total + int(voided) + int(corrected) - over - int(back) - remaining
    return Parts(Credits(used), Credits(int(corrected)), Credits(over), Credits(int(back)), Credits(int(voided)))


def _sums() -> tuple[ColumnElement[int], ColumnElement[int], ColumnElement[int], ColumnElement[int]]:
    """Return what expired, what went back or is held, what was used of credit taken back, and what was corrected."""
    refunds, disputes = [state.value for state in BOOKED_REFUNDS], [state.value for state in STANDING_DISPUTES]
    return (
        _total(Transfer.amount, Transfer.kind == "expired", Transfer.sequence.is_not(None)),
        _total(Refund.credits_micros, Refund.state.in_(refunds))
        + _total(Dispute.credits_micros, Dispute.state.in_(disputes)),
        _total(Grant.micros, Grant.voided_at.is_not(None), Grant.posted_at.is_not(None))
        - _total(Transfer.amount, Transfer.kind == "voided", Transfer.sequence.is_not(None)),
        _total(Transfer.amount, Transfer.kind == "correction", Transfer.sequence.is_not(None)),
    )


def _clawed_back() -> ScalarSelect[int]:
    """Return what claw-backs that were not undone took below zero since the balance was last at zero or above."""
    above, undone = aliased(Transfer), aliased(Transfer)
    last = (
        select(above.sequence)
        .where(above.customer_id == Customer.customer_id, above.sequence.is_not(None), above.balance_after_micros >= 0)
        .order_by(above.sequence.desc())
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )
    below = case(
        (Transfer.amount < -Transfer.balance_after_micros, Transfer.amount), else_=-Transfer.balance_after_micros
    )
    return (
        select(func.coalesce(func.sum(below), 0))
        .where(
            Transfer.customer_id == Customer.customer_id,
            Transfer.kind.in_(CLAW_BACKS),
            Transfer.sequence > func.coalesce(last, 0),
            ~select(undone.id)
            .where(undone.customer_id == Transfer.customer_id, undone.corrects_id == Transfer.id)
            .exists(),
        )
        .correlate(Customer)
        .scalar_subquery()
    )


def _total(column: InstrumentedAttribute[int], *where: ColumnElement[bool]) -> ScalarSelect[int]:
    """Return the sum over the rows of the statement's customer."""
    model = column.class_
    return (
        select(func.coalesce(func.sum(column), 0))
        .where(model.customer_id == Customer.customer_id, *where)
        .correlate(Customer)
        .scalar_subquery()
    )
