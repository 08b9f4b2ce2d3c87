"""A customer on paper: what it has of the plans, what it uses and buys, and the papers that come of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tests.reference.two_years.calendar import Stretch, stretch
from tests.reference.two_years.papers import SMALLEST, Paper, Pay
from tests.reference.two_years.price_list import Choice, PriceList, rounded
from tests.reference.two_years.purse import NEVER, Purse, by_meter, is_guess

CENT = 10_000
"""A cent of credit, in millionths."""


@dataclass(frozen=True)
class Order:
    """What is to be had, by which price list."""

    choice: Choice
    number: int


@dataclass
class OnPaper:
    """One customer. `lists` are the seller's price lists, the newest last; others see them, too."""

    lists: list[PriceList]
    born: datetime
    country: str = ""
    plan: str = ""
    card: str = "none"
    number: int = field(init=False)
    choice: Choice = field(init=False)
    papers: list[Paper] = field(default_factory=list)
    purse: Purse = field(default_factory=Purse)
    shown: dict[tuple[int, str], int] = field(default_factory=dict)
    seen: set[tuple[int, str, str]] = field(default_factory=set)
    scheduled: Order | None = None
    announced: tuple[str, int, date] | None = None
    is_canceled: bool = False
    is_suspended: bool = False
    is_new_card: bool = False

    def __post_init__(self) -> None:
        """Begin on the day of the birth, with the newest prices."""
        newest = self.lists[-1]
        self.number, key = newest.number, self.plan or newest.default
        self.choice = Choice(key, "monthly", newest.seats(key)[0])
        self.came = self.born.replace(hour=0, minute=0, second=0, microsecond=0)
        self.purse.is_one_sum = newest.together
        start = self.born.replace(hour=0, minute=0, second=0, microsecond=0)
        first = stretch(start, 1 if newest.by_calendar else start.day, "monthly")
        self.months = [first]
        self.of_plan = first
        self.billed = start if self.costs else first.ends
        self.run = 0 if self.costs else 1

    @property
    def terms(self) -> PriceList:
        """The price list that it has."""
        return next(each for each in self.lists if each.number == self.number)

    @property
    def costs(self) -> int:
        """What its plan costs."""
        return self.terms.price(self.choice)

    @property
    def ends(self) -> datetime:
        """When the next month is to be closed."""
        return self.months[self.run - 1].ends if self.run else self.months[0].starts

    def moments(self) -> Iterator[datetime]:
        """When something is due, in any order."""
        yield self.ends
        for each in self.papers:
            yield from self._of(each) if not each.is_paid else ()

    def _of(self, paper: Paper) -> Iterator[datetime]:
        """When something is due for an invoice that is not paid."""
        for moment in (paper.next_try(self.terms), paper.suspends(self.terms), paper.late_from):
            if moment is not None:
                yield moment

    def month(self, now: datetime) -> int:
        """Return the number of the month that is open, the first is 1."""
        while self.months[-1].ends <= now:
            self.months.append(stretch(self.months[-1].ends, self.months[0].anchor, "monthly"))
        return next(place for place, each in enumerate(self.months, 1) if now < each.ends)

    # What the customer uses and buys

    def uses(self, meter: str, quantity: int, now: datetime, subject: str = "") -> None:
        """Use so much of a meter."""
        number, terms = self.month(now), self.terms
        if subject:
            quantity = int((number, meter, subject) not in self.seen)
            self.seen.add((number, meter, subject))
        before = self.shown.get((number, meter), 0)
        self.shown[number, meter] = before + quantity
        micros = [terms.cost(self.choice.plan, meter, each) for each in (before, before + quantity)]
        if terms.in_money:
            self.purse.use(number, meter, micros[1] - micros[0], now)

    def gets(self, cents: int, now: datetime, expires: datetime) -> None:
        """Get credit that nobody paid for."""
        self.purse.add(cents * CENT, now, bought=False, expires=expires)

    def tops_up(self, cents: int, now: datetime) -> None:
        """Buy credit, or a pack of a unit of its own."""
        taxed = 0 if self.terms.at_use else self.terms.tax(cents, self.country)
        kind = "receipt" if self.terms.at_use else "invoice"
        self.papers.append(Paper(kind, now, [("top_up", cents)], cents, taxed))
        if self.terms.in_money:
            self.purse.add(cents * CENT, now, bought=True)

    def is_refunded(self, cents: int, now: datetime) -> None:
        """Have the money of the last top-up back, of which nothing was used."""
        last = self.papers[-1]
        kind = "refund_receipt" if last.kind == "receipt" else "credit_note"
        self.papers.append(Paper(kind, now, [("returned", cents)], cents, last.tax))
        if self.terms.in_money:
            self.purse.take_back(cents * CENT)

    def is_disputed(self, cents: int, now: datetime, *, is_won: bool) -> None:
        """Have the bank take the money of the last top-up back, of which nothing was used; won, it comes again."""
        if not is_won:
            self.is_refunded(cents, now)

    # The month

    def closes(self, now: datetime) -> None:
        """Close each month that is over, and begin the next."""
        self.month(now)
        while self.ends <= now:
            ended = self.months[self.run - 1] if self.run else None
            if ended is not None and self.of_plan.ends <= ended.ends:
                self._renew(ended)
            begins = self.billed <= self.of_plan.starts and (ended is None or self.of_plan.starts <= ended.ends)
            fees = list[tuple[str, int]]()
            if begins and self.costs and not self.is_suspended:
                fees = self._fees()
            if begins and (fees or not self.costs):
                self.billed = self.of_plan.ends
            self._invoice(self.run, fees, now)
            self.run += 1
            self.month(self.months[self.run - 1].starts if len(self.months) >= self.run else now)

    def _fees(self) -> list[tuple[str, int]]:
        share = self.of_plan.share(self.of_plan.starts)
        parts = (("base_fee", self.terms.base(self.choice)), ("seats", self.terms.of_seats(self.choice)))
        return [(kind, rounded(price * share)) for kind, price in parts if price]

    def _renew(self, ended: Stretch) -> None:
        """The plan ends, changes as it was scheduled, gets other prices, or goes on."""
        if self.is_canceled:
            newest = self.lists[-1]
            self.is_canceled, self.scheduled = False, None
            self.number, key = newest.number, newest.default
            self.choice = Choice(key, "monthly", newest.seats(key)[0])
            self.billed = min(self.billed, self.of_plan.ends)
        elif self.scheduled is not None:
            self.choice, self.number, self.scheduled = self.scheduled.choice, self.scheduled.number, None
        elif self.announced is not None and self.announced[2] <= ended.ends.date():
            plan, number, _day = self.announced
            self.announced = None
            if plan == self.choice.plan and number > self.number:
                self.number = number
        interval = "monthly" if self.is_suspended and self.costs else self.choice.interval
        self.of_plan = stretch(ended.ends, ended.anchor, interval)

    def _invoice(self, number: int, fees: list[tuple[str, int]], now: datetime) -> None:
        terms = self.terms
        self.purse.expire(now)
        self.purse.book()
        rows = [each for each in self.purse.used if each.period <= number and terms.in_money and number]
        if terms.at_use:
            rows = [each for each in rows if each.period == number]
        used = by_meter((each, each.all - each.billed if terms.at_use else each.owed) for each in rows)
        below = sum(each.owed for each in rows)
        whole = rounded_cents(sum(used.values()))
        discount = min(rounded_cents(sum(each.given for each in rows)), whole) if terms.at_use else 0
        owed = min(rounded_cents(below), whole - discount)
        fee = sum(net for _kind, net in fees)
        if whole + fee <= 0:
            return
        net = whole - discount + fee
        tax = terms.tax(net, self.country)
        from_credit = min(fee + tax, self.purse.bought // CENT) if terms.at_use else 0
        applied = whole - discount - owed + from_credit
        lines = [*fees, *([("discount", -discount)] if discount else [])]
        paper = Paper("invoice", now, lines, net, tax, applied, used if whole else {}, is_paid=False)
        paper.is_guess = is_guess(rows)
        paper.percent = terms.percent(self.country)
        paper.spans = [self.of_plan.line(part, self.of_plan.starts) for _kind, part in fees]
        if owed:
            self.purse.put_on_invoice(below, number)
        self.purse.pay(from_credit * CENT)
        self._asks(paper, now, terms.due_days)

    def _asks(self, paper: Paper, now: datetime, days: int) -> None:
        """Let an invoice be open; what is too small waits for the next that asks for anything."""
        self.papers.append(paper)
        if not paper.asks:
            paper.is_paid = True
            return
        for each in self.papers[:-1]:
            if not each.is_paid and each.collects < SMALLEST and not each.is_carried:
                each.is_carried = True
                paper.carried.append(each)
        if paper.collects >= SMALLEST:
            midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
            paper.falls_due = max(now, midnight + timedelta(days=days))
            paper.late_from = midnight + timedelta(days=days + 1)

    def bills_what_is_too_much(self, now: datetime) -> None:
        """Write an invoice before the month is over, where more is owed than may be paid later; one at a time."""
        terms, number = self.terms, self.month(now)
        self.purse.expire(now)
        waits = any(each.is_interim and not each.is_paid for each in self.papers)
        if not terms.exposure or self.card == "none" or self.is_suspended or waits or self.ends <= now:
            return
        rows = [each for each in self.purse.used if each.owed and each.period == number]
        below = sum(each.owed for each in rows)
        if -self.purse.balance < terms.exposure * CENT or below < SMALLEST * CENT:
            return
        self.purse.book()
        used, net = by_meter((each, each.owed) for each in rows), rounded_cents(below)
        paper = Paper("invoice", now, [], net, terms.tax(net, self.country), used=used, is_paid=False, is_interim=True)
        paper.is_guess = is_guess(each for each in self.purse.used if each.period == number)
        self.purse.put_on_invoice(below, number)
        self._asks(paper, now, 0)

    # What is not paid

    def pays_open(self, now: datetime) -> None:
        """Where credit pays invoices, what was bought pays those that are open: the oldest first, as far as it goes."""
        for each in self.papers if self.terms.at_use and self.terms.in_money else []:
            part = 0 if each.is_paid else min(self.purse.bought // CENT, each.asks)
            if part > 0:
                self.purse.pay(part * CENT)
                each.from_credit += part
                each.is_paid = not each.asks
        self.is_suspended = self.is_suspended and any(each.is_late(now) for each in self.papers)

    def changes_card(self, card: str) -> None:
        """Have another default card from now on."""
        self.card, self.is_new_card = card, True

    def is_collected(self, now: datetime) -> None:
        """Let everything that is due be tried, the oldest first, and say how the customer stands.

        Before a card is asked it is looked at what credit pays: so what was used is booked by then.
        """
        unpaid = [each for each in self.papers if not each.is_paid]
        if (
            self.terms.at_use
            and unpaid
            and (self.is_new_card or now in [it for each in unpaid for it in self._of(each)])
        ):
            self.purse.book()
        for each in self.papers:
            if each.is_paid or each.falls_due is None or each.falls_due > now:
                continue
            next_try = each.next_try(self.terms)
            is_tried = next_try is not None and next_try <= now
            if (is_tried or self.is_new_card) and self.card == "good":
                each.pay(Pay(each.collects))
            elif is_tried:
                each.failures.append((now, self.card == "bad"))
        self.is_new_card = False
        late = any(each.is_late(now) for each in self.papers)
        over = [each.suspends(self.terms) for each in self.papers]
        self.is_suspended = late and (self.is_suspended or any(it is not None and it <= now for it in over))


def rounded_cents(micros: int) -> int:
    """Return an amount of millionths in cents, half a cent and more is one."""
    return rounded_of(micros, CENT)


def rounded_of(number: int, of: int) -> int:
    """Return the nearest whole number of a division."""
    return (2 * number + of) // (2 * of)


__all__ = ["NEVER", "Choice", "OnPaper", "Order"]
