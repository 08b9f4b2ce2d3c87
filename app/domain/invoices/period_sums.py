"""What a billing period comes to: its usage, what is a discount, what credit has paid, and what is left to pay.

docs/decisions/0031-a-period-becomes-an-invoice.md has a worked example of each way.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.currencies import exponent
from app.domain.invoices.lines import Rate
from app.domain.invoices.totals import Taxed, Totals, of_parts
from app.domain.money import Money, divided, split
from app.domain.tax.treatment import tax_on, tax_within


@dataclass(frozen=True, slots=True)
class PeriodSums:
    """What stands on the invoice of a period, and what the ledger posts with it."""

    nets: tuple[Money, ...]
    """Of each meter, before tax."""
    discount: Money
    """What credit that nobody bought takes off, before tax."""
    totals: Totals
    overage: Money
    """What was used below zero and is to be paid with this invoice, at the price of its meters."""
    from_credit: Money
    """What of the tax bought credit pays: it leaves the balance with this invoice."""


def per_minor(currency: str) -> int:
    """Return how many micros of credit are one minor unit of the currency."""
    return int(10 ** (6 - exponent(currency)))


def unpaid_overage(overage_micros: int, due_minor: int, payable_minor: int) -> int:
    """Return what of an invoice's overage goes on using the overage protection: the share that is still due.

    What was paid or credited of the invoice frees its share, and no micro more than that.
    """
    return -(-overage_micros * due_minor // payable_minor) if payable_minor else 0


def reckoned(
    used: Sequence[int], given: int, below: int, rate: Rate, currency: str, *, inclusive: bool, bought: int
) -> PeriodSums | None:
    """Return the sums of a period; None where there is not a minor unit to invoice.

    `used` is what each meter cost, in micros; `given` what of it was paid by credit that nobody bought, and `below`
    what nothing has paid. What is left was paid by bought credit when it was used. `bought` is such credit that may
    still be spent: it pays tax that comes on top.
    """
    per = per_minor(currency)
    whole = divided(sum(used), per)
    if whole <= 0:
        return None
    discount = min(divided(given, per), whole)
    owed = min(divided(below, per), whole - discount)
    price = Money(whole - discount, currency)
    tax = tax_within(price, rate.percent) if inclusive else tax_on(price, rate.percent)
    net = price - tax if inclusive else price
    less = Money(discount, currency)
    if inclusive:
        less -= tax_within(less, rate.percent)
    on_top = (net + tax - price).amount_minor
    from_credit = min(on_top, max(0, bought) // per)
    applied = Money(price.amount_minor - owed + from_credit, currency)
    nets = split((net + less).amount_minor, list(used))
    return PeriodSums(
        tuple(Money(each, currency) for each in nets),
        less,
        of_parts([Taxed(rate, net, tax)], [applied]),
        Money(owed, currency),
        Money(from_credit, currency),
    )
