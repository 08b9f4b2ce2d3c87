"""On which terms a customer uses things right now: the plan, in the version of the catalog that the customer keeps."""

from app.domain.catalog import Catalog, Plan
from app.domain.errors import Broken


def plan_of(catalog: Catalog, key: str) -> Plan:
    """Return the plan of this key; the catalog's default where the customer has none of it."""
    plan = catalog.plans.plan(key) or catalog.plans.plan(catalog.plans.default)
    if plan is None:
        raise Broken(f"{catalog.name} has no default plan")
    return plan
