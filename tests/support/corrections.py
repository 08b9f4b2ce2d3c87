"""Correcting invoices in tests: what a customer gives, and what comes of it."""

from dataclasses import replace

from app.domain.addresses.address import Address
from app.models.corrections import Correction
from app.models.customers import Customer
from app.models.documents import Document
from app.models.scope import as_customer, as_service
from app.models.tax import TaxRegistration
from app.services.customers.directory import locked
from app.services.invoices import correction_preview, corrections
from app.services.invoices.correction_preview import Preview, Wanted
from app.services.tax import registrations
from app.services.transaction import transaction
from tests.support.documents import documents_of

OSLO = Address("Small AS", "Karl Johans gate 1", "", "Oslo", "0154", "", "NO")
BERLIN = Address("Small GmbH", "Torstraße 140", "", "Berlin", "10119", "", "DE")
PARIS = Address("Small SAS", "13 rue de la Paix", "", "Paris", "75002", "", "FR")
NEW_YORK = Address("Small Inc.", "548 5th Avenue", "", "New York", "10036", "NY", "US")


def corrects(customer: Customer, document: Document, wanted: Wanted, mark: str = "") -> Correction:
    """Correct it after a look at the preview, unless a mark is given."""
    return corrections.correct(
        customer.customer_id, document.id, wanted, mark or seen(customer, document, wanted).mark, by="mem_alice"
    )


def seen(customer: Customer, document: Document, wanted: Wanted) -> Preview:
    """Return the preview, as a page of the customer's asks for it."""
    with as_customer(customer.customer_id):
        return correction_preview.preview(customer, document.id, wanted)


def verified(customer: Customer, value: str = "FR40303265045") -> TaxRegistration:
    """Return a VAT number that was confirmed."""
    with as_customer(customer.customer_id):
        row = registrations.add(customer.customer_id, kind="eu_vat", country=value[:2], value=value, by="mem_alice")
    with as_service("confirm a number"), transaction() as session:
        locked(session, customer.customer_id)
        kept = session.get_one(TaxRegistration, row.id)
        kept.state, kept.verified_at, kept.check_at, kept.answered_at = "verified", row.created_at, None, row.created_at
    return row


def numbered(customer: Customer) -> list[tuple[str, str, int, int]]:
    """Return kind, state, total and tax of the customer's documents, in the order in which they were made."""
    return [(each.kind, each.state, each.total_minor, each.tax_minor) for each in documents_of(customer)]


def at(address: Address, **other: str) -> Wanted:
    """Return what is wanted: this address, and what else is given."""
    return replace(Wanted(address, as_typed=True), **other)  # type: ignore[arg-type]  # texts alone
