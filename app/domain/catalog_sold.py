"""What a customer keeps of the catalog's version that the plan was given with, and what is always the newest version's.

As it was sold: the plans and meters (prices, allowances, limits, features, the kind of a meter and its words), overage
protection, what spend management starts with, and how usage is booked. Always current: who sells, what may be bought
next and how it is paid, and how pages write and warn.
"""

from dataclasses import replace

from app.domain.catalog import Catalog


def as_sold(sold: Catalog, newest: Catalog) -> Catalog:
    """Return the catalog of a customer who was given a plan of `sold`, while `newest` is what is offered."""
    if sold.version == newest.version:
        return newest
    return replace(
        newest,
        version=sold.version,
        plans=sold.plans,
        meters=sold.meters,
        overage=sold.overage,
        credits=replace(newest.credits, burn=sold.credits.burn),
        spend_management=replace(sold.spend_management, offered=newest.spend_management.offered),
    )
