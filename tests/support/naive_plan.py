"""What a plan costs, reckoned by hand: a second way, which imports nothing of the portal."""

from calendar import monthrange
from datetime import date
from fractions import Fraction


def starts(first: date, months: int, until: date) -> list[date]:
    """Return the first days of the plan periods of so many months, up to a day, counted from the day of the first."""
    found, number = list[date](), 0
    while True:
        whole = first.month - 1 + months * number
        year, month = first.year + whole // 12, whole % 12 + 1
        day = date(year, month, min(first.day, monthrange(year, month)[1]))
        if day > until:
            return found
        found.append(day)
        number += 1


def price(plan: int, seat: int, included: int, seats: int) -> int:
    """Return what a whole period costs, in minor units."""
    return plan + seat * max(0, seats - included)


def share(whole: int, days: int, of: int) -> int:
    """Return what so many days of so many cost: half a minor unit and more is one."""
    return int(Fraction(whole * days, of) + Fraction(1, 2))


def with_tax(net: int, percent: int) -> int:
    """Return the amount with its tax, which is rounded once."""
    return net + share(net, percent, 100)
