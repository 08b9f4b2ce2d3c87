"""A customer's credit on paper: what was bought or given, what was used of it, and what was used without any.

Usage is written down in rows. A seller that books each meter by itself has a row for each of a period. One that books
what was used as one sum has a row for all meters (decision 0046): it ends when credit comes or goes and when an invoice
is written, what is used later is another one, and whatever pays a part of a row pays that part of each meter in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass
class Credit:
    """Credit of one kind, in millionths."""

    bought: bool
    left: int
    since: datetime
    expires: datetime = NEVER
    booked: int = 0
    """What was left of it when a row ended last."""


@dataclass
class Used:
    """A row of what was used in a period, and by whom it was paid."""

    period: int
    costs: dict[str, int] = field(default_factory=dict)
    """What each meter cost."""
    days: set[date] = field(default_factory=set)
    given: int = 0
    owed: int = 0
    billed: int = 0
    """What of it was owed and is on an invoice."""
    is_over: bool = False

    @property
    def all(self) -> int:
        """What was used."""
        return sum(self.costs.values())

    def shared(self, micros: int) -> dict[str, int]:
        """Return what of a part of it stands for each meter."""
        found = {meter: micros * cost // self.all for meter, cost in sorted(self.costs.items())}
        found[max(found, key=lambda it: found[it])] += micros - sum(found.values())
        return found


@dataclass
class Purse:
    """The customer's credit; what is owed is paid by whatever comes next, the oldest first."""

    is_one_sum: bool = False
    """Whether what all meters cost is booked as one sum."""
    credit: list[Credit] = field(default_factory=list)
    used: list[Used] = field(default_factory=list)
    owed: list[tuple[Used, int]] = field(default_factory=list)

    @property
    def balance(self) -> int:
        """What there is, or, below zero, what is owed."""
        return sum(each.left for each in self.credit) - sum(part for _used, part in self.owed)

    @property
    def bought(self) -> int:
        """What there is of credit that somebody paid for."""
        return max(0, min(sum(each.left for each in self.credit if each.bought), self.balance))

    def expire(self, now: datetime) -> None:
        """Let what is over be gone."""
        over = [each for each in self.credit if each.expires <= now]
        if any(each.booked for each in over):
            self.book()
        for each in over:
            each.left = each.booked = 0

    def book(self) -> None:
        """End the rows: what is used from now on is another one."""
        for used in self.used if self.is_one_sum else ():
            used.is_over = True
        for each in self.credit:
            each.booked = each.left

    def add(self, micros: int, now: datetime, *, bought: bool, expires: datetime = NEVER) -> None:
        """Add credit; it pays what is owed first."""
        self.expire(now)
        self.book()
        waiting, self.owed = self.owed, []
        for used, part in waiting:
            paid = min(part, micros)
            micros -= paid
            used.owed -= paid
            used.given += 0 if bought else paid
            if part > paid:
                self.owed.append((used, part - paid))
        self.credit.append(Credit(bought, micros, now, expires, booked=micros))

    def use(self, period: int, meter: str, micros: int, now: datetime) -> None:
        """Use credit: what ends first, what was given before what was bought, the oldest."""
        self.expire(now)
        if not micros:
            return
        alike = (it for it in self.used if it.period == period and not it.is_over)
        row = next((it for it in alike if self.is_one_sum or meter in it.costs), None)
        if row is None:
            row = Used(period)
            self.used.append(row)
        row.costs[meter] = row.costs.get(meter, 0) + micros
        row.days.add(now.date())
        for each in sorted(self.credit, key=lambda it: (it.expires, it.bought, it.since)):
            part = min(each.left, micros)
            each.left -= part
            micros -= part
            row.given += 0 if each.bought else part
        if micros:
            row.owed += micros
            self.owed.append((row, micros))

    def pay(self, micros: int) -> None:
        """Take credit that was bought."""
        for each in sorted((it for it in self.credit if it.bought), key=lambda it: (it.expires, it.since)):
            part = min(each.left, micros)
            each.left -= part
            micros -= part
        assert micros == 0

    def take_back(self, micros: int) -> None:
        """Take the credit that was bought last, of which nothing was used."""
        last = [each for each in self.credit if each.bought][-1]
        assert last.left == micros
        last.left = 0

    def put_on_invoice(self, micros: int, period: int) -> None:
        """What was used without credit goes on an invoice: of that period first, then the oldest."""
        left = [part for _used, part in self.owed]
        for place in sorted(
            range(len(left)), key=lambda it: (self.owed[it][0].period != period, self.owed[it][0].period)
        ):
            paid = min(left[place], micros)
            micros -= paid
            left[place] -= paid
            self.owed[place][0].owed -= paid
            self.owed[place][0].billed += paid
        self.owed = [(used, rest) for (used, _part), rest in zip(self.owed, left, strict=True) if rest]
        assert micros == 0


def by_meter(rows: Iterable[tuple[Used, int]]) -> dict[str, int]:
    """Return what parts of rows stand for, by meter."""
    found = dict[str, int]()
    for row, part in rows:
        for meter, micros in row.shared(part).items():
            found[meter] = found.get(meter, 0) + micros
    return {meter: micros for meter, micros in sorted(found.items()) if micros}


def is_guess(rows: Iterable[Used]) -> bool:
    """Say whether a day lies in two rows: whoever counts by the day does not know which meter is in which."""
    days = [(each.period, day) for each in rows if each.is_over for day in each.days]
    return len(days) > len(set(days))
