"""Paying in arrears: how far a customer with a method is served without credit, and what of that is used.

What counts against it is what was used below zero and is on no invoice yet, and what of such usage stands on invoices
that are not paid. All of it is before tax. Where there is overage protection too, the exposure is used first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.domain import processor_amounts
from app.domain.catalog import Catalog
from app.domain.catalog_problems import Problem
from app.domain.invoices.period_sums import per_minor
from app.domain.money import Credits
from app.domain.numbers import SERVED, Numbers

NEVER_SAVED = frozenset({"crypto", "bank_transfer"})
"""The ways to pay that nobody can charge later."""


def problems(catalog: Catalog) -> Iterator[Problem]:
    """Yield what makes no sense beside an exposure: nobody would or could charge what is used."""
    exposure, where = catalog.arrears.exposure, ("arrears", "exposure")
    if not exposure.micros:
        return
    methods = catalog.payment_methods
    if not catalog.sells_money_credit:
        yield Problem(where, f"must be 0: what is used of {catalog.credit_unit} has no price to be invoiced at")
        return
    if not catalog.invoices.charge_automatically:
        yield Problem(where, "needs invoices.charge_automatically: nobody would charge what was used")
    if set(methods.kinds) <= {*NEVER_SAVED, *methods.top_up_only}:
        yield Problem(where, "is given, but no payment method of payment_methods.kinds can be charged for invoices")
    least = processor_amounts.bounds(catalog.currency)[0]
    if exposure.micros < least.amount_minor * per_minor(catalog.currency):
        yield Problem(where, f"must not be less than our payment processor charges ({least.major})")


def in_force(exposure: Credits, *, standing: str, is_lent_to: bool) -> Credits:
    """Return how far below zero the customer may use now: nothing to whom nothing is lent, or who is not served."""
    return exposure if is_lent_to and standing in SERVED else Credits(0)


class WhyNot(StrEnum):
    """Why nothing is lent to who has an exposure by its terms and is served."""

    NO_METHOD = "no_method"
    CARD_IS_OVER = "card_is_over"
    GIVEN_UP = "given_up"
    DISPUTED = "disputed"


@dataclass(frozen=True)
class NotLent:
    """Why it is not lent, and what that is about."""

    why: WhyNot
    limit: Credits
    """How far the customer could pay later otherwise."""
    about: str = ""
    """The invoice that was given up."""


@dataclass(frozen=True)
class PayLater:
    """How far a customer is served without credit, and what of it is used."""

    limit: Credits
    used: Credits
    """Below zero, and on invoices that are not paid."""
    below_zero: Credits
    """What the exposure adds to how far the balance may go below zero now: what invoices do not use."""
    protection: Credits
    """What is overage protection of that."""

    @property
    def left(self) -> Credits:
        """What is left of it, before what is held."""
        return self.limit - self.used


def of(numbers: Numbers) -> PayLater | None:
    """Return how the customer pays later; None: nothing is served without credit but by overage protection."""
    limit, invoiced = numbers.exposure, numbers.invoiced_overage
    if not limit.micros:
        return None
    used = Credits(min(limit.micros, max(0, -numbers.remaining_credits.micros) + invoiced.micros))
    mine = Credits(max(0, limit.micros - invoiced.micros))
    return PayLater(limit, used, mine, numbers.overage_protection - mine)
