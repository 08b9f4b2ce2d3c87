"""The Plan page in words: what is had, what each plan is, what it costs, and why one of them cannot be chosen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from app import locale
from app.domain import rating
from app.domain.catalog import Catalog, Plan, Seats
from app.domain.language import _, labelled, ngettext, pgettext
from app.domain.money import Money
from app.domain.sold_terms import Terms
from app.domain.subscriptions.choice import Choice, Interval, counted, included, is_sold
from app.domain.subscriptions.words import BILLED, PER, choice_words
from app.models.subscriptions import PlanChange
from app.presenters import usage
from app.services.subscriptions.reads import Current


@dataclass(frozen=True)
class Now:
    """What the customer has."""

    title: str
    billed: str
    """How it is billed; empty: it costs nothing, or what was agreed."""
    unpriced: str
    """What stands in the place of the price then."""
    price: Money
    per: str
    seats: str
    """How many are used of how many; empty: the plan is not sold by seats."""
    too_few: str
    """What to do where more seats are used than there are; empty: there are enough."""
    when: str
    """What the day below is: of the renewal, of a change, of the end, or of the next billing period."""
    day: str
    features: tuple[str, ...]


def now(has: Current, scheduled: PlanChange | None = None) -> Now:
    """Return what the customer has in words; `scheduled` is the change that waits."""
    choice, row = has.has, has.row
    seats = ""
    if choice.plan.seats is not None:
        seats = locale.whole(choice.seats)
        if row.seats_used is not None:
            seats = _("{used} used of {all}", used=locale.whole(row.seats_used), all=seats)
    if row.cancel_at is not None:
        when, at = pgettext("the plan", "Ends"), row.cancel_at
    elif scheduled is not None:
        when, at = pgettext("the plan", "Changes"), scheduled.effective_at
    elif has.costs:
        when, at = pgettext("the plan", "Renews"), has.period.ends_at
    else:
        when, at = _("New billing period"), has.billing_ends_at
    return Now(
        title=choice.plan.title,
        billed=_(BILLED[choice.interval]) if has.costs else "",
        unpriced=_("As agreed") if choice.plan.on_request else pgettext("price", "Free"),
        price=choice.price,
        per=_(PER[choice.interval]),
        seats=seats,
        too_few=_too_few(has),
        when=when,
        day=day(at),
        features=choice.plan.features,
    )


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
    """Return how seats are sold: `3 seats included, one more $15.00 a month, at most 25`; `1 seat`."""
    if seats.max == seats.included:
        return counted(seats.included)
    price = seats.monthly if interval is Interval.MONTHLY else seats.annual
    said = [ngettext("{n} seat included", "{n} seats included", seats.included)]
    if price is not None and price.amount_minor:
        said.append(_("one more {price}", price=_priced(price, interval)))
    if seats.max is not None:
        said.append(_("at most {most}", most=locale.whole(seats.max)))
    return ", ".join(said)


@dataclass(frozen=True)
class SeatsNow:
    """The seats of the plan that is had, and what one more costs."""

    number: int
    least: int
    most: int | None
    used: int
    price: str


def seats(has: Current) -> SeatsNow | None:
    """Return the seats that are had; None where there is no choice of them."""
    sold = has.has.plan.seats
    if sold is None or sold.max == sold.included:
        return None
    words, least = f"{seats_words(sold, has.has.interval)}.", max(sold.included, has.used)
    number = max(has.has.seats, least) if sold.max is None else min(max(has.has.seats, least), sold.max)
    return SeatsNow(number, least, sold.max, has.used, f"{words[0].upper()}{words[1:]}")


def default_plan(offered: Catalog) -> Plan:
    """Return the plan that a customer has after another one has ended."""
    return Terms.of(offered, "").plan


def too_many_used(has: Current, scheduled: PlanChange | None) -> str:
    """Say how many seats are to be freed until a change is made that was scheduled; empty: there will be enough."""
    return to_free(has, scheduled.seats, is_later=True) if scheduled is not None else ""


def to_free(has: Current, number: int, *, is_later: bool) -> str:
    """Say how many seats are to be freed where that many are had; empty: none, or the plan is not sold by seats."""
    more = has.used - number
    if has.has.plan.seats is None or more <= 0:
        return ""
    if is_later:
        return ngettext(
            "{n} seat is in use: free {more} by then.",
            "{n} seats are in use: free {more} by then.",
            has.used,
            more=locale.whole(more),
        )
    return ngettext(
        "{n} seat is in use: free {more}.", "{n} seats are in use: free {more}.", has.used, more=locale.whole(more)
    )


def _too_few(has: Current) -> str:
    """Say what to do where the host reports more seats than there are: nothing is charged for them."""
    more = has.used - has.has.seats
    if has.has.plan.seats is None or more <= 0:
        return ""
    said = ngettext(
        "{n} seat is in use, {more} more than you have.",
        "{n} seats are in use, {more} more than you have.",
        has.used,
        more=locale.whole(more),
    )
    way = _("Free {more}, or choose another plan.", more=locale.whole(more))
    if seats(has) is not None:
        way = _("Free {more}, or add seats.", more=locale.whole(more))
    return f"{said} {way}"


@dataclass(frozen=True)
class Kept:
    """What it means to keep a plan that was cancelled."""

    sentence: str
    button: str
    changed: str
    """What is said where it means something else by now."""
    seen: str
    """The price, as the button carries it."""


def kept(has: Current, renewed: Choice) -> Kept:
    """Return in words as what a cancelled plan goes on where it is kept; `renewed` is its next plan period."""
    seen = f"{renewed.price.amount_minor} {renewed.currency}"
    if has.has.plan.on_request:
        title = has.has.plan.title
        again = _(
            "{plan} goes on as agreed. Nothing was charged or changed. Look at it again, then confirm it.", plan=title
        )
        return Kept(_("If you keep it, it goes on as agreed."), _("Keep {plan}", plan=title), again, seen)
    price = price_words(renewed)
    return Kept(
        _("If you keep it, it renews on that day for {price} before tax.", price=price),
        _("Keep it for {price}", price=price),
        _(
            "It now renews for {price} before tax. Nothing was charged or changed. Look at it again, then confirm it.",
            price=price,
        ),
        seen,
    )


def price_words(choice: Choice) -> str:
    """Return what a choice costs: `$49.00 a month`."""
    return _priced(choice.price, choice.interval)


def _priced(price: Money, interval: Interval) -> str:
    if interval is Interval.MONTHLY:
        return _("{price} a month", price=locale.exact(price))
    return _("{price} a year", price=locale.exact(price))


def order_words(order: PlanChange, sold: Catalog) -> str:
    """Return what an order gives, in one line; `sold` is the version of the catalog that it is given in."""
    found = sold.plans.plan(order.plan)
    if found is None:
        return order.plan
    return choice_words(Choice(found, Interval(order.interval), order.seats, order.currency))


def ending(has: Current, offered: Catalog) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which features end with the plan, and what the plan after it holds."""
    default = default_plan(offered)
    gone = tuple(each for each in has.has.plan.features if each not in default.features)
    return gone, tuple(holds(offered, default))


def holds(catalog: Catalog, plan: Plan) -> Iterator[str]:
    """Yield what the plan includes of each meter, and the most of it."""
    for meter in catalog.meters:
        tariff = rating.tariff(catalog, plan, meter.key)
        said = usage.terms(tariff) if tariff is not None and (tariff.allowance or tariff.limit is not None) else ""
        if said and meter.title.lower() == meter.unit.lower():
            yield said
        elif said:
            yield labelled(meter.title, f"{said[0].lower()}{said[1:]}")
