"""The plans that are sold, each on a card: what it is, what it costs, and why it cannot be chosen."""

from collections.abc import Sequence
from dataclasses import dataclass

from app import locale
from app.domain.amounts import CreditUnit, is_currency
from app.domain.catalog import Catalog, Plan
from app.domain.errors import Refused
from app.domain.language import _, ngettext, pgettext
from app.domain.money import Money
from app.domain.subscriptions import last_months
from app.domain.subscriptions.choice import Choice, Interval, chosen, included, is_sold
from app.domain.subscriptions.last_months import Month, Would
from app.domain.subscriptions.words import PER
from app.models.subscriptions import PlanChange
from app.presenters.plans.plan import day, first_seats, holds, price_words, seats_words
from app.services.subscriptions.reads import Current


@dataclass(frozen=True)
class Card:
    """A plan that is sold, as the customer could have it."""

    key: str
    title: str
    description: str
    interval: str
    price: Money | None
    """Of the plan with the seats that it includes. None: it is sold on request."""
    unpriced: str
    """What stands in the place of the price where there is none, or nothing to pay."""
    per: str
    seats: str
    with_seats: str
    """What it costs with as many seats as would be had, where they are more than it includes."""
    holds: tuple[str, ...]
    """What is included of each meter, and the most of it."""
    features: tuple[str, ...]
    is_current: bool
    begins: str
    """From when on it is had, where a change to it waits."""
    on_request: bool
    why_not: str
    """Why it cannot be chosen; empty: it can."""
    past: str
    """What it would have cost in the last months; empty: nobody can say."""


@dataclass(frozen=True)
class Sold:
    """What the cards are made of."""

    has: Current
    offered: Catalog
    interval: Interval
    months: Sequence[Month]
    unit: CreditUnit
    scheduled: PlanChange | None


def cards(sold: Sold) -> list[Card]:
    """Return a card for each plan that is sold; the customer's own as it has it, also where it is sold no more."""
    own = sold.has.has.plan
    plans = [own if each.key == own.key else each for each in sold.offered.plans]
    if own.key not in {each.key for each in plans}:
        plans.insert(0, own)
    return [_card(sold, plan) for plan in plans]


def past_words(would: Would | None, unit: CreditUnit) -> str:
    """Say what a plan would have cost in the last months; nothing where nobody can say."""
    if would is None:
        return ""
    said = ngettext(
        "On your last month: {sum}.", "On your last {n} months: {sum}.", would.months, sum=_sum(would, unit)
    )
    if not would.over:
        return said
    more = _("You used more {meters} than it allows.", meters=_listed(would.over))
    return f"{said} {more}"


def _card(sold: Sold, plan: Plan) -> Card:
    has, interval = sold.has, sold.interval
    is_own = plan.key == has.has.plan.key
    catalog = has.catalog if is_own else sold.offered
    way = interval if is_sold(plan, interval) else next((each for each in Interval if is_sold(plan, each)), interval)
    choice = Choice(plan, way, first_seats(has, plan), catalog.credits.currency)
    least = Choice(plan, way, included(plan), choice.currency)
    is_current = is_own and way is has.has.interval
    waits = sold.scheduled
    begins = waits is not None and not is_current and (waits.plan, waits.interval) == (plan.key, way.value)
    more = choice.extra and choice.price != least.price
    return Card(
        key=plan.key,
        title=plan.title,
        description=plan.description,
        interval=way.value,
        price=None if plan.on_request or plan.is_free else least.price,
        unpriced=(_("As agreed") if is_own else _("On request")) if plan.on_request else pgettext("price", "Free"),
        per="" if plan.on_request or plan.is_free else _(PER[way]),
        seats=seats_words(plan.seats, way) if plan.seats is not None and not plan.on_request else "",
        with_seats=_with_seats(choice) if more else "",
        holds=tuple(holds(catalog, plan)),
        features=plan.features,
        is_current=is_current,
        begins=day(waits.effective_at) if waits is not None and begins else "",
        on_request=plan.on_request and not is_own,
        why_not="" if is_current or plan.on_request else _why_not(catalog, choice, has.used),
        past="" if plan.on_request else past_words(last_months.would(catalog, choice, sold.months), sold.unit),
    )


def _with_seats(choice: Choice) -> str:
    return ngettext("With {n} seat {price}", "With {n} seats {price}", choice.seats, price=price_words(choice))


def _why_not(catalog: Catalog, choice: Choice, used: int) -> str:
    try:
        chosen(catalog, choice.plan.key, choice.interval.value, choice.seats, used)
    except Refused as refusal:
        return refusal.sentence
    return ""


def _sum(would: Would, unit: CreditUnit) -> str:
    """Return the price of the plan and of the usage; together where both are money."""
    if is_currency(unit.name):
        used = would.usage_in_money
        both = would.plan + used
        if not would.usage.micros or not would.plan.amount_minor:
            return locale.exact(both)
        return _(
            "{sum} ({plan} and {usage} of usage)",
            sum=locale.exact(both),
            plan=locale.exact(would.plan),
            usage=locale.exact(used),
        )
    if not would.usage.micros:
        return locale.exact(would.plan)
    if not would.plan.amount_minor:
        return locale.amount(would.usage, unit)
    return _("{plan} and {usage}", plan=locale.exact(would.plan), usage=locale.amount(would.usage, unit))


def _listed(titles: Sequence[str]) -> str:
    if len(titles) < 2:
        return "".join(titles)
    return _("{some} and {last}", some=", ".join(titles[:-1]), last=titles[-1])
