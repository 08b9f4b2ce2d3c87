"""Usage bars: how much of a meter is used or held, of what, and in which of four states it is."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.rating import Tariff

FULL_PERCENT = 100


class State(StrEnum):
    """How a bar looks and speaks. Without anything to measure against there is no bar."""

    OPEN = "open"
    OK = "ok"
    NEAR = "near"
    OVER = "over"


@dataclass(frozen=True)
class Bar:
    """What a meter shows in a period, against what the plan has of it."""

    tariff: Tariff
    used: int
    basis: int | None
    """The plan's limit; where there is none, what the plan includes; None: neither."""
    state: State
    held: int = 0
    """What is held for calls in progress: it takes up the plan's limit as if it were used."""

    @property
    def taken(self) -> int:
        """What is used or held."""
        return self.used + self.held

    @property
    def percent(self) -> int | None:
        """The share that is taken, in whole percents, never rounded up to a mark that is not reached."""
        return None if self.basis is None else self.taken * 100 // self.basis

    @property
    def has_limit(self) -> bool:
        """Whether the basis is a limit, beyond which use is refused, and not just what is included."""
        return bool(self.tariff.limit)

    @property
    def left(self) -> int:
        """How much may be used until the basis is full."""
        return max(0, (self.basis or 0) - self.taken)

    @property
    def over(self) -> int:
        """How much was used beyond the basis."""
        return max(0, self.used - (self.basis or 0)) if self.basis is not None else 0

    @property
    def charged(self) -> int:
        """How much was used beyond what the plan includes."""
        return max(0, self.used - self.tariff.allowance)


def bar(tariff: Tariff, used: int, warn_at: tuple[int, ...], held: int = 0) -> Bar:
    """Return the bar. It is near from the first mark that is below 100 %, and over from 100 % on, equality included.

    What is held counts against a limit only: what the plan includes is taken up when it is used.
    """
    basis = tariff.limit or tariff.allowance or None
    if basis is None:
        return Bar(tariff, used, None, State.OPEN)
    near = min((mark for mark in warn_at if mark < FULL_PERCENT), default=FULL_PERCENT)
    held = held if tariff.limit else 0
    if (used + held) * 100 >= basis * FULL_PERCENT:
        return Bar(tariff, used, basis, State.OVER, held)
    return Bar(tariff, used, basis, State.NEAR if (used + held) * 100 >= basis * near else State.OK, held)
