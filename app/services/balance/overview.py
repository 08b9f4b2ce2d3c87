"""What the Overview shows, read in a fixed number of statements, however long the history is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute

from app import clock
from app.domain.forecast.run_out import Expiry, Forecast
from app.domain.ledger import CREDIT_APPLIED, CREDIT_RETURNED, OVERAGE_INVOICED, OVERAGE_RETURNED
from app.domain.money import Credits
from app.domain.numbers import Debt, Numbers
from app.domain.reversals import BOOKED_REFUNDS, STANDING_DISPUTES
from app.domain.sold_terms import Terms
from app.domain.status_line import Facts
from app.models.customers import Customer
from app.models.database import constant, db
from app.models.invoicing import InvoiceAddress, InvoiceNotifications
from app.models.ledger import Grant, Transfer
from app.models.limits import SpendSettings
from app.models.payments import Payment
from app.models.reversals import Dispute, Refund
from app.models.subscriptions import PlanChange, Subscription
from app.services.balance import by_day, history, status_facts, status_rows
from app.services.balance.by_day import DayRow
from app.services.balance.history import Day
from app.services.balance.status_rows import Stretch

DAYS = 30
LATEST = 5
PARTS = 6
"""So many sums are behind the parts."""


@dataclass(frozen=True)
class Parts:
    """How the credits that came in became those that remain.

    total - used + corrected - expired - back + voided + invoiced + applied = remaining.
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
    invoiced: Credits = Credits(0)
    """Used below zero and put on invoices, so that it is no part of the balance any more."""
    applied: Credits = Credits(0)
    """Tax of invoices that credit has paid: below zero."""


@dataclass(frozen=True)
class Subscribed:
    """How the customer has its plan."""

    interval: str
    seats: int | None
    """How many in all; None: those that the plan includes."""
    seats_used: int | None
    period_ends_at: datetime
    cancel_at: datetime | None
    is_changing: bool
    """Whether a change waits for the period's end."""


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
    latest: list[DayRow]
    """The newest rows of the history by day."""
    under_way: list[Payment]
    used: dict[str, tuple[int, int, Credits]]
    """What each meter has counted in the open period, what is held besides, and what it cost."""
    spend: SpendSettings | None
    """What the customer chose on Spend management, if anything."""
    recharge_is_on: bool
    """Whether credit is bought automatically."""
    facts: Facts
    """What the status line is made of."""
    company: str | None
    """The company on the customer's invoices; None: there is no address yet."""
    pending_email: str | None
    """The billing e-mail that is to be confirmed, if any."""
    po_number: str | None
    """The order number on the customer's invoices."""
    subscribed: Subscribed
    has_pace: bool
    """Whether anything was used on the days that the forecast looks at."""


def now(since: date, terms: Terms) -> Overview:
    """Return where the customer in scope stands, who is one since that day and buys by these terms."""
    today = clock.now().date()
    numbers = history.numbers()
    days = history.days(max(since, today - timedelta(days=DAYS - 1)), today)
    booked = by_day.latest(LATEST, days, is_whole=days[0].day == since)
    latest = [*by_day.not_booked(numbers, booked[0] if booked else None, today), *booked][:LATEST]
    around = status_rows.around(numbers, terms, _statement())
    facts = status_facts.facts(numbers, terms, around)
    return Overview(
        today=today,
        numbers=numbers,
        parts=_parts(numbers, *around.more[:PARTS]),
        debt=around.debt,
        period=around.period,
        days=days if latest or any(day.used.micros for day in days) else [],
        forecast=facts.forecast,
        expiry=facts.expiry,
        latest=latest,
        under_way=around.payments,
        used=around.used,
        spend=around.spend,
        recharge_is_on=around.order is not None and around.order.row.enabled,
        facts=facts,
        company=around.more[PARTS],
        pending_email=around.more[PARTS + 1],
        po_number=around.more[PARTS + 2],
        subscribed=Subscribed(*around.more[PARTS + 3 :]),
        has_pace=around.pace.is_any,
    )


def parts(numbers: Numbers) -> Parts:
    """Return how the total of these numbers became what remains, for the customer in scope."""
    wanted = select(*_sums()).select_from(Customer).where(Customer.customer_id == history.whose())
    sums: Sequence[int] = db.session.execute(wanted).one()
    return _parts(numbers, *sums)


@cache
def _statement() -> Select[Any]:
    """Ask for what is around the numbers, for the sums of the parts, and for whom invoices are made out to."""
    return status_rows.statement(*_sums(), _company(), _pending(), _po_number(), *_subscribed())


def _company() -> ScalarSelect[str]:
    row = select(InvoiceAddress.company).where(InvoiceAddress.customer_id == Customer.customer_id)
    return row.correlate(Customer).scalar_subquery()


def _pending() -> ScalarSelect[str | None]:
    row = select(InvoiceNotifications.pending_email).where(InvoiceNotifications.customer_id == Customer.customer_id)
    return row.correlate(Customer).scalar_subquery()


def _po_number() -> ScalarSelect[str]:
    row = select(InvoiceAddress.po_number).where(InvoiceAddress.customer_id == Customer.customer_id)
    return row.correlate(Customer).scalar_subquery()


def _subscribed() -> list[ScalarSelect[Any]]:
    row = Subscription
    columns = (row.interval, row.seats, row.seats_used, row.period_ends_at, row.cancel_at)
    own = row.customer_id == Customer.customer_id
    waits = exists().where(PlanChange.customer_id == Customer.customer_id, PlanChange.state == "scheduled")
    parts = [select(each).where(own).correlate(Customer).scalar_subquery() for each in columns]
    return [*parts, select(waits.correlate(Customer)).scalar_subquery()]


def _parts(
    numbers: Numbers, expired: int, back: int, voided: int, corrected: int, invoiced: int, applied: int
) -> Parts:
    """Return the parts. What was used is the rest: summing every row of usage takes too long for this page."""
    total, remaining = numbers.total_credits.micros, numbers.remaining_credits.micros
    over = int(expired) + numbers.lapsed.micros
    used = total + int(voided) + int(corrected) + int(invoiced) + int(applied) - over - int(back) - remaining
    shown = (used, int(corrected), over, int(back), int(voided), int(invoiced), int(applied))
    return Parts(*(Credits(micros) for micros in shown))


def _sums() -> tuple[ColumnElement[int], ...]:
    """Return what expired, went back or is held, was used of credit taken back, was corrected, invoiced, applied."""
    refunds, disputes = _constants(BOOKED_REFUNDS), _constants(STANDING_DISPUTES)
    return (
        _total(Transfer.amount, Transfer.kind == constant("expired"), Transfer.sequence.is_not(None)),
        _total(Refund.credits_micros, Refund.state.in_(refunds))
        + _total(Dispute.credits_micros, Dispute.state.in_(disputes)),
        _total(Grant.micros, Grant.voided_at.is_not(None), Grant.posted_at.is_not(None))
        - _total(Transfer.amount, Transfer.kind == constant("voided"), Transfer.sequence.is_not(None)),
        _total(Transfer.amount, Transfer.kind == constant("correction"), Transfer.sequence.is_not(None)),
        _of_invoices(OVERAGE_INVOICED, OVERAGE_RETURNED),
        _of_invoices(CREDIT_APPLIED, CREDIT_RETURNED),
    )


def _of_invoices(*kinds: str) -> ScalarSelect[int]:
    return _total(Transfer.change_micros, Transfer.kind.in_(_constants(kinds)), Transfer.sequence.is_not(None))


def _constants(states: Iterable[str]) -> list[ColumnElement[str]]:
    return [constant(state) for state in sorted(states)]


def _total(
    column: InstrumentedAttribute[int] | InstrumentedAttribute[int | None], *where: ColumnElement[bool]
) -> ScalarSelect[int]:
    """Return the sum over the rows of the statement's customer."""
    model = column.class_
    return (
        select(func.coalesce(func.sum(column), 0))
        .where(model.customer_id == Customer.customer_id, *where)
        .correlate(Customer)
        .scalar_subquery()
    )
