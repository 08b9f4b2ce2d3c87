"""Reservations: what the open holds of a meter may still cost at most. One amount for each customer and meter.

A capture costs what its units cost after those that are used by then. So in whatever order holds are captured, together
they never cost more than the tariff asks from what is used up to what is used and held: that is reserved, and what is
captured and reserved together only ever falls, by captures, releases and expiries. Where a period ends while holds are
open, some may be captured before its end and the others, from the first unit on, after it: the dearest of these counts.
"""

from dataclasses import dataclass, replace
from math import gcd

from app.domain.rating import FULL, Tariff


@dataclass(frozen=True)
class Reservation:
    """What is used of a meter in the open period, and what open holds hold of it.

    `outlasting` of the held units may be captured when the period is over. Without a tariff it is credit that is held,
    not units, and nothing is reserved here.
    """

    tariff: Tariff | None
    used: int = 0
    held: int = 0
    outlasting: int = 0

    @property
    def micros(self) -> int:
        """The most that the held units can cost, in whatever order they are captured."""
        if self.tariff is None or self.tariff.is_free or not self.held:
            return 0
        reached, before = self.used + self.held, self.tariff.cost(self.used)
        if not self.outlasting:
            return self.tariff.cost(reached) - before
        return _dearest_split(self.tariff, reached, min(self.outlasting, self.held)) - before

    @property
    def is_over_plan(self) -> bool:
        """Whether more is used and held than the plan allows."""
        limit = self.tariff.limit if self.tariff is not None else None
        return self.used + self.held > (FULL if limit is None else min(limit, FULL))

    def price(self, quantity: int) -> int:
        """Return what so many units cost that are used now."""
        return self.tariff.step(self.used, self.used + quantity) if self.tariff is not None else 0

    def hold(self, quantity: int, *, outlasts: bool) -> "Reservation":
        """Return what it is with so many units held."""
        return replace(self, held=self.held + quantity, outlasting=self.outlasting + quantity * outlasts)

    def free(self, quantity: int, *, outlasts: bool) -> "Reservation":
        """Return what it is without so many of the held units."""
        return self.hold(-quantity, outlasts=outlasts)

    def use(self, quantity: int) -> "Reservation":
        """Return what it is when so many units were used, of those held or of others."""
        return replace(self, used=self.used + quantity)


def _dearest_split(tariff: Tariff, reached: int, outlasting: int) -> int:
    """Return the most that `reached` units can cost when up to `outlasting` of them are left to the next period.

    What both periods cost rises or falls evenly from one edge of the tariff to the next: it is highest at an edge.
    Both are rounded, each by itself, where the price of a unit is no whole number.
    """
    steps = tariff.steps
    edges = [tariff.allowance, *(tariff.allowance + up_to for _micros, up_to in steps if up_to is not None)]
    splits = {0, outlasting, *edges, *(reached - edge for edge in edges)}
    most = max(
        tariff.undivided(reached - later) + tariff.undivided(later) for later in splits if 0 <= later <= outlasting
    )
    whole = gcd(tariff.meter.per, *(micros for micros, _up_to in steps))
    per = tariff.meter.per // whole
    return (most // whole + per // 2 * 2) // per if most else 0
