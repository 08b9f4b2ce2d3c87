"""At what pace the customer of a statement uses things: what each of the last whole days used, meter by meter."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import ScalarSelect, String, bindparam, cast, func, select

from app.domain import rating
from app.domain.auto_recharge.caution import PACE_DAYS
from app.domain.forecast.paces import MeterPace, Pace
from app.domain.sold_terms import Terms
from app.models.customers import Customer
from app.models.ledger import BalanceDay
from app.models.usage import UsageDay
from app.models.written import COLON, COMMA


def since(today: date) -> date:
    """Return the first of those days."""
    return today - timedelta(days=PACE_DAYS)


def days() -> ScalarSelect[str]:
    """Ask for what was used on each of the last days, as one text."""
    said = cast(BalanceDay.day, String) + COLON + cast(BalanceDay.used_micros, String)
    between = BalanceDay.day >= bindparam("pace_since"), BalanceDay.day < bindparam("today")
    return (
        select(func.aggregate_strings(said, COMMA))
        .where(BalanceDay.customer_id == Customer.customer_id, *between)
        .correlate(Customer)
        .scalar_subquery()
    )


def metered_days() -> ScalarSelect[str]:
    """Ask for what each meter counted on each of the last days, and what it cost, as one text."""
    said = cast(UsageDay.day, String) + COLON + UsageDay.meter + COLON + cast(UsageDay.quantity, String)
    said += COLON + cast(UsageDay.micros, String)
    between = UsageDay.day >= bindparam("pace_since"), UsageDay.day < bindparam("today")
    return (
        select(func.aggregate_strings(said, COMMA))
        .where(UsageDay.customer_id == Customer.customer_id, UsageDay.meter != "", *between)
        .correlate(Customer)
        .scalar_subquery()
    )


def read(used: str, metered: str, terms: Terms, shown: dict[str, int], joined: datetime, today: date) -> Pace:
    """Return the pace of the last whole days on which there was the customer, by these terms.

    `used` and `metered`: the two texts; `shown`: what the meters show in the open period. What was used of a meter that
    is no longer sold, or costs nothing, goes on in nothing.
    """
    places = _places(joined, today)
    other, counted = used_days(used, joined, today), dict[str, list[int]]()
    for day, meter, quantity, micros in (each.split(":") for each in metered.split(",") if each):
        if day in places:
            counted.setdefault(meter, [0] * len(other))[places[day]] = int(quantity)
            other[places[day]] -= int(micros)
    tariffs = {meter: rating.tariff(terms.catalog, terms.plan, meter) for meter in counted}
    meters = [
        MeterPace(tariff, shown.get(meter, 0), counted[meter])
        for meter, tariff in tariffs.items()
        if tariff is not None and not tariff.is_free
    ]
    return Pace(other, meters)


def used_days(used: str, joined: datetime, today: date) -> list[int]:
    """Return what was used on each of those days, in micros, with or without a meter; `used`: the text of `days`."""
    places = _places(joined, today)
    found = [0] * len(places)
    for day, micros in (each.split(":") for each in used.split(",") if each):
        if day in places:
            found[places[day]] = int(micros)
    return found


def _places(joined: datetime, today: date) -> dict[str, int]:
    many = max(0, min(PACE_DAYS, (today - joined.astimezone(UTC).date()).days))
    return {f"{today - timedelta(days=many - place)}": place for place in range(many)}
