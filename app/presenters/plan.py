"""The Plan page in words: what is had, what each plan is, what it costs, and why one of them cannot be chosen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app import locale
from app.domain import rating
from app.domain.amounts import CreditUnit, is_currency
from app.domain.catalog import Catalog, Plan, Seats
from app.domain.errors import Refused
from app.domain.money import Money
from app.domain.sold_terms import Terms
from app.domain.subscriptions import last_months
from app.domain.subscriptions.choice import Choice, Interval, chosen, counted, included, is_sold
from app.domain.subscriptions.last_months import Counted, Would
from app.domain.subscriptions.words import BILLED, PER, choice_words
from app.models.subscriptions import PlanChange
from app.presenters import usage
from app.services.subscriptions.reads import Current


@dataclass(frozen=True)
class Now:
    """What the customer has."""

    title: str
    billed: str
    """How it is billed; empty: it costs nothing."""
    price: Money
    per: str
    seats: str
    """How many are used of how many; empty: the plan is not sold by seats."""
    when: str
    """What the day below is: of the renewal, of the end, or of the next billing period."""
    day: str
    features: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """A plan that is sold, as the customer could have it."""

    key: str
    title: str
    description: str
    interval: str
    price: Money | None
    """None: it is sold on request."""
    per: str
    seats: str
    holds: tuple[str, ...]
    """What is included of each meter, and the most of it."""
    features: tuple[str, ...]
    is_current: bool
    on_request: bool
    why_not: str
    """Why it cannot be chosen; empty: it can."""
    past: str
    """What it would have cost in the last months; empty: nobody can say."""


def now(has: Current) -> Now:
    """Return what the customer has in words."""
    choice, row = has.has, has.row
    seats = ""
    if choice.plan.seats is not None:
        used = "" if row.seats_used is None else f"{locale.whole(row.seats_used)} used of "
        seats = f"{used}{locale.whole(choice.seats)}"
    if row.cancel_at is not None:
        when, at = "Ends", row.cancel_at
    else:
        when, at = ("Renews", has.period.ends_at) if has.costs else ("New billing period", has.billing_ends_at)
    return Now(
        title=choice.plan.title,
        billed=BILLED[choice.interval] if has.costs else "",
        price=choice.price,
        per=PER[choice.interval],
        seats=seats,
        when=when,
        day=day(at),
        features=choice.plan.features,
    )


def cards(
    has: Current, offered: Catalog, interval: Interval, months: Sequence[Counted], unit: CreditUnit
) -> list[Card]:
    """Return a card for each plan that is sold; the customer's own as it has it, also where it is sold no more."""
    own = has.has.plan
    plans = [own if each.key == own.key else each for each in offered.plans]
    if own.key not in {each.key for each in plans}:
        plans.insert(0, own)
    return [_card(has, offered, plan, interval, months, unit) for plan in plans]


def intervals(offered: Catalog) -> tuple[Interval, ...]:
    """Return the intervals among which one is chosen: both, or none where no plan is sold by the year."""
    by_year = any(is_sold(plan, Interval.ANNUAL) for plan in offered.plans if not plan.on_request)
    return tuple(Interval) if by_year else ()


def sold_by(plan: Plan) -> tuple[str, ...]:
    """Return the intervals by which this plan is sold, where there is a choice."""
    found = tuple(each.value for each in Interval if is_sold(plan, each))
    return found if len(found) > 1 else ()


def first_seats(has: Current, plan: Plan) -> int:
    """Return how many seats a choice of the plan begins with: those that are had, or as few as can be."""
    return has.has.seats if plan.key == has.has.plan.key else max(included(plan), has.used if plan.seats else 0)


def day(moment: datetime) -> str:
    """Return the UTC day of a moment: `16 Dec 2026`."""
    return locale.day(moment.astimezone(UTC).date())


def seats_words(seats: Seats, interval: Interval) -> str:
    """Return how seats are sold: `3 seats included, one more $15.00 a month, at most 25`."""
    price = seats.monthly if interval is Interval.MONTHLY else seats.annual
    more = f", one more {locale.exact(price)} {PER[interval]}" if price is not None and price.amount_minor else ""
    most = f", at most {locale.whole(seats.max)}" if seats.max is not None else ""
    return f"{counted(seats.included)} included{more}{most}"


@dataclass(frozen=True)
class SeatsNow:
    """The seats of the plan that is had, and what one more costs."""

    number: int
    least: int
    most: int | None
    used: int
    price: str


def seats(has: Current) -> SeatsNow | None:
    """Return the seats that are had; None where the plan is not sold by seats."""
    sold = has.has.plan.seats
    if sold is None:
        return None
    words = f"{seats_words(sold, has.has.interval)}."
    return SeatsNow(has.has.seats, max(sold.included, has.used), sold.max, has.used, f"{words[0].upper()}{words[1:]}")


def default_plan(offered: Catalog) -> Plan:
    """Return the plan that a customer has after another one has ended."""
    return Terms.of(offered, "").plan


def price_words(choice: Choice) -> str:
    """Return what a choice costs: `$49.00 a month`."""
    return f"{locale.exact(choice.price)} {PER[choice.interval]}"


def order_words(order: PlanChange, offered: Catalog) -> str:
    """Return what an order gives, in one line."""
    found = offered.plans.plan(order.plan)
    if found is None:
        return order.plan
    return choice_words(Choice(found, Interval(order.interval), order.seats, order.currency))


def past_words(would: Would | None, unit: CreditUnit) -> str:
    """Say what a plan would have cost in the last months; nothing where nobody can say."""
    if would is None:
        return ""
    span = "last month" if would.months == 1 else f"last {would.months} months"
    said = f"On your {span}: {_sum(would, unit)}"
    if not would.over:
        return f"{said}."
    return f"{said}. You used more {_listed(would.over)} than it allows."


def ending(has: Current, offered: Catalog) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which features end with the plan, and what the plan after it holds."""
    default = default_plan(offered)
    gone = tuple(each for each in has.has.plan.features if each not in default.features)
    return gone, tuple(_holds(offered, default))


def _card(
    has: Current, offered: Catalog, plan: Plan, interval: Interval, months: Sequence[Counted], unit: CreditUnit
) -> Card:
    is_own = plan.key == has.has.plan.key
    catalog = has.catalog if is_own else offered
    way = interval if is_sold(plan, interval) else next((each for each in Interval if is_sold(plan, each)), interval)
    seats = first_seats(has, plan)
    choice = Choice(plan, way, seats, catalog.credits.currency)
    is_current = is_own and way is has.has.interval
    return Card(
        key=plan.key,
        title=plan.title,
        description=plan.description,
        interval=way.value,
        price=None if plan.on_request else choice.price,
        per="" if plan.on_request or plan.is_free else PER[way],
        seats=seats_words(plan.seats, way) if plan.seats is not None and not plan.on_request else "",
        holds=tuple(_holds(catalog, plan)),
        features=plan.features,
        is_current=is_current,
        on_request=plan.on_request and not is_own,
        why_not="" if is_current or plan.on_request else _why_not(catalog, choice, has.used),
        past="" if plan.on_request else past_words(last_months.would(catalog, choice, months), unit),
    )


def _why_not(catalog: Catalog, choice: Choice, used: int) -> str:
    try:
        chosen(catalog, choice.plan.key, choice.interval.value, choice.seats, used)
    except Refused as refusal:
        return refusal.sentence
    return ""


def _holds(catalog: Catalog, plan: Plan) -> Iterator[str]:
    for meter in catalog.meters:
        tariff = rating.tariff(catalog, plan, meter.key)
        said = usage.terms(tariff) if tariff is not None and (tariff.allowance or tariff.limit is not None) else ""
        if said and meter.title.lower() == meter.unit.lower():
            yield said
        elif said:
            yield f"{meter.title}: {said[0].lower()}{said[1:]}"


def _sum(would: Would, unit: CreditUnit) -> str:
    """Return the price of the plan and of the usage; together where both are money."""
    if is_currency(unit.name):
        used = would.usage_in_money
        both = would.plan + used
        if not would.usage.micros or not would.plan.amount_minor:
            return locale.exact(both)
        return f"{locale.exact(both)} ({locale.exact(would.plan)} and {locale.exact(used)} of usage)"
    if not would.usage.micros:
        return locale.exact(would.plan)
    if not would.plan.amount_minor:
        return locale.amount(would.usage, unit)
    return f"{locale.exact(would.plan)} and {locale.amount(would.usage, unit)}"


def _listed(titles: Sequence[str]) -> str:
    return " and ".join([", ".join(titles[:-1]), titles[-1]] if len(titles) > 1 else titles)
