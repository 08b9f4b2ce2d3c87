"""What another plan would have cost in the last months: its price, and the usage of those months by its terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.domain import rating
from app.domain.catalog import Catalog
from app.domain.currencies import exponent
from app.domain.money import Credits, Money, divided
from app.domain.subscriptions.choice import Choice

MONTHS = 3
"""So many closed billing periods are looked at."""
Counted = Mapping[str, int]
"""What each meter showed in one billing period, by its key."""


@dataclass(frozen=True, slots=True)
class Month:
    """A closed billing period."""

    counted: Counted
    share: Fraction = Fraction(1)
    """What part of a month's price it costs: the first one by the calendar is the rest of a month."""


@dataclass(frozen=True, slots=True)
class Would:
    """What a choice would have cost in some months, before tax."""

    months: int
    plan: Money
    usage: Credits
    over: tuple[str, ...]
    """The meters, by title, of which more was used in some month than the plan allows."""

    @property
    def usage_in_money(self) -> Money:
        """What the usage would have cost, where credit is counted in the currency; rounded once."""
        currency = self.plan.currency
        return Money(divided(self.usage.micros, 10 ** (6 - exponent(currency))), currency)


def would(catalog: Catalog, wants: Choice, months: Sequence[Month]) -> Would | None:
    """Return what the choice would have cost in these months; None where there is none to look at."""
    if not months:
        return None
    price = wants.price
    cost = price.amount_minor * sum((each.share for each in months), Fraction(0)) / wants.interval.months
    plan = Money(divided(cost.numerator, cost.denominator), price.currency)
    micros, over = 0, dict[str, None]()
    for month in months:
        for meter, quantity in month.counted.items():
            tariff = rating.tariff(catalog, wants.plan, meter)
            if tariff is None:
                continue
            micros += tariff.cost(quantity)
            if tariff.limit is not None and quantity > tariff.limit:
                over[tariff.meter.title] = None
    return Would(len(months), plan, Credits(micros), tuple(over))
