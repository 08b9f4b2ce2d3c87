"""Tax on purchases in tests: a seller in France, where customers live, and what is known of their numbers."""

import re

from app import clock
from app.models.customers import Customer
from app.models.invoicing import InvoiceAddress
from app.models.scope import as_service
from app.models.tax import TaxRegistration
from app.services.catalog import versions
from app.services.tax import registrations
from app.services.transaction import transaction
from tests.support.cast import EXAMPLES

NUMBER = "DE136695976"
SELLERS_NUMBER = "FR40303265045"


INCLUSIVE = ('prices = "exclusive"', 'prices = "inclusive"')
AT_USE = ('credits = "at_purchase"', 'credits = "at_use"')


def sold_from_france(*changes: tuple[str, str]) -> None:
    """Let the gateway be sold by a company in France from now on; `changes` are lines of its catalog, old and new."""
    text = (EXAMPLES / "gateway.toml").read_text()
    text = re.sub(r'^(tax_id|number) = ".*"\n', "", text, flags=re.MULTILINE)
    text = text.replace('country = "US"', f'country = "FR"\ntax_id = "{SELLERS_NUMBER}"')
    for old, new in changes:
        text = text.replace(old, new)
    versions.apply(text)


def lives(customer: Customer, country: str, company: str = "Acme") -> None:
    """Give the customer an invoice address in the country."""
    with as_service("give an address"), transaction() as session:
        session.merge(
            InvoiceAddress(
                customer_id=customer.customer_id, company=company, line1="1", line2="", city="City", postal_code="1",
                region="", country=country, po_number="", version=1, changed_at=clock.now(), changed_by="mem_alice",
            )
        )  # fmt: skip


def registered(customer: Customer, state: str, number: str = NUMBER) -> str:
    """Give the customer a VAT number about which that is known; return the registration's id."""
    made = registrations.add(customer.customer_id, kind="eu_vat", country=number[:2], value=number, by="mem_alice").id
    becomes(made, state)
    return made


def becomes(registration_id: str, state: str) -> None:
    """Let that be known of the number."""
    with as_service("know a number"), transaction() as session:
        row = session.get_one(TaxRegistration, registration_id)
        row.state, row.verified_at = state, clock.now()
