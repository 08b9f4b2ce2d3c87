"""Tax registrations: the numbers that a customer is registered under for tax, and what is known of each."""

from datetime import date
from typing import Literal

from pydantic import Field

from app.api.contract.operations import Model, Moment, caller, operation, resource
from app.domain.tax.registrations import Kind
from app.models.customers import Customer
from app.models.tax import TaxRegistration
from app.services.tax import registrations

bp = resource("tax_registrations")
PATH = "/customers/<customer_id>/tax_registrations"
TAG = "Invoices"
_KINDS = ", ".join(f"`{kind}`" for kind in Kind if kind is not Kind.EXEMPTION)


class RegistrationIn(Model):
    """A number to add."""

    country: str = Field(
        max_length=2, description="ISO 3166-1, two letters; also `EL`, `XI` and `EU`.", examples=["DE"]
    )
    type: str = Field(max_length=20, description=f"What it is: {_KINDS}.", examples=["eu_vat"])
    value: str = Field(
        max_length=200, description="With or without its prefix, spaces and dots.", examples=["DE136695976"]
    )


class RegistrationOut(Model):
    """A number, and what is known of it."""

    id: str
    country: str = Field(
        description="The letters of the state that gave it: `EL` for Greece, `XI` for Northern Ireland."
    )
    type: str
    value: str
    state: Literal["pending", "verified", "unverified", "unavailable"]
    reason: str = Field(description="Why it is not verified; empty for a verified one.")
    name: str = Field(description="Whose it is, as VIES says; empty where it is not published.")
    consultation: str = Field(description="VIES's number for the newest answer.")
    answered_at: Moment | None
    territories: list[str] = Field(description="Where a certificate of exemption applies.")
    expires_on: date | None
    created_at: Moment


class Registrations(Model):
    """All numbers of a customer, the oldest first."""

    data: list[RegistrationOut] = Field(max_length=registrations.MOST)


@operation(bp, "GET", PATH, scope="billing:read", answers={200: Registrations}, tag=TAG)
def read(customer: Customer) -> Registrations:
    """Read the tax registrations of a customer."""
    return Registrations(data=[_shown(each) for each in registrations.listed(customer.customer_id)])


@operation(
    bp,
    "POST",
    PATH,
    scope="billing:write",
    body=RegistrationIn,
    answers={201: RegistrationOut},
    refusals=(409, 422),
    tag=TAG,
)
def add(customer: Customer, body: RegistrationIn) -> tuple[RegistrationOut, int]:
    """Add a tax registration.

    Its form and check digits are looked at; what cannot be such a number is refused with 422, one that is there already
    with 409. A VAT number of the EU is `pending` until VIES has answered: the events `tax_registration.verified` and
    `tax_registration.rejected` say so.
    """
    made = registrations.add(
        customer.customer_id, kind=body.type, country=body.country, value=body.value, by=caller().key_id
    )
    return _shown(made), 201


@operation(bp, "DELETE", f"{PATH}/<registration_id>", scope="billing:write", answers={200: RegistrationOut}, tag=TAG)
def remove(customer: Customer, registration_id: str) -> RegistrationOut:
    """Remove a tax registration.

    It counts for nothing from now on. Invoices that are there already stay as they are.
    """
    return _shown(registrations.remove(customer.customer_id, registration_id, by=caller().key_id))


def _shown(row: TaxRegistration) -> RegistrationOut:
    return RegistrationOut(
        id=row.id,
        country=row.country,
        type=row.kind,
        value=row.value,
        state=row.state,  # type: ignore[arg-type]  # the column's CHECK names the same four
        reason=row.why,
        name=row.name,
        consultation=row.consultation,
        answered_at=row.answered_at,
        territories=row.territories.split(),
        expires_on=row.expires_on,
        created_at=row.created_at,
    )
