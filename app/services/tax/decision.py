"""How a customer's sales are taxed: the rule of `domain/tax/decision.py` over the customer's rows."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.catalog import Catalog
from app.domain.tax import decision
from app.domain.tax.decision import Buyer
from app.domain.tax.registrations import Kind, Registration, State
from app.domain.tax.treatment import Treatment
from app.models.invoicing import InvoiceAddress
from app.models.tax import TaxRegistration


def treatment(session: Session, customer_id: str, catalog: Catalog, on: date) -> Treatment:
    """Return how a sale to the customer is taxed on that day, by the address and registrations as they are now.

    Two small statements. Page, API and jobs ask here, so that they say the same.
    """
    return decision.decide(catalog.seller, catalog.tax, buyer(session, customer_id), on)


def buyer(session: Session, customer_id: str) -> Buyer:
    """Return the customer as a decision on tax sees it."""
    address = session.execute(
        select(InvoiceAddress.country, InvoiceAddress.postal_code, InvoiceAddress.region).where(
            InvoiceAddress.customer_id == customer_id
        )
    ).one_or_none()
    registrations = session.scalars(
        select(TaxRegistration)
        .where(TaxRegistration.customer_id == customer_id, TaxRegistration.removed_at.is_(None))
        .order_by(TaxRegistration.created_at, TaxRegistration.id)
    )
    known = tuple(as_decided(each) for each in registrations)
    return Buyer(*address, known) if address else Buyer(registrations=known)


def as_decided(row: TaxRegistration) -> Registration:
    """Return the registration as a decision on tax sees it."""
    territories = tuple(row.territories.split())
    return Registration(Kind(row.kind), row.country, row.value, State(row.state), territories, row.expires_on)
