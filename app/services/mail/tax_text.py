"""What the mail about a tax registration says that was verified before and is not any more."""

from typing import Any

from app.domain.tax.registrations import Kind, State
from app.extensions import settings
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer
from app.models.tax import TaxRegistration
from app.services import portal_links
from app.services.catalog import versions


def facts(customer_id: str, registration_id: str) -> dict[str, Any] | None:
    """Return what the mail names; None when the registration is removed or verified again meanwhile."""
    with as_customer(customer_id):
        row = db.session.get(TaxRegistration, registration_id, populate_existing=True)
        if row is None or row.removed_at is not None or row.state != State.UNVERIFIED:
            return None
        customer = db.session.get_one(Customer, customer_id, populate_existing=True)
        seller = versions.of(customer).seller
    return {
        "seller": seller,
        "customer": customer,
        "is_sandbox": settings().payments == "sandbox",
        "value": row.value,
        "is_certificate": row.kind == Kind.EXEMPTION,
        "answered_at": row.answered_at,
        "link": portal_links.page("tax_settings.page"),
    }
