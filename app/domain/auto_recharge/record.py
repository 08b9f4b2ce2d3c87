"""What really happened in a stretch of time, as a simulation of other terms walks over it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter

from app.domain.money import Credits, Money
from app.domain.top_ups import TopUp


@dataclass(frozen=True)
class Movement:
    """What raised or lowered the credit that remained. What automatic charges gave is none: see `Paid`."""

    at: datetime
    micros: int
    is_use: bool = False
    of: str = ""
    """The automatic payment that it came of, such as its refund: it moves nothing where that was not charged."""


@dataclass(frozen=True)
class Paid:
    """A payment that was begun, by hand or automatically, and what became of it."""

    id: str
    begun_at: datetime
    amount: Money
    credits: int
    """What it gave, in micros; before it is paid, what it promises."""
    method_id: str
    is_automatic: bool
    is_paid: bool
    ended_at: datetime | None
    """When it was paid, or ended without money; None: it is still open."""
    code: str = ""
    was_asked: bool = False
    """Whether the bank has asked the customer."""
    takes_days: bool = False
    period: int | None = None
    went_back_at: datetime | None = None
    """When its money first was refunded or disputed."""


@dataclass(frozen=True)
class Saved:
    """A payment method, from when until when it was saved."""

    id: str
    kind: str
    fingerprint: str
    saved_at: datetime
    removed_at: datetime | None = None

    def is_there(self, at: datetime) -> bool:
        """Say whether it was saved then."""
        return self.saved_at <= at and (self.removed_at is None or at < self.removed_at)


@dataclass(frozen=True)
class Question:
    """A charge that waited for a yes, and how it was answered."""

    asked_at: datetime
    count: int
    is_yes: bool | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True)
class Period:
    """A billing period as it is stored."""

    number: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Offer:
    """What the catalog sells: one purchase by the terms, the most at once, and which methods may be charged."""

    one: TopUp | None
    most: Money | None
    kinds: Sequence[str]
    top_up_only: Sequence[str] = ()


@dataclass(frozen=True)
class Record:
    """A stretch of time. Movements and payments are in the order of their time."""

    begins: datetime
    """From here on the terms are taken as saved."""
    ends: datetime
    opened_at: datetime
    """When what is `opening` remained; not after `begins`."""
    opening: Credits
    movements: Sequence[Movement]
    payments: Sequence[Paid]
    methods: Sequence[Saved]
    made_default: Sequence[tuple[datetime, str]]
    """When a member has chosen which method as the default one."""
    questions: Sequence[Question]
    periods: Sequence[Period]
    used_on: Mapping[date, int]
    """What was used on each day that is over, also before it begins."""
    since: date
    """The customer's first day."""


def defaults(
    methods: Sequence[Saved], chosen: Sequence[tuple[datetime, str]], top_up_only: Sequence[str]
) -> list[tuple[datetime, str]]:
    """Return from when on which method was the default: the first, the one that was chosen, or the newest after that.

    The same moment first removes, then adds: a card that is saved again takes the place of its older entry.
    """
    fit = [each for each in methods if each.kind not in top_up_only]
    moments = {each.saved_at for each in fit} | {each.removed_at for each in fit if each.removed_at}
    found, now = list[tuple[datetime, str]](), ""
    known = {each.id: each for each in fit}
    picked = dict(chosen)
    for at in sorted(moments | picked.keys()):
        there = sorted((each for each in fit if each.is_there(at)), key=attrgetter("saved_at", "id"))
        before = now
        if not now or not known[now].is_there(at):
            now = there[-1].id if there else ""
        if picked.get(at) in {each.id for each in there}:
            now = picked[at]
        if now != before:
            found.append((at, now))
    return found
