"""The address on a customer's invoices: read, and replaced."""

from pydantic import ConfigDict, Field

from app.api.contract.operations import Model, caller, operation, resource
from app.api.contract.problems import unfit_fields
from app.domain.addresses import questions
from app.domain.addresses.questions import Unfit
from app.models.customers import Customer
from app.services.customers import address
from app.services.customers.address import Kept

bp = resource("invoice_address")
PATH = "/customers/<customer_id>/invoice_address"
TAG = "Invoices"
_LONGEST = 2_000


class AddressFields(Model):
    """An address as it is typed; `""` where a field is not used. Which are required follows the country."""

    company: str = Field(max_length=_LONGEST)
    line1: str = Field(max_length=_LONGEST)
    line2: str = Field("", max_length=_LONGEST)
    city: str = Field("", max_length=_LONGEST)
    postal_code: str = Field("", max_length=_LONGEST)
    region: str = Field("", max_length=_LONGEST)
    country: str = Field(max_length=_LONGEST, description="ISO 3166-1, two letters.", examples=["DE"])
    po_number: str = Field("", max_length=_LONGEST, description="Your customer's purchase order number.")
    buyer_reference: str = Field(
        "", max_length=_LONGEST, description="What e-invoices have to name; for German authorities the Leitweg-ID."
    )
    version: int = Field(ge=0, le=2**31 - 1)


class AddressIn(AddressFields):
    """The address that takes the place of the one of its version."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "company": "Acme GmbH",
                    "line1": "Hauptstraße 1",
                    "city": "Berlin",
                    "postal_code": "10115",
                    "country": "DE",
                    "version": 0,
                }
            ]
        }
    )

    as_typed: bool = Field(False, description="Keep it although something in it looks wrong for its country.")


class AddressOut(AddressFields):
    """The address that the next invoices are made out to."""

    po_required: bool = Field(description="Whether invoices need a purchase order number. The seller says so.")
    lines: list[str] = Field(description="As it is printed, without the country's name.")


@operation(bp, "GET", PATH, scope="billing:read", answers={200: AddressOut}, tag=TAG)
def read(customer: Customer) -> AddressOut:
    """Read the address.

    `version` is 0 while there is none: then all fields are empty.
    """
    return _shown(customer, address.current(customer.customer_id))


@operation(
    bp, "PUT", PATH, scope="billing:write", body=AddressIn, answers={200: AddressOut}, refusals=(409, 422), tag=TAG
)
def replace(customer: Customer, body: AddressIn) -> AddressOut:
    """Replace the address, or refuse it whole.

    An empty required field is refused. What only looks wrong, such as a postal code of another form, is refused with
    the reason `address_asked` until it is sent with `as_typed`. Another version than the present one is refused with
    409. Invoices that are there already stay as they are.
    """
    sent = body.model_dump(exclude={"version", "as_typed", "po_number", "buyer_reference"})
    try:
        kept = address.change(
            customer.customer_id,
            questions.read(sent),
            body.po_number,
            body.version,
            by=caller().key_id,
            as_typed=body.as_typed,
            reference=body.buyer_reference,
        )
    except Unfit as unfit:
        raise unfit_fields(unfit) from None
    return _shown(customer, kept)


def _shown(customer: Customer, kept: Kept) -> AddressOut:
    return AddressOut(
        **kept.address.kept(),
        po_number=kept.po_number,
        buyer_reference=kept.buyer_reference,
        version=kept.version,
        po_required=customer.po_required,
        lines=list(kept.address.lines()),
    )
