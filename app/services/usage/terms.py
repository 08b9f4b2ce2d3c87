"""On which terms a customer uses things right now: the plan, in the version of the catalog that the customer keeps."""

from app.domain.catalog import Catalog, Plan
from app.domain.sold_terms import Terms


def plan_of(catalog: Catalog, key: str) -> Plan:
    """Return the plan of this key; the catalog's default where the customer has none of it."""
    return Terms.of(catalog, key).plan
