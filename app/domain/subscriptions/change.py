"""What a change of plan, interval or seats costs, and from when: the same function previews it and charges it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial

from app.domain.catalog import Plans
from app.domain.errors import Refused, ensure
from app.domain.invoices.lines import Line, LineKind, Rate
from app.domain.invoices.written import span as days
from app.domain.language import _
from app.domain.money import Money, divided
from app.domain.subscriptions.choice import Choice, Part, counted
from app.domain.subscriptions.proration import Span, plan_period


class Way(StrEnum):
    """Which way a change goes."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Subscribed:
    """What the customer has, and the periods that are open: of the plan, and of the bill."""

    has: Choice
    plan_period: Span
    billing_starts_at: datetime
    anchor_day: int
    is_billed: bool = True
    """Whether the plan period is billed; a month that began suspended is not."""
    billed_left: Money | None = None
    """What is billed of the time that is left, as prices are listed; None: what it costs."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a change comes to before tax. Without lines nothing is charged or given."""

    wants: Choice
    way: Way
    at: datetime
    is_now: bool
    plan_period: Span
    """The plan period that the choice is then in."""
    lines: tuple[Line, ...]
    net: Money


def way(plans: Plans, has: Choice, wants: Choice) -> Way:
    """Return the way of the first difference: of the plan's place in the list, of the interval, of the seats."""
    order = [each.key for each in plans]
    before, after = (
        (order.index(each.plan.key) if each.plan.key in order else -1, each.interval.months, each.seats)
        for each in (has, wants)
    )
    if before == after:
        return Way.NONE
    return Way.UP if after > before else Way.DOWN


def quote(
    plans: Plans,
    now_has: Subscribed,
    wants: Choice,
    now: datetime,
    rate: Rate,
) -> Quote:
    """Return what the change costs, and from when: now and by proration, or at the end of what is paid.

    Of a plan period that is not billed nothing is taken off: what is wanted is paid for the rest, and less waits.
    Where something else is billed of it than it costs, that is taken off. What comes to nothing has no line.
    Refuses (409) what changes nothing.
    """
    has = now_has.has
    goes = way(plans, has, wants)
    if goes is Way.NONE:
        raise Refused(_("That is the plan that you have."), "nothing_changes")
    period = _period(now_has, wants)
    lines = tuple(line for line in _lines(now_has, wants, period, now, rate) if line.net.amount_minor)
    net = sum((line.net for line in lines), Money(0, has.currency))
    waits = plans.downgrade == "period_end" or not now_has.is_billed
    later = waits and (goes is Way.DOWN or net.amount_minor < 0)
    if later:
        ends = now_has.plan_period.ends_at
        return Quote(
            wants, goes, ends, False, plan_period(ends, now_has.anchor_day, wants.interval), (), Money(0, has.currency)
        )
    return Quote(wants, goes, now, True, period, lines if net.amount_minor else (), net)


def _period(now_has: Subscribed, wants: Choice) -> Span:
    """The same interval stays in its period; another one, or one not billed, begins with the open billing period."""
    if wants.interval is now_has.has.interval and now_has.is_billed:
        return now_has.plan_period
    return plan_period(now_has.billing_starts_at, now_has.anchor_day, wants.interval)


def _lines(now_has: Subscribed, wants: Choice, period: Span, now: datetime, rate: Rate) -> Iterator[Line]:
    has = now_has.has
    if only_seats(has, wants) and now_has.is_billed:
        yield from _seats(now_has, wants, period, now, rate)
        return
    for part in _parts(has) if now_has.is_billed else ():
        yield from _unused(part, now_has, now, rate)
    for part in _parts(wants):
        yield _line(part, period.rest(part.price, now), period, now, rate)


def only_seats(has: Choice, wants: Choice) -> bool:
    """Say whether nothing but the number of seats differs: not their price either."""
    alike = has.plan.key == wants.plan.key and has.interval is wants.interval and has.base == wants.base
    return alike and has.seat is not None and wants.seat is not None and has.seat.each == wants.seat.each


def _seats(now_has: Subscribed, wants: Choice, period: Span, now: datetime, rate: Rate) -> Iterator[Line]:
    """Only seats change: one line for those that come or go."""
    has = now_has.has
    ensure(has.seat is not None and wants.seat is not None, "a plan without seats")
    more = wants.extra - has.extra
    part = Part(LineKind.SEATS, "Seats", abs(more), wants.seat.each)  # type: ignore[union-attr]  # said above
    if part.price.amount_minor and more < 0:
        yield from _unused(part, now_has, now, rate)
    elif part.price.amount_minor:
        yield _line(part, period.rest(part.price, now), period, now, rate)


def _parts(choice: Choice) -> list[Part]:
    return [part for part in (choice.base, choice.seat) if part is not None and part.price.amount_minor]


def _unused(part: Part, now_has: Subscribed, now: datetime, rate: Rate) -> Iterator[Line]:
    """What is not used of a part is taken off, as far as it is billed."""
    period, left = now_has.plan_period, now_has.billed_left
    rest = period.rest(part.price, now)
    if left is not None:
        costs = sum(period.rest(each.price, now).amount_minor for each in _parts(now_has.has))
        rest = Money(divided(rest.amount_minor * left.amount_minor, max(1, costs)), rest.currency)
    yield _line(part, Money(-rest.amount_minor, rest.currency), period, now, rate, is_unused=True)


def _line(part: Part, net: Money, span: Span, now: datetime, rate: Rate, *, is_unused: bool = False) -> Line:
    first, last = now.date(), span.last_day
    say = partial(_said, part, first, last, is_unused=is_unused)
    return Line(LineKind.PRORATION, say(), net, rate, begins_on=first, ends_on=last, say=say)


def _said(part: Part, first: date, last: date, *, is_unused: bool) -> str:
    sold = counted(part.quantity) if part.kind is LineKind.SEATS else part.title
    if is_unused:
        return _("Unused time of {sold}, {days}", sold=sold, days=days(first, last))
    return _("{sold}, {days}", sold=sold, days=days(first, last))
