"""What must hold of referrals between the keys of a catalog."""

from app.domain.catalog import Catalog
from app.domain.catalog_problems import Problem


def problems(catalog: Catalog) -> list[Problem]:
    """Return what is wrong: a share of money that would have to be given in a unit of its own."""
    if not catalog.referrals.offered or catalog.sells_money_credit:
        return []
    words = f"must be false, because a share of what was paid cannot be given in {catalog.credits.unit}"
    return [Problem(("referrals", "offered"), words)]
