"""Credit codes: what a code gives a customer, and taking it, once."""

from pydantic import Field

from app.api.contract.operations import CreditsAboveZero, Model, Moment, caller, operation, resource
from app.domain.people.members import ByKey
from app.models.customers import Customer
from app.services.credit_codes import redeeming
from app.services.credit_codes.redeeming import Offer

bp = resource("credit_codes")
PATH = "/customers/<customer_id>/credit_codes"
TAG = "Credit grants"


class CodeIn(Model):
    """A code as it was typed: capitals, spaces and hyphens do not count."""

    code: str = Field(min_length=1, max_length=100)


class OfferOut(Model):
    """What the code gives."""

    code: str
    credits: CreditsAboveZero
    credit_unit: str
    expires_at: Moment | None = Field(description="When the rest of this credit expires; null: never.")


@operation(
    bp,
    "POST",
    f"{PATH}/preview",
    scope="billing:write",
    body=CodeIn,
    answers={200: OfferOut},
    refusals=(409, 422, 429),
    idempotent=False,
    tag=TAG,
)
def previewed(customer: Customer, body: CodeIn) -> OfferOut:
    """See what a code gives. It is not redeemed.

    A code that is none counts as a guess (422); after too many the answer is 429 `too_many_codes`, as on the page.
    """
    unit = customer.credit_unit
    return _shown(unit, redeeming.look(ByKey(customer.customer_id, caller().key_id), body.code))


@operation(
    bp,
    "POST",
    f"{PATH}/redeem",
    scope="billing:write",
    body=CodeIn,
    answers={200: OfferOut},
    refusals=(409, 422, 429),
    tag=TAG,
)
def redeem(customer: Customer, body: CodeIn) -> OfferOut:
    """Give the credit of a code. A customer redeems a code once: again is 409 `credit_code_redeemed`."""
    unit = customer.credit_unit
    return _shown(unit, redeeming.redeem(ByKey(customer.customer_id, caller().key_id), body.code, address=""))


def _shown(unit: str, offer: Offer) -> OfferOut:
    return OfferOut(code=offer.code, credits=offer.credits, credit_unit=unit, expires_at=offer.expires_at)
