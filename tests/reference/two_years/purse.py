"""A customer's credit on paper: what was bought or given, what was used of it, and what was used without any."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass
class Credit:
    """Credit of one kind, in millionths."""

    bought: bool
    left: int
    since: datetime
    expires: datetime = NEVER


@dataclass
class Used:
    """What was used of a meter in a period, and by whom it was paid."""

    period: int
    meter: str
    all: int = 0
    given: int = 0
    owed: int = 0
    billed: int = 0
    """What of it was owed and is on an invoice."""


@dataclass
class Purse:
    """The customer's credit; what is owed is paid by whatever comes next, the oldest first."""

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
        for each in self.credit:
            if each.expires <= now:
                each.left = 0

    def add(self, micros: int, now: datetime, *, bought: bool, expires: datetime = NEVER) -> None:
        """Add credit; it pays what is owed first."""
        self.expire(now)
        waiting, self.owed = self.owed, []
        for used, part in waiting:
            paid = min(part, micros)
            micros -= paid
            used.owed -= paid
            used.given += 0 if bought else paid
            if part > paid:
                self.owed.append((used, part - paid))
        self.credit.append(Credit(bought, micros, now, expires))

    def use(self, period: int, meter: str, micros: int, now: datetime) -> None:
        """Use credit: what ends first, what was given before what was bought, the oldest."""
        self.expire(now)
        if not micros:
            return
        row = next((each for each in self.used if (each.period, each.meter) == (period, meter)), None)
        if row is None:
            row = Used(period, meter)
            self.used.append(row)
        row.all += micros
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
