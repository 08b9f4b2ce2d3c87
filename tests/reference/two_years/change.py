"""A change of plan on paper: whether it is had now or later, what it costs, and what comes back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil

from tests.reference.two_years.calendar import Stretch, stretch
from tests.reference.two_years.customer import CENT, OnPaper, Order
from tests.reference.two_years.papers import SMALLEST, Paper, Pay
from tests.reference.two_years.price_list import Choice, PriceList, rounded


@dataclass(frozen=True)
class Offer:
    """What a change comes to."""

    order: Order
    is_now: bool
    period: Stretch
    lines: list[tuple[str, int]]

    @property
    def net(self) -> int:
        """Before tax."""
        return sum(net for _kind, net in self.lines)


def offered(paper: OnPaper, plan: str, interval: str, seats: int, used: int, now: datetime) -> Offer | None:
    """Return what the change comes to; None: it cannot be had now. `used`: so many seats are."""
    has, own, number = paper.choice, paper.terms, paper.month(now)
    keeps = plan == has.plan and interval in own.intervals(plan)
    terms = own if keeps else paper.lists[-1]
    wants = Choice(plan, interval, seats)
    if terms.has_seats(plan) and seats < used:
        return None
    if paper.is_suspended or paper.is_canceled or _places(terms, has) == _places(terms, wants):
        return None
    month = paper.months[number - 1]
    period = paper.of_plan if paper.costs else month
    is_billed = not paper.costs or paper.billed > period.starts
    if paper.costs and (period.ends <= now or (not is_billed and paper.ends <= now)):
        return None
    at = max(now.replace(second=0, microsecond=0), period.starts)
    then = period if interval == has.interval and is_billed else stretch(month.starts, month.anchor, interval)
    # Of a month that began suspended nothing was paid, so nothing is taken off.
    lines = _lines(own, has, period, terms, wants, then, at) if is_billed else _parts_of(terms, wants, then, at)
    net = sum(each for _kind, each in lines)
    is_down = _places(terms, wants) < _places(terms, has)
    order = Order(wants, terms.number)
    later = Offer(order, False, period, [])
    if (terms.waits or not is_billed) and (is_down or net < 0):
        return later
    if net < 0 and _parts(paper, -net, at) is None:
        return later
    gone = [each for each in lines if each[1] < 0]
    left = _other_than_left(paper, period, at, len(gone)) if gone and net > 0 else None
    if left is not None:
        costs = -sum(part for _kind, part in gone)
        lines = [(kind, -rounded(Fraction(-part * left, costs)) if part < 0 else part) for kind, part in lines]
        net = sum(part for _kind, part in lines)
        if net < 0:
            return later
    return Offer(order, True, then, lines if net else [])


def _other_than_left(paper: OnPaper, period: Stretch, at: datetime, parts: int) -> int | None:
    """Return what is taken off for time that was billed with another tax than it is billed with now; None: as it costs.

    It goes off with the tax that it was charged with (decision 0040): that is more or less before today's tax.
    """
    percent, found, last = paper.terms.percent(paper.country), list[Fraction](), period.ends.date() - timedelta(days=1)
    mine = [each for each in paper.papers if each.kind == "invoice" and each.total]
    if all(each.percent == percent for each in mine if any(it.last == last for it in each.spans)):
        return None
    costs = sum(rounded(price * period.share(at)) for price in _prices(paper.terms, paper.choice))
    for each in mine:
        kept, taxed = 1 - Fraction(each.returned, each.total), 1 + Fraction(each.percent) / 100
        # Its tax was rounded: of a change's invoice all of it is of this time.
        rest = each.total - each.net * taxed if all(kind == "proration" for kind, _part in each.lines) else 0
        for span in each.spans:
            if span.last == last and span.since >= max(paper.came, period.starts):
                whole = Fraction(round((period.ends - span.since).total_seconds()))
                share = round((period.ends - at).total_seconds()) / whole
                found.append(kept * share * (span.net * taxed + rest) * 100 / (100 + percent))
                rest = 0
    left = sum(found, Fraction(0))
    return None if abs(left - costs) <= len(found) + parts else max(0, rounded(left))


def _prices(terms: PriceList, choice: Choice) -> tuple[int, int]:
    return terms.base(choice), terms.of_seats(choice)


def _places(terms: PriceList, choice: Choice) -> tuple[int, int, int]:
    place = terms.order.index(choice.plan) if choice.plan in terms.order else -1
    return place, 12 if choice.interval == "annual" else 1, choice.seats


def _lines(
    own: PriceList, has: Choice, before: Stretch, terms: PriceList, wants: Choice, after: Stretch, at: datetime
) -> list[tuple[str, int]]:
    alike = (has.plan, has.interval) == (wants.plan, wants.interval) and own.base(has) == terms.base(wants)
    if alike and own.seats(has.plan)[1] > 1 and own.seat(has) == terms.seat(wants):
        more = terms.of_seats(wants) - own.of_seats(has)
        part = rounded(abs(more) * after.share(at))
        return [("proration", part if more > 0 else -part)] if more else []
    gone = [("proration", -rounded(price * before.share(at))) for price in (own.base(has), own.of_seats(has)) if price]
    return [*gone, *_parts_of(terms, wants, after, at)]


def _parts_of(terms: PriceList, choice: Choice, span: Stretch, at: datetime) -> list[tuple[str, int]]:
    return [("proration", rounded(price * span.share(at))) for price in _prices(terms, choice) if price]


def ordered(paper: OnPaper, offer: Offer, now: datetime) -> str:
    """Make the change, or schedule it; return what became of it."""
    if not offer.is_now:
        paper.scheduled = offer.order
        return "scheduled"
    net = offer.net
    tax = paper.terms.tax(net, paper.country) if net > 0 else 0
    charged = net + tax
    if charged >= SMALLEST and paper.card != "good":
        return "failed"
    made = None
    if charged > 0:
        made = Paper("invoice", now, offer.lines, net, tax, is_paid=charged >= SMALLEST)
        made.percent, at = paper.terms.percent(paper.country), now.replace(second=0, microsecond=0)
        made.spans = [
            (paper.of_plan if part < 0 else offer.period).line(part, max(at, paper.of_plan.starts))
            for _kind, part in offer.lines
            if part
        ]
        made.pays += [Pay(charged)] if made.is_paid else []
        paper.papers.append(made)
    _give_back(paper, -net, now)
    if offer.order.choice.interval != paper.choice.interval:
        paper.came = max(now.replace(second=0, microsecond=0), paper.of_plan.starts)
    paper.choice, paper.number = offer.order.choice, offer.order.number
    paper.of_plan, paper.billed, paper.scheduled = offer.period, offer.period.ends, None
    return "applied"


def _give_back(paper: OnPaper, size: int, now: datetime) -> None:
    parts = _parts(paper, size, now) if size > 0 else None
    for of, part in parts or []:
        paper.papers.append(Paper("credit_note", now, [("returned", part)], part, 0))
        of.returned += part
        rest = part
        for pay in of.pays:
            gone = min(pay.left, rest)
            pay.left -= gone
            rest -= gone
    if parts:
        paper.purse.add(size * CENT, now, bought=True)


def _parts(paper: OnPaper, size: int, at: datetime) -> list[tuple[Paper, int]] | None:
    """Take so much off the invoices of plans that are paid and not over, the newest first; None: it is not there.

    No more is taken off an invoice than its time that is not over is worth (decision 0049). It is worth more than the
    invoice where time of an older one was taken off it: the rest was paid with that one, and comes out of it.

    Where less is had at once nothing is taxed: the example that does so sells in America.
    """
    found, left = list[tuple[Paper, int]](), {id(pay): pay.left for each in paper.papers for pay in each.pays}
    over = Fraction(0)
    for each in reversed(paper.papers):
        is_over = all(it.last < at.date() for it in each.spans)
        if each.kind != "invoice" or not each.is_paid or is_over:
            continue
        assert each.tax == 0
        worth = over + each.unused(at.date())
        over = max(Fraction(0), worth - each.total)
        money = sum(left[id(pay)] for pay in each.pays)
        part = min(size, ceil(worth), each.total - each.returned, each.applied + each.from_credit + money)
        if part > 0:
            found.append((each, part))
            size -= part
            for pay in each.pays:
                gone = min(left[id(pay)], part)
                left[id(pay)] -= gone
                part -= gone
    return None if size else found


def seats_given_back(paper: OnPaper, before: Choice, now: datetime) -> None:
    """Give seats back that were added on the same day: the last invoice is paid back whole."""
    last = next(each for each in reversed(paper.papers) if each.kind == "invoice")
    paper.papers.append(Paper("credit_note", now, [("returned", last.net)], last.net, last.tax))
    last.returned = last.total
    last.pays.clear()
    paper.choice = before
