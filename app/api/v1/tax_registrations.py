"""Tax registrations: the numbers that a customer is registered under for tax, and what is known of each."""

import base64
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from app.api.contract.operations import Model, Moment, caller, operation, resource
from app.domain.errors import Refused
from app.domain.tax import certificates
from app.domain.tax.registrations import Kind
from app.models.customers import Customer
from app.models.tax import TaxRegistration
from app.services.tax import exemptions, registrations

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


class CertificateIn(Model):
    """A certificate of exemption, with its file."""

    value: str = Field(max_length=200, description="The number that stands on it.", examples=["EX-7/1"])
    territories: list[Annotated[str, Field(max_length=20)]] = Field(
        max_length=certificates.MOST_PLACES,
        description="Where it applies: ISO 3166-1, or a part of a country that docs/tax.md lists.",
        examples=[["FR", "PT-20"]],
    )
    expires_on: date | None = Field(None, description="Its last day; null: it has none.")
    file: str = Field(
        description="The bytes of the PDF, PNG or JPEG as base64, at most 5 MB of them.",
        json_schema_extra={"contentEncoding": "base64"},
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


@operation(
    bp,
    "POST",
    f"{PATH}/certificates",
    scope="billing:write",
    body=CertificateIn,
    answers={201: RegistrationOut},
    refusals=(409, 422),
    longest_body=2 * certificates.LARGEST,
    tag=TAG,
)
def send(customer: Customer, body: CertificateIn) -> tuple[RegistrationOut, int]:
    """Send a certificate of exemption with its file.

    It is `pending` and counts for nothing until the seller has verified it; what the file is, its first bytes decide.
    """
    try:
        content = base64.b64decode(body.file, validate=True)
    except ValueError:
        raise Refused("Send the file's bytes as base64.", "file_malformed", 422, "file") from None
    made = exemptions.send(
        customer.customer_id,
        value=body.value,
        territories=body.territories,
        expires_on=body.expires_on,
        content=content,
        by=caller().key_id,
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
