"""How a customer's sales are taxed: the rule of `domain/tax/decision.py` over the customer's rows."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.domain.catalog import Catalog
from app.domain.tax import decision
from app.domain.tax.decision import Buyer
from app.domain.tax.prices import Taxation
from app.domain.tax.registrations import Kind, Registration, State
from app.domain.tax.treatment import Treatment
from app.models.customers import Customer
from app.models.invoicing import InvoiceAddress
from app.models.tax import TaxRegistration


def treatment(session: Session, customer_id: str, catalog: Catalog, on: date) -> Treatment:
    """Return how a sale to the customer is taxed on that day, by the address and registrations as they are now.

    One small statement. Page, API and jobs ask here, so that they say the same.
    """
    return decision.decide(catalog.seller, catalog.tax, buyer(session, customer_id), on)


def taxation(session: Session, customer_id: str, catalog: Catalog, on: date) -> Taxation:
    """Return how a purchase of credit is taxed on that day; without a statement where it is taxed when it is used."""
    if catalog.tax.credits == "at_use":
        return Taxation(None, catalog.tax.prices)
    return Taxation(treatment(session, customer_id, catalog, on), catalog.tax.prices)


def buyer(session: Session, customer_id: str) -> Buyer:
    """Return the customer as a decision on tax sees it."""
    number = TaxRegistration
    rows = session.execute(
        select(InvoiceAddress.country, InvoiceAddress.postal_code, InvoiceAddress.region, number)
        .select_from(Customer)
        .outerjoin(InvoiceAddress, InvoiceAddress.customer_id == Customer.customer_id)
        .outerjoin(number, and_(number.customer_id == Customer.customer_id, number.removed_at.is_(None)))
        .where(Customer.customer_id == customer_id)
        .order_by(number.created_at, number.id)
        .execution_options(populate_existing=True)
    ).all()
    known = tuple(as_decided(row[3]) for row in rows if row[3] is not None)
    country, postal_code, region = rows[0][:3] if rows else (None, None, None)
    return Buyer(country or "", postal_code or "", region or "", known)


def buyers(session: Session, customer_ids: Sequence[str]) -> dict[str, Buyer]:
    """Return many customers as a decision on tax sees them, with two statements."""
    addresses = {
        row.customer_id: row
        for row in session.scalars(select(InvoiceAddress).where(InvoiceAddress.customer_id.in_(customer_ids)))
    }
    number, known = TaxRegistration, dict[str, list[Registration]]()
    rows = select(number).where(number.customer_id.in_(customer_ids), number.removed_at.is_(None))
    for row in session.scalars(rows.order_by(number.created_at, number.id)):
        known.setdefault(row.customer_id, []).append(as_decided(row))
    return {each: Buyer(*_place(addresses.get(each)), tuple(known.get(each, ()))) for each in customer_ids}


def _place(row: InvoiceAddress | None) -> tuple[str, str, str]:
    return (row.country or "", row.postal_code or "", row.region or "") if row is not None else ("", "", "")


def as_decided(row: TaxRegistration) -> Registration:
    """Return the registration as a decision on tax sees it."""
    territories = tuple(row.territories.split())
    return Registration(Kind(row.kind), row.country, row.value, State(row.state), territories, row.expires_on)
