"""What of a catalog could never be charged: a currency, or an amount, that the payment processor does not take.

Asked of a catalog that is to be sold from. One that was sold from before is read as it is.
"""

from collections.abc import Iterator

from app.domain import processor_amounts
from app.domain.catalog import Catalog, Plan
from app.domain.catalog_problems import Path, Problem
from app.domain.money import Money

Priced = Iterator[tuple[Path, Money | None]]


def problems(catalog: Catalog) -> list[Problem]:
    """Return every amount that could not be charged; where the currency is the reason, that alone."""
    why = processor_amounts.why_not_taken(catalog.currency)
    if why:
        return [Problem(("credits", "currency"), f"cannot be charged: {why}")]
    found = [Problem(path, _why(amount)) for path, amount in _bought(catalog) if amount and _why(amount)]
    return found + [Problem(path, _finer(each)) for path, each in _prices(catalog) if each and _finer(each)]


def _bought(catalog: Catalog) -> Priced:
    """Yield what is charged by itself."""
    bounds = catalog.top_up
    if bounds is not None:
        yield ("top_up", "min"), bounds.min
        yield ("top_up", "max"), bounds.max
        for index, amount in enumerate(bounds.suggested):
            yield ("top_up", "suggested", index), amount
    for index, pack in enumerate(catalog.packs):
        yield ("packs", index, "price"), pack.price
    yield ("auto_recharge", "amount"), catalog.auto_recharge.amount


def _prices(catalog: Catalog) -> Priced:
    """Yield what is charged together with other things, or not at all."""
    for index, plan in enumerate(catalog.plans):
        path: Path = ("plans", "tiers", index)
        yield from _of_plan(path, plan)


def _of_plan(path: Path, plan: Plan) -> Priced:
    yield (*path, "monthly"), plan.monthly
    yield (*path, "annual"), plan.annual
    if plan.seats is not None:
        yield (*path, "seats", "monthly"), plan.seats.monthly
        yield (*path, "seats", "annual"), plan.seats.annual


def _why(amount: Money) -> str:
    lowest, highest = processor_amounts.bounds(amount.currency)
    if amount.amount_minor and not lowest <= amount <= highest:
        return f"must lie between {lowest.major} and {highest.major}, which is what the payment processor charges"
    return _finer(amount)


def _finer(amount: Money) -> str:
    if processor_amounts.is_taken(amount):
        return ""
    near = " or ".join(f"{each.major}" for each in processor_amounts.nearest(amount))
    return f"is finer than the payment processor counts {amount.currency}; take {near}, not {amount.major}"
