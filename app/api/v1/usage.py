"""Usage: what a customer's meters show, day by day, and the events behind a number."""

from datetime import UTC, date, datetime, timedelta

from pydantic import Field

from app import clock
from app.api.contract.operations import (
    CreditsFromZero,
    Model,
    Moment,
    Page,
    PageQuery,
    decode_cursor,
    encode_cursor,
    operation,
    resource,
)
from app.api.contract.patterns import DAY
from app.domain.errors import Refused
from app.models.customers import Customer
from app.services.operations import archived
from app.services.usage import meters
from app.services.usage.meters import DayUse, EventUse, MeterUse, Place, Stretch

bp = resource("usage")
TAG = "Usage"
DEFAULT_DAYS = timedelta(days=34)
EARLIEST, LATEST = date(1970, 1, 2), date(9000, 1, 1)


class UsageQuery(Model):
    """Which billing period."""

    period: int | None = Field(
        None, ge=1, le=100_000, description="The number of the billing period; null: the open one."
    )


class PeriodOut(Model):
    """A billing period."""

    number: int
    starts_at: Moment
    ends_at: Moment
    is_open: bool


class DayOut(Model):
    """A UTC day. `quantity` is the day's sum; of a `max` meter the highest, of a `last` meter the last value."""

    date: date
    quantity: int
    events: int
    credits: CreditsFromZero


class MeterUseOut(Model):
    """What a meter shows for the period."""

    meter: str
    title: str
    unit: str
    kind: str = Field(description="count, sum, unique, last or max.")
    used: int
    held: int = Field(description="Held by open authorizations.")
    included: int = Field(description="The quantity that the plan includes per period.")
    overage: int = Field(description="The quantity used beyond it.")
    limit: int | None = Field(description="The most that the plan allows per period; null: no limit.")
    credits: CreditsFromZero = Field(description="What it cost.")
    days: list[DayOut] = Field(description="Days without use are left out.")


class UsageOut(Model):
    """What a customer used in a billing period."""

    customer: str
    period: PeriodOut
    catalog_version: int = Field(description="The version of the catalog that the period's terms are of.")
    plan: str = Field(description="The key of the plan.")
    credit_unit: str
    meters: list[MeterUseOut]
    without_meter: list[DayOut] = Field(description="Credits used without a meter.")


@operation(
    bp,
    "GET",
    "/customers/<customer_id>/usage",
    scope="billing:read",
    query=UsageQuery,
    answers={200: UsageOut},
    tag=TAG,
)
def read(customer: Customer, query: UsageQuery) -> UsageOut:
    """Read what a customer's meters show for a billing period, day by day."""
    found = meters.usage(customer, query.period)
    return UsageOut(
        customer=customer.customer_id,
        period=_period(found.period),
        catalog_version=found.catalog.version,
        plan=found.plan.key,
        credit_unit=customer.credit_unit,
        meters=[_meter(each) for each in found.meters],
        without_meter=[_day(each) for each in found.without_meter],
    )


class EventQuery(PageQuery):
    """Which events."""

    meter: str = Field(min_length=1, max_length=60)
    first: str | None = Field(None, pattern=DAY, description="The first UTC day; null: 34 days ago.")
    last: str | None = Field(None, pattern=DAY, description="The last UTC day; null: today.")


class EventOut(Model):
    """An event as it was accepted."""

    id: str
    meter: str
    subject: str
    quantity: int
    credits: CreditsFromZero = Field(description="Its cost, given the earlier usage of its period.")
    occurred_at: Moment
    received_at: Moment
    date: date
    authorization: str | None


@operation(
    bp,
    "GET",
    "/customers/<customer_id>/usage_events",
    scope="billing:read",
    query=EventQuery,
    answers={200: Page[EventOut]},
    tag=TAG,
)
def events(customer: Customer, query: EventQuery) -> Page[EventOut]:
    """List the events behind a meter's number, the newest first.

    They are listed by the UTC days on which they were accepted and for which they count.
    """
    last = _day_of(query.last, "last") or clock.now().date()
    first = _day_of(query.first, "first") or last - DEFAULT_DAYS
    after = decode_cursor(query.cursor, str, str, str)
    if archived.holds(first):
        from_day = archived.first_day()
        raise Refused(f"Usage events before {from_day} are in an archive.", "events_archived", 410, "first")
    page = meters.events(customer.customer_id, query.meter, first, last, after=_place(after), limit=query.limit)
    following = None
    if page.older is not None:
        following = encode_cursor([page.older.day.isoformat(), page.older.received_at.isoformat(), page.older.id])
    return Page[EventOut](data=[_event(each) for each in page.events], next_cursor=following)


def _day_of(text: str | None, field: str) -> date | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused("There is no such day.", "day_malformed", 422, field) from None
    if not EARLIEST <= day <= LATEST:
        raise Refused("This day is out of range.", "day_malformed", 422, field)
    return day


def _place(values: list[str] | None) -> Place | None:
    if values is None:
        return None
    day, received_at, event_id = values
    try:
        moment = datetime.fromisoformat(received_at)
        if moment.tzinfo is None:
            raise ValueError
        return Place(date.fromisoformat(day), moment.astimezone(UTC), event_id)
    except (ValueError, OverflowError):
        raise Refused("This is not a cursor of this list.", "cursor_malformed", 422, "cursor") from None


def _period(period: Stretch) -> PeriodOut:
    return PeriodOut(number=period.number, starts_at=period.starts_at, ends_at=period.ends_at, is_open=period.is_open)


def _meter(use: MeterUse) -> MeterUseOut:
    return MeterUseOut(
        meter=use.meter.key,
        title=use.meter.title,
        unit=use.meter.unit,
        kind=use.meter.kind.value,
        used=use.used,
        held=use.held,
        included=use.included,
        overage=use.overage,
        limit=use.tariff.limit,
        credits=use.cost,
        days=[_day(each) for each in use.days],
    )


def _day(use: DayUse) -> DayOut:
    return DayOut(date=use.day, quantity=use.quantity, events=use.events, credits=use.cost)


def _event(event: EventUse) -> EventOut:
    return EventOut(
        id=event.id,
        meter=event.meter,
        subject=event.subject,
        quantity=event.quantity,
        credits=event.cost,
        occurred_at=event.occurred_at,
        received_at=event.received_at,
        date=event.day,
        authorization=event.authorization_id,
    )
