"""A history in words, and a model of what it must come to: a list of grants and two sums, with no database and no rule of ours."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from hypothesis import strategies as st

UNIT = 1_000_000
AMOUNTS = st.integers(1, 120).map(lambda tenths: tenths * UNIT // 10)


@dataclass(frozen=True)
class Give:
    """Credit is given: how it ranks, in how many hours it begins (none: now) and how many hours it lasts (none: for ever)."""

    micros: int
    kind: Literal["promotional", "trial", "referral", "refund"]
    priority: int
    begins: int | None
    lasts: int | None


@dataclass(frozen=True)
class Use:
    """Credit is spent."""

    micros: int


@dataclass(frozen=True)
class Correct:
    """A spending, counted from the first, is undone; the same one again changes nothing."""

    which: int


@dataclass(frozen=True)
class Void:
    """A grant, counted from the first, is taken back."""

    which: int


@dataclass(frozen=True)
class Wait:
    """Time passes."""

    hours: int


@dataclass(frozen=True)
class Due:
    """The worker runs."""


Step = Give | Use | Correct | Void | Wait | Due
KINDS = st.sampled_from(["promotional", "trial", "referral", "refund"])
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.builds(
            Give,
            micros=AMOUNTS,
            kind=KINDS,
            priority=st.sampled_from([10, 50]),
            begins=st.none() | st.integers(1, 40),
            lasts=st.none() | st.integers(1, 60),
        ),
        st.builds(Use, micros=AMOUNTS),
        st.builds(Use, micros=AMOUNTS),
        st.builds(Correct, which=st.integers(0, 5)),
        st.builds(Void, which=st.integers(0, 5)),
        st.builds(Wait, hours=st.integers(1, 50)),
        st.just(Due()),
    ),
    min_size=6,
    max_size=14,
)


@dataclass
class ModelGrant:
    """A grant as a person would keep it on paper."""

    id: str
    micros: int
    priority: int
    begins: datetime
    ends: datetime | None
    left: int = 0
    begun: bool = False
    voided: bool = False
    spent: dict[int, int] = field(default_factory=dict)
    """By the number of the spending; `DEBT` for what paid for a debt."""


DEBT = -1


@dataclass
class Model:
    """One customer on paper. Everything happens at its moment: no job is ever late here."""

    now: datetime
    overage: int
    grants: list[ModelGrant] = field(default_factory=list)
    uses: list[int] = field(default_factory=list)
    undone: set[int] = field(default_factory=set)
    debt: int = 0

    @property
    def balance(self) -> int:
        """What is left, or below zero what is owed."""
        return sum(grant.left for grant in self.grants) - self.debt

    @property
    def held(self) -> int:
        """What is promised: nothing here."""
        return 0

    @property
    def granted(self) -> int:
        """All credit that has begun and was not taken back."""
        return sum(grant.micros for grant in self.grants if grant.begun and not grant.voided)

    @property
    def used(self) -> int:
        """All spending that stands."""
        return sum(micros for number, micros in enumerate(self.uses) if number not in self.undone)

    def wait(self, hours: int) -> None:
        """Let time pass, then begin and end what is due."""
        self.now += timedelta(hours=hours)
        self.look_around()

    def look_around(self) -> None:
        """Begin grants in the order of their times; each pays the debt first. Then expire what is over."""
        for grant in sorted(self.grants, key=lambda each: (each.begins, each.id)):
            if not grant.begun and not grant.voided and grant.begins <= self.now:
                grant.begun, grant.left = True, grant.micros
                self._move(grant, DEBT, min(grant.left, self.debt))
                self.debt -= grant.spent.get(DEBT, 0)
        for grant in self.grants:
            grant.left = 0 if grant.voided else grant.left
        reserved, spare = 0, max(0, self.balance + self.overage - self.held)
        for grant in sorted(self.grants, key=lambda each: each.ends.timestamp() if each.ends else float("inf")):
            if grant.ends is not None and grant.ends <= self.now:
                kept = max(0, min(grant.left, self.promised_before(grant.ends) - reserved))
                lost = min(grant.left - kept, spare)
                grant.left, reserved, spare = grant.left - lost, reserved + kept, spare - lost

    def promised_before(self, moment: datetime) -> int:  # noqa: ARG002
        """Return what is promised since before then and not used yet: nothing here."""
        return 0

    def give(self, grant: ModelGrant) -> None:
        """Add a grant."""
        self.grants.append(grant)
        self.look_around()

    def use(self, micros: int) -> bool:
        """Spend, or say no when the debt would pass the overage protection."""
        if self.balance - micros < -self.overage:
            return False
        self.uses.append(micros)
        for grant in self.in_order():
            part = min(grant.left, micros)
            self._move(grant, len(self.uses) - 1, part)
            micros -= part
        self.debt += micros
        return True

    def correct(self, number: int) -> None:
        """Undo a spending: first it lowers the debt, then it fills its own grants, then those that paid debts."""
        if number in self.undone:
            return
        self.undone.add(number)
        back = max(0, self.uses[number] - self.debt)
        self.debt = max(0, self.debt - self.uses[number])
        for bucket in (number, DEBT):
            for grant in reversed(self.in_order()):
                part = min(back, grant.spent.get(bucket, 0))
                self._move(grant, bucket, -part)
                back -= part
        for grant in self.grants:
            grant.spent[DEBT] = grant.spent.get(DEBT, 0) + grant.spent.pop(number, 0)
        self.look_around()

    def void(self, grant: ModelGrant) -> None:
        """Take a grant back."""
        grant.voided = True
        self.look_around()

    def in_order(self) -> list[ModelGrant]:
        """Sort by what weighs least first: Python's sort keeps the order of equals."""
        ranked = sorted(self.grants, key=lambda grant: grant.id)
        ranked.sort(key=lambda grant: grant.begins)
        ranked.sort(key=lambda grant: grant.ends.timestamp() if grant.ends else float("inf"))
        ranked.sort(key=lambda grant: grant.priority)
        return ranked

    @staticmethod
    def _move(grant: ModelGrant, bucket: int, micros: int) -> None:
        grant.left -= micros
        grant.spent[bucket] = grant.spent.get(bucket, 0) + micros
