"""Histories of usage in words, and a model of what they must come to: paper, exact fractions, and no rule of ours."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Literal

from hypothesis import strategies as st

from tests.reference.history import AMOUNTS, KINDS, UNIT, Correct, Due, Give, Model, Step, Use, Void, Wait

ALLOWANCE = 20
FIRST = 100
METERS = """
[[meters]]
key = "minutes"
title = "Minutes"
description = "Minutes that something ran"
unit = "minutes"
kind = "sum"
per = 3

[[meters.tiers]]
up_to = 100
credits = "0.5"

[[meters.tiers]]
credits = "0.25"

[usage]
"""
"""A meter whose price is never a whole number of micros: 20 are included, the next 100 cost 0.5 for each 3."""


@dataclass(frozen=True)
class Report:
    """A host reports usage of a meter."""

    meter: Literal["requests", "minutes"]
    quantity: int


@dataclass(frozen=True)
class Ask:
    """A host asks for credit and holds it for some hours."""

    micros: int
    hours: int


@dataclass(frozen=True)
class Capture:
    """So many tenths of what a hold asked for were used; the rest is released or kept."""

    which: int
    tenths: int
    keep: bool


@dataclass(frozen=True)
class Release:
    """A hold is released."""

    which: int


@dataclass(frozen=True)
class Limit:
    """The customer sets a daily limit, or none."""

    micros: int | None


@dataclass(frozen=True)
class Posted:
    """All usage is posted, due or not, as somebody does who closes the books."""


UsageStep = Step | Report | Ask | Capture | Release | Limit | Posted
USAGE_STEPS: st.SearchStrategy[list[UsageStep]] = st.lists(
    st.one_of(
        st.builds(Report, meter=st.just("requests"), quantity=st.integers(0, 30_000)),
        st.builds(Report, meter=st.just("minutes"), quantity=st.integers(0, 60)),
        st.builds(Ask, micros=AMOUNTS, hours=st.integers(1, 24)),
        st.builds(Capture, which=st.integers(0, 3), tenths=st.integers(1, 15), keep=st.booleans()),
        st.builds(Release, which=st.integers(0, 3)),
        st.builds(Limit, micros=st.none() | st.integers(0, 300).map(lambda tenths: tenths * UNIT // 10)),
        st.builds(
            Give,
            micros=AMOUNTS,
            kind=KINDS,
            priority=st.sampled_from([10, 50]),
            begins=st.none() | st.integers(1, 40),
            lasts=st.none() | st.integers(1, 60),
        ),
        st.builds(Use, micros=AMOUNTS),
        st.builds(Correct, which=st.integers(0, 3)),
        st.builds(Void, which=st.integers(0, 3)),
        st.builds(Wait, hours=st.one_of(st.integers(1, 50), st.integers(300, 800))),
        st.just(Due()),
        st.just(Posted()),
    ),
    min_size=8,
    max_size=18,
)


@dataclass
class PaperHold:
    """Credit that is promised."""

    asked: int
    left: int
    made: datetime
    ends: datetime
    is_open: bool = True


@dataclass
class UsageModel(Model):
    """One customer on paper, who also uses meters and is promised credit."""

    limit: int | None = None
    by_day: dict[date, int] = field(default_factory=dict)
    by_period: dict[int, int] = field(default_factory=dict)
    shown: dict[tuple[int, str], int] = field(default_factory=dict)
    holds: list[PaperHold] = field(default_factory=list)

    @property
    def period(self) -> int:
        """The number of the period: a new one begins on the second of each month."""
        return self.now.year * 12 + self.now.month - (self.now.day < 2)

    @property
    def held(self) -> int:
        """What is promised."""
        return sum(hold.left for hold in self.holds if hold.is_open)

    @property
    def today(self) -> int:
        """What was used today."""
        return self.by_day.get(self.now.date(), 0)

    @property
    def used_this_period(self) -> int:
        """What was used since the period began, less what was corrected since."""
        return self.by_period.get(self.period, 0)

    @property
    def left_today(self) -> int | None:
        """What the daily limit leaves."""
        return None if self.limit is None else self.limit - self.today - self.held

    @property
    def available(self) -> int:
        """What may be used now."""
        left = max(0, self.balance) + max(0, self.overage - max(0, -self.balance)) - self.held
        return max(0, left if self.left_today is None else min(left, self.left_today))

    def wait(self, hours: int) -> None:
        """Let time pass, release what was held too long, and only then let credit expire."""
        self.now += timedelta(hours=hours)
        for hold in self.holds:
            hold.is_open = hold.is_open and hold.ends > self.now
        self.look_around()

    def promised_before(self, moment: datetime) -> int:
        """Return what the holds made before then still hold."""
        return sum(hold.left for hold in self.holds if hold.is_open and hold.made < moment)

    def release(self, hold: PaperHold) -> None:
        """Hold it no longer."""
        hold.is_open = False
        self.look_around()

    def take(self, micros: int) -> bool:
        """Spend at once, or say no where it would take what is held or pass the protection."""
        if self.balance - self.held - micros < -self.overage:
            return False
        self.spend(micros)
        return True

    def spend(self, micros: int) -> None:
        """Spend what is used already, whatever there is."""
        protection, self.overage = self.overage, 10**18
        self.use(micros)
        self.overage = protection
        self.by_day[self.now.date()] = self.today + micros
        self.by_period[self.period] = self.used_this_period + micros

    def correct_spending(self, number: int) -> None:
        """Undo a spending once."""
        if number not in self.undone:
            self.by_period[self.period] = self.used_this_period - self.uses[number]
        self.correct(number)

    def report(self, meter: str, quantity: int) -> None:
        """Use so much of a meter: what the period's quantity costs now, less what it cost before."""
        before = self.shown.get((self.period, meter), 0)
        self.shown[self.period, meter] = before + quantity
        micros = cost(meter, before + quantity) - cost(meter, before)
        if micros:
            self.spend(micros)

    def ask(self, micros: int, ends: datetime) -> bool:
        """Promise credit where it is available."""
        allowed = micros <= self.available
        self.holds.append(PaperHold(micros, micros, self.now, ends, is_open=allowed))
        return allowed

    def capture(self, hold: PaperHold, micros: int, *, keep: bool) -> bool:
        """Use what was promised; more only where more is available."""
        if micros - hold.left > self.available:
            return False
        hold.is_open = keep and micros < hold.left
        hold.left -= min(micros, hold.left)
        self.spend(micros)
        self.look_around()
        return True


def cost(meter: str, quantity: int) -> int:
    """Return the micros that the quantity of a period costs, rounded once, half up."""
    if meter == "requests":
        return quantity * 400
    beyond = max(0, quantity - ALLOWANCE)
    exact = Fraction(min(beyond, FIRST) * UNIT, 6) + Fraction(max(0, beyond - FIRST) * UNIT, 12)
    return floor(exact + Fraction(1, 2))
