"""What a billing period comes to: its usage, what is a discount, what credit has paid, and what is left to pay.

docs/decisions/0031-a-period-becomes-an-invoice.md has a worked example of each way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain.currencies import exponent
from app.domain.errors import ensure
from app.domain.invoices.lines import Line, Rate
from app.domain.invoices.totals import Taxed, Totals, of_parts
from app.domain.money import Money, divided, split
from app.domain.tax.treatment import tax_on, tax_within


@dataclass(frozen=True, slots=True)
class PeriodSums:
    """What stands on the invoice of a period, and what the ledger posts with it."""

    nets: tuple[Money, ...]
    """Of each meter, before tax; empty where usage comes to nothing."""
    fees: tuple[Line, ...]
    """Of the plan, before tax."""
    discount: Money
    """What credit that nobody bought takes off, before tax."""
    totals: Totals
    overage: Money
    """What was used below zero and is to be paid with this invoice, at the price of its meters."""
    from_credit: Money
    """What of the fees and of the tax bought credit pays: it leaves the balance with this invoice."""


def per_minor(currency: str) -> int:
    """Return how many micros of credit are one minor unit of the currency."""
    return int(10 ** (6 - exponent(currency)))


def unpaid_overage(overage_micros: int, due_minor: int, payable_minor: int) -> int:
    """Return what of an invoice's overage goes on using the overage protection: the share that is still due.

    What was paid or credited of the invoice frees its share, and no micro more than that.
    """
    return -(-overage_micros * due_minor // payable_minor) if payable_minor else 0


def reckoned(
    used: Sequence[int],
    given: int,
    below: int,
    rate: Rate,
    currency: str,
    *,
    inclusive: bool,
    bought: int,
    fees: Sequence[Line] = (),
) -> PeriodSums | None:
    """Return the sums of a period; None where there is not a minor unit to invoice.

    `used` is what each meter cost, in micros; `given` what of it was paid by credit that nobody bought, and `below`
    what nothing has paid. What is left was paid by bought credit when it was used. `bought` is such credit that may
    still be spent: it pays `fees`, at the catalog's price and all of one rate, and tax that comes on top.
    """
    per = per_minor(currency)
    whole, fee = max(0, divided(sum(used), per)), sum(line.net.amount_minor for line in fees)
    if whole + fee <= 0:
        return None
    discount = min(divided(given, per), whole)
    owed = min(divided(below, per), whole - discount)
    price = Money(whole - discount, currency)
    sold = {rate: price} if whole else {}
    for line in fees:
        sold[line.rate] = sold.get(line.rate, Money(0, currency)) + line.net
    taxed = [_taxed(each, sold[each], inclusive=inclusive) for each in sorted(sold)]
    totals = of_parts(taxed)
    less = Money(discount, currency)
    if inclusive:
        less -= tax_within(less, rate.percent)
    on_top = (totals.total - price).amount_minor - fee
    from_credit = min(fee + on_top, max(0, bought) // per)
    applied = Money(price.amount_minor - owed + from_credit, currency)
    net = {each.rate: each.net for each in taxed}
    lines = _fees(fees, net, rate if whole else None, inclusive=inclusive)
    usage = net[rate] - sum((line.net for line in lines if line.rate == rate), Money(0, currency)) if whole else price
    nets = split((usage + less).amount_minor, list(used)) if whole else []
    return PeriodSums(
        tuple(Money(each, currency) for each in nets),
        lines,
        less,
        of_parts(taxed, [applied]),
        Money(owed, currency),
        Money(from_credit, currency),
    )


def _taxed(rate: Rate, price: Money, *, inclusive: bool) -> Taxed:
    tax = tax_within(price, rate.percent) if inclusive else tax_on(price, rate.percent)
    return Taxed(rate, price - tax if inclusive else price, tax)


def _fees(fees: Sequence[Line], net: dict[Rate, Money], usage: Rate | None, *, inclusive: bool) -> tuple[Line, ...]:
    """Return the lines before tax. What rounding leaves over is in usage of the same rate, or in the dearest one."""
    if not inclusive or not fees:
        return tuple(fees)
    ensure(len({line.rate for line in fees}) == 1, "fees of two rates")
    lines = [
        replace(line, net=line.net - tax_within(line.net, line.rate.percent), quantity=1, unit_price=None)
        for line in fees
    ]
    if lines[0].rate != usage:
        dearest = max(range(len(lines)), key=lambda place: lines[place].net)
        rest = net[lines[0].rate] - sum((line.net for line in lines), Money(0, lines[0].net.currency))
        lines[dearest] = replace(lines[dearest], net=lines[dearest].net + rest)
    return tuple(lines)
