"""Credit grants: credit that the seller gives, once however often the request is sent."""

from typing import Literal

from pydantic import Field

from app.api.contract.operations import (
    CreditsAboveZero,
    Model,
    Moment,
    caller,
    operation,
    request_key,
    resource,
)
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.ledger import Grant
from app.services.ledger import grant_requests

bp = resource("credit_grants")


class GrantIn(Model):
    """Credit to be given."""

    credits: CreditsAboveZero
    reason: str = Field(min_length=1, max_length=300, description="Why; the customer reads it in the balance history.")
    kind: Literal["promotional", "trial", "refund"] = "promotional"
    expires_at: Moment | None = Field(None, description="When the rest of the grant expires; null: never.")
    priority: int = Field(50, ge=0, le=100, description="The grant with the lowest number is used first.")


class GrantOut(Model):
    """A grant as it stands now."""

    id: str
    customer: str
    kind: str
    credits: CreditsAboveZero
    reason: str
    priority: int
    effective_at: Moment
    expires_at: Moment | None
    created_at: Moment


@operation(
    bp,
    "POST",
    "/customers/<customer_id>/credit_grants",
    scope="credits:grant",
    body=GrantIn,
    answers={201: GrantOut},
    refusals=(409,),
    tag="Credit grants",
)
def give(customer: Customer, body: GrantIn) -> GrantOut:
    """Give a customer credit.

    Sent again with the same Idempotency-Key it is the same grant, also after a crash and after the kept answer is gone.
    """
    grant = grant_requests.give(
        customer.customer_id,
        kind=body.kind,
        credits=body.credits,
        granted_by=caller().key_id,
        reason=body.reason,
        expires_at=body.expires_at,
        priority=body.priority,
        request_key=request_key(),
    )
    return _shown(grant)


def _shown(grant: Grant) -> GrantOut:
    return GrantOut(
        id=grant.id,
        customer=grant.customer_id,
        kind=grant.kind,
        credits=Credits(grant.micros),
        reason=grant.reason,
        priority=grant.priority,
        effective_at=grant.effective_at,
        expires_at=grant.expires_at,
        created_at=grant.created_at,
    )
