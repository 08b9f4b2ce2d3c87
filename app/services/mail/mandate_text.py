"""What the mail about a mandate says: whom it lets debit which account, who accepted it and when, and its words."""

from typing import Any

from app.extensions import settings
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer
from app.services import portal_links
from app.services.catalog import versions
from app.services.payment_methods import mandates


def facts(customer_id: str, mandate_id: str) -> dict[str, Any]:
    """Return what the mail names. What was accepted is said, also when the account is removed by now."""
    with as_customer(customer_id):
        customer = db.session.get_one(Customer, customer_id, populate_existing=True)
        found, seller = mandates.read(mandate_id), versions.of(customer).seller
    return {
        "seller": seller,
        "customer": customer,
        "is_sandbox": settings().payments == "sandbox",
        "mandate": found,
        "link": portal_links.page("payment_methods.page"),
    }
