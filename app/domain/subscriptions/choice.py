"""What is chosen of the plans: a plan, by the month or by the year, with so many seats; and its price."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.catalog import Catalog, Plan
from app.domain.errors import Refused, ensure
from app.domain.invoices.lines import LineKind
from app.domain.language import _, ngettext
from app.domain.money import Money
from app.domain.sold_terms import Terms


class Interval(StrEnum):
    """What a price of a plan is for."""

    MONTHLY = "monthly"
    ANNUAL = "annual"

    @property
    def months(self) -> int:
        """How many billing periods it is."""
        return 1 if self is Interval.MONTHLY else 12


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the price for one interval: the plan, or its seats beyond the included ones."""

    kind: LineKind
    title: str
    quantity: int
    each: Money

    @property
    def price(self) -> Money:
        """What the part costs for the whole interval."""
        return Money(self.each.amount_minor * self.quantity, self.each.currency)


@dataclass(frozen=True, slots=True)
class Choice:
    """A plan as a customer has it, or wants it."""

    plan: Plan
    interval: Interval
    seats: int
    """How many in all, the included ones too; 1 where the plan is not sold by seats."""
    currency: str

    @property
    def extra(self) -> int:
        """How many seats are paid for beside the price of the plan."""
        return max(0, self.seats - self.plan.seats.included) if self.plan.seats else 0

    @property
    def base(self) -> Part:
        """The price of the plan itself."""
        price = self.plan.monthly if self.interval is Interval.MONTHLY else self.plan.annual
        return Part(LineKind.BASE_FEE, self.plan.title, 1, price or Money(0, self.currency))

    @property
    def seat(self) -> Part | None:
        """The price of the seats beyond the included ones; None: the plan is not sold by seats."""
        if self.plan.seats is None:
            return None
        price = self.plan.seats.monthly if self.interval is Interval.MONTHLY else self.plan.seats.annual
        return Part(LineKind.SEATS, "Seats", self.extra, price or Money(0, self.currency))

    @property
    def price(self) -> Money:
        """What all of it costs for one interval, before tax."""
        return self.base.price + (self.seat.price if self.seat else Money(0, self.currency))


def given(catalog: Catalog, plan: str, interval: Interval, seats: int | None) -> Choice:
    """Return what a customer has by these terms. An empty plan is the default one; seats None are the included.

    Who was moved to another plan has its included seats at least, and none where it is not sold by seats.
    """
    had = Terms.of(catalog, plan).plan
    least = included(had)
    return Choice(had, interval, max(least, seats or 0) if had.seats else least, catalog.credits.currency)


def included(plan: Plan) -> int:
    """Return how many seats the price of the plan includes; 1 where it is not sold by seats."""
    return plan.seats.included if plan.seats else 1


def chosen(catalog: Catalog, plan: str, interval: str, seats: int | None, seats_used: int) -> Choice:
    """Return the choice, or refuse it (422) and name the field: not sold (that way), too few seats or too many."""
    found = catalog.plans.plan(plan)
    if found is None:
        raise Refused(_("This plan is not offered."), "plan_unknown", 422, "plan")
    if found.on_request:
        words = _("{plan} is sold on request. Write to us about it.", plan=found.title)
        raise Refused(words, "plan_on_request", 422, "plan")
    if interval not in set(Interval) or not is_sold(found, Interval(interval)):
        raise Refused(_("{plan} is not sold that way.", plan=found.title), "interval_unknown", 422, "interval")
    wanted = included(found) if seats is None else seats
    if found.seats is None and wanted != 1:
        raise Refused(_("{plan} is not sold by seats.", plan=found.title), "no_seats", 422, "seats")
    if found.seats is not None:
        _check_seats(found, wanted, seats_used)
    return Choice(found, Interval(interval), wanted, catalog.credits.currency)


def is_sold(plan: Plan, interval: Interval) -> bool:
    """Say whether the plan has a price for the interval. What is free is had by the month alone."""
    if interval is Interval.MONTHLY:
        return plan.monthly is not None or plan.is_free
    return plan.annual is not None and not plan.is_free


def _check_seats(plan: Plan, seats: int, used: int) -> None:
    ensure(plan.seats is not None, f"{plan.key} has no seats")
    sold = plan.seats
    least, most = sold.included, sold.max  # type: ignore[union-attr]  # it has some
    if most is not None and most < used:
        words = ngettext(
            "{n} seat is in use, and {plan} has at most {most}. Free {more} of them first.",
            "{n} seats are in use, and {plan} has at most {most}. Free {more} of them first.",
            used,
            plan=plan.title,
            most=most,
            more=used - most,
        )
        raise Refused(words, "seats_in_use", 422, "seats")
    if seats < least:
        words = ngettext(
            "{plan} includes {n} seat: fewer cost the same.",
            "{plan} includes {n} seats: fewer cost the same.",
            least,
            plan=plan.title,
        )
        raise Refused(words, "too_few_seats", 422, "seats")
    if most is not None and seats > most:
        words = ngettext("{plan} has at most {n} seat.", "{plan} has at most {n} seats.", most, plan=plan.title)
        raise Refused(words, "too_many_seats", 422, "seats")
    if seats < used:
        words = ngettext(
            "{n} seat is in use. Free {more} of them first, or keep {n}.",
            "{n} seats are in use. Free {more} of them first, or keep {n}.",
            used,
            more=used - seats,
        )
        raise Refused(words, "seats_in_use", 422, "seats")


def counted(seats: int) -> str:
    """Return `1 seat` or `2 seats`."""
    return ngettext("{n} seat", "{n} seats", seats)
