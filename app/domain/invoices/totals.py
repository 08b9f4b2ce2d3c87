"""What a document comes to, by construction: lines add up to nets, each net is taxed once, and both make the total.

Tax is rounded once for each category and rate, as EN 16931 asks (BR-CO-17), and never for each line: 100.50 in ten
lines is taxed like 100.50 in one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.domain import processor_amounts
from app.domain.errors import ensure
from app.domain.invoices.lines import Line, Rate
from app.domain.money import Money
from app.domain.tax.treatment import tax_on, tax_within


@dataclass(frozen=True, slots=True)
class Taxed:
    """All that is sold under one rate, and its tax."""

    rate: Rate
    net: Money
    tax: Money

    @property
    def gross(self) -> Money:
        """The net amount with its tax."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of a document. None of them is below zero but `rounding`, which is at most zero."""

    taxed: tuple[Taxed, ...]
    net: Money
    tax: Money
    total: Money
    credits_applied: Money
    rounding: Money
    payable: Money


def totals(lines: Sequence[Line], credit: Iterable[Money] = ()) -> Totals:
    """Return what the lines come to, in whatever order, and how much of it the credits pay: never more than all.

    What is left to pay ends where the payment processor can charge it: the rest is rounded away, down.
    """
    ensure(lines, "a document without lines")
    currency = lines[0].net.currency
    nets: dict[Rate, Money] = {}
    for line in lines:
        nets[line.rate] = nets.get(line.rate, Money(0, currency)) + line.net
    ensure(all(net.amount_minor >= 0 for net in nets.values()), "more is taken off than was sold under a rate")
    return _sums(tuple(Taxed(rate, nets[rate], tax_on(nets[rate], rate.percent)) for rate in sorted(nets)), credit)


def of_parts(taxed: Sequence[Taxed], credit: Iterable[Money] = ()) -> Totals:
    """Return the sums of a document whose tax is given, as that of a credit note is by its invoice."""
    return _sums(tuple(taxed), credit)


def included(gross: Money, rate: Rate) -> Taxed:
    """Return how an amount that was paid with its tax splits: the two add up to it exactly."""
    tax = tax_within(gross, rate.percent)
    return Taxed(rate, gross - tax, tax)


def _sums(taxed: tuple[Taxed, ...], credit: Iterable[Money]) -> Totals:
    zero = Money(0, taxed[0].net.currency)
    net, tax = sum((each.net for each in taxed), zero), sum((each.tax for each in taxed), zero)
    total = net + tax
    offered = list(credit)
    ensure(all(each >= zero for each in offered), "credit below zero")
    applied = min(total, sum(offered, zero))
    rest = total - applied
    payable = processor_amounts.taken_of(rest)
    return Totals(taxed, net, tax, total, applied, payable - rest, payable)
